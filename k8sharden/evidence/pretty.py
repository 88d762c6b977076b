"""Puts values together that were printed over several lines, as gcloud, aws and az print them.

What is wanted of such a document are the objects in its outermost list, or in a list of its
outermost object: they are handed on one by one, so that it may be of any length. Each bracket ends
a line or begins one; strings hold no line breaks in JSON.
"""

from collections.abc import Iterator

from k8sharden.evidence.lines import LONGEST

_OPEN = (b"{", b"[")
_SHUT = (b"}", b"]")
_CLOSE = {b"{": b"}", b"[": b"]"}
_INLINE = (b"{}", b"[]")
_WANTED: tuple[list[bytes], ...] = ([], [b"["], [b"{", b"["])
"""The brackets that are open where a value is wanted."""


class Broken(Exception):
    """The document ended in the middle: the line that showed it belongs to something else."""


class Pretty:
    """One document after another, line by line."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._open: list[bytes] = []
        self._begin = 0
        """How many brackets were open when the current value began."""
        self._parts: list[bytes] | None = None
        self._size = 0

    @property
    def inside(self) -> bool:
        """Whether a document is open."""
        return bool(self._open)

    @staticmethod
    def begins(line: bytes) -> bool:
        """Whether a line begins such a document."""
        return line in _OPEN

    def take(self, line: bytes) -> Iterator[bytes | None]:
        """Take the next line; yield each value that it completes, None for one that is too long.

        Raises `Broken` where it cannot be the next line.
        """
        bare = line.rstrip(b",")
        if self._open and self._wanted and bare[:1] in _OPEN and bare[-1:] in _SHUT:
            yield bare  # one element on a line of its own
            return
        if self._misplaced(bare):
            self._open, self._parts = [], None
            raise Broken
        if bare in _OPEN and self._wanted:
            self._begin, self._parts, self._size = len(self._open), [], 0
        self._keep(line)
        if bare[-1:] in _OPEN:
            self._open.append(bare[-1:])
        elif bare in _SHUT:
            self._open.pop()
            yield from self._completed()

    @property
    def _wanted(self) -> bool:
        return self._open in _WANTED

    def _misplaced(self, bare: bytes) -> bool:
        if not self._open:
            return bare not in _OPEN
        if bare in _SHUT:
            return _CLOSE[self._open[-1]] != bare
        if self._open[-1] == b"{":
            return not bare.startswith(b'"')
        return bare.startswith(_OPEN) and bare not in (*_OPEN, *_INLINE)

    def _keep(self, line: bytes) -> None:
        """Keep a line of the current value; of one that is too long only its size."""
        if self._parts is not None:
            self._size += len(line)
            if self._size <= self._longest:
                self._parts.append(line)
            else:
                self._parts.clear()

    def _completed(self) -> Iterator[bytes | None]:
        if self._parts is not None and len(self._open) == self._begin:
            yield b"\n".join(self._parts).rstrip(b",") if self._size <= self._longest else None
            self._parts = None
