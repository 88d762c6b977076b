"""What a registry wants to see before it answers: its ``WWW-Authenticate`` header.

Source: RFC 9110, section 11; the distribution project's token authentication specification.
"""

import re
from collections.abc import Iterator

import msgspec

_SCHEME = re.compile(r"[\s,]*([a-zA-Z][a-zA-Z0-9-]{0,39})(?=[\s,]|$)")
_PARAMETER = re.compile(r'[\s,]*([a-zA-Z_-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_LIMIT = 8_192


class Challenge(msgspec.Struct, frozen=True):
    """``scheme`` is ``bearer``, ``basic`` or what else there is; ``realm`` is where tokens are."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


_PREFERRED = ("bearer", "basic")


def read(header: str) -> Challenge:
    """Return what a header asks for; of several ways, the best that is known here.

    What is odd in it does not count.
    """
    found = [*_challenges(header[:_LIMIT])]
    for scheme in _PREFERRED:
        for each in found:
            if each.scheme == scheme:
                return each
    return found[0] if found else Challenge("")


def _challenges(header: str) -> Iterator[Challenge]:
    position = 0
    while scheme := _SCHEME.match(header, position):
        position = scheme.end()
        found: dict[str, str] = {}
        while match := _PARAMETER.match(header, position):
            name, quoted, plain = match.groups()
            found.setdefault(name.lower(), plain or re.sub(r"\\(.)", r"\1", quoted or ""))
            position = match.end()
        yield Challenge(
            scheme[1].lower(),
            found.get("realm", ""),
            found.get("service", ""),
            found.get("scope", ""),
        )
