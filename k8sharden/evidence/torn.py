"""Saves what is whole in a line that several writers have torn.

Two writers on one file put two events on one line, or one into the middle of another. Inside of a
string each quote has a backslash before it, so that the words of a client look like none of this.
"""

import json

from k8sharden.evidence.lines import SEAM

_BEGINNINGS = (b'{"kind":"Event"', b'{"insertId":', b'{"protoPayload":')
"""How an event begins."""
_LONGEST = 2**20
"""Bytes of a line that is looked through for the end of an event: that takes long."""

_READER = json.JSONDecoder()


def begins_event(line: bytes) -> bool:
    """Whether a line begins as an event does."""
    return line.startswith(_BEGINNINGS)


def pieces(line: bytes, beginnings: tuple[bytes, ...] = _BEGINNINGS) -> list[bytes]:
    """Cut a line where values meet, and where one with such a beginning begins within another."""
    for beginning in beginnings:
        line = line.replace(beginning, b"\n" + beginning)
    found = line.replace(SEAM, b'}\n{"').split(b"\n")
    return [_ended(piece) for piece in found if piece.strip()]


def _ended(piece: bytes) -> bytes:
    """Return a piece up to the end of its value; what follows belongs to the one it tore apart."""
    if piece[:1] != b"{" or len(piece) > _LONGEST:
        return piece
    text = piece.decode("utf-8", "replace")
    try:
        return text[: _READER.raw_decode(text)[1]].encode()
    except (ValueError, RecursionError):
        return piece
