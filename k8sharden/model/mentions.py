"""Mentions: the hosts that a text names, which is all that is kept of it.

A configuration value may be a secret. It is looked through once, while it is read, for what looks
like an address of somebody to call; the text itself is forgotten.

Source: RFC 3986 (authority), RFC 1123 (host names).
"""

import re
from typing import Any

import msgspec

LONGEST = 1_000_000
"""Characters of one text that are looked through."""
MOST = 500
"""Mentions that are kept of one text."""


class Mention(msgspec.Struct, frozen=True, order=True):
    """A host as a text names it: a name or an address, ``port`` 0 and ``scheme`` empty if not said.

    ``sure`` where the text says that it is an address: by a scheme or a port beside it. ``named``
    where a key inside the text does, such as ``host:`` in a file. ``$(NAME)`` for a host stands for
    the value of a variable.
    """

    host: str
    port: int = 0
    scheme: str = ""
    named: bool = False

    @property
    def sure(self) -> bool:
        """Whether something beside the host shows that it is one."""
        return bool(self.port or self.scheme)


class Mentions(tuple[Mention, ...]):
    """The mentions of one text, each once, in order; it stands where the text stood."""

    __slots__ = ()


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])"
_OR_VARIABLE = rf"(?:{_HOST}|\$\([A-Za-z_]\w{{0,80}}\))"
_URL = re.compile(
    rf"([a-z][a-z0-9+.-]{{0,20}})://(?:[^\s/'\"]*@)?({_OR_VARIABLE})(?::(\d{{1,5}}))?(?![\w.@-])(?!:\w)"
)
_PAIR = re.compile(rf"(?<![\w./:@-])({_OR_VARIABLE}):(\d{{1,5}})(?![\w.:@-])")
_BARE = re.compile(rf"({_HOST})")
_DOTTED = re.compile(rf"(?<![\w./:@-])({_LABEL}(?:\.{_LABEL})+)(?![\w.:@-])")
_KEYED = re.compile(
    r"(?i:host|hostname|server|addr|address|endpoint|broker|upstream|smarthost)s?['\"]?"
    rf"[ \t]{{0,20}}[:=][ \t]{{0,20}}(?:tcp:|- )?['\"]?({_HOST})(?![\w.:@/-])"
    r"(?:['\"]?[\s,;]{1,40}['\"]?[\w.-]{0,40}(?i:port)['\"]?"
    r"[ \t]{0,20}[:=][ \t]{0,20}['\"]?(\d{1,5}))?"
)
_DIRECTIVE = re.compile(
    rf"(?im)^[ \t]{{0,40}}(?:host|server|endpoint|remote|upstream)[ \t]{{1,40}}"
    rf"({_LABEL}(?:\.{_LABEL})+)(?:[ \t]{{1,40}}(\d{{1,5}}))?[ \t]*;?$"
)


def mentions(text: str) -> Mentions:
    """Return the hosts in a text: in URLs, before a port, or where it is nothing but a host.

    Also behind a key that says so, in files and in lists of parameters.
    """
    text = text[:LONGEST]
    found: dict[Mention, None] = {}
    for scheme, host, port in _URL.findall(text):
        found[_mention(host, port, scheme)] = None
    for host, port in _PAIR.findall(text):
        found[_mention(host, port)] = None
    for host in _DOTTED.findall(text):
        found[_mention(host)] = None
    for host, port in (*_KEYED.findall(text), *_DIRECTIVE.findall(text)):
        found[msgspec.structs.replace(_mention(host, port), named=True)] = None
    if whole := _BARE.fullmatch(text.strip()):
        found[_mention(whole[1])] = None
    kept = [each for each in found if each.host and each.port < 65_536]  # noqa: PLR2004 - ports
    return Mentions(kept[:MOST])


def _mention(host: str, port: str = "", scheme: str = "") -> Mention:
    return Mention(host.strip("[]").rstrip("."), int(port or 0), scheme)


def from_json(type_: type, value: Any) -> Any:
    """Decode a text as its mentions: msgspec's ``dec_hook``. Raises `NotImplementedError`.

    What should be a text and is none has no mentions: it is the API server that refuses it.
    """
    if type_ is Mentions:
        return mentions(value) if isinstance(value, str) else Mentions()
    # Without a hook msgspec lets this through by itself: anything, where any object is wanted.
    if isinstance(value, type_):
        return value
    raise NotImplementedError(type_)
