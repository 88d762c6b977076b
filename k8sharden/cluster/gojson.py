"""JSON as Go's encoder writes it, for the one place where the API server compares it as text.

A JSON Patch ``test`` holds only where a scalar is written byte by byte as the server writes it:
``&``, ``<``, ``>`` and two line separators as escapes, and no other character that need not be.
A shell command with ``&&`` sent as it stands would look like drift for ever.
Source: Go's encoding/json, gopkg.in/evanphx/json-patch.v4, and the answers of a real server.
"""

from typing import Any

import msgspec

_ESCAPES = {
    character.encode(): f"\\u{ord(character):04x}".encode()
    for character in ("&", "<", ">", "\u2028", "\u2029")
}


def encode(value: Any) -> bytes:
    """Return the JSON text of a value, byte for byte what Go would write."""
    written = msgspec.json.encode(value)
    for character, escape in _ESCAPES.items():
        written = written.replace(character, escape)
    return written
