"""What a registry wants to see before it answers: its ``WWW-Authenticate`` header.

Source: RFC 9110, section 11; the distribution project's token authentication specification.
"""

import re

import msgspec

_PARAMETER = re.compile(r'\s*,?\s*([a-zA-Z_-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_LIMIT = 8_192


class Challenge(msgspec.Struct, frozen=True):
    """``scheme`` is ``bearer``, ``basic`` or what else there is; ``realm`` is where tokens are."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def read(header: str) -> Challenge:
    """Return what a header asks for; the first scheme counts, and what is odd in it does not."""
    scheme, _, rest = header[:_LIMIT].strip().partition(" ")
    found: dict[str, str] = {}
    position = 0
    while match := _PARAMETER.match(rest, position):
        name, quoted, plain = match.groups()
        found.setdefault(name.lower(), plain or re.sub(r"\\(.)", r"\1", quoted or ""))
        position = match.end()
    return Challenge(
        scheme.lower(), found.get("realm", ""), found.get("service", ""), found.get("scope", "")
    )
