"""Progress of a scan, told often enough to be alive and seldom enough to cost nothing."""

import time
from collections.abc import Callable

import msgspec

INTERVAL = 0.1
"""Seconds between two reports on one resource type."""


class Progress(msgspec.Struct, frozen=True):
    """How far one resource type has been read; ``total`` where the server tells it.

    ``done`` and ``total`` are in ``unit``.
    """

    resource: str
    done: int
    total: int | None
    finished: bool
    unit: str = "objects"

    def said(self, number: int) -> str:
        """Return a number of what is read: ``1,204``, or ``12 MB`` of bytes."""
        return f"{number / 1e6:,.0f} MB" if self.unit == "bytes" else f"{number:,}"


Tell = Callable[[Progress], None]

Stopped = Callable[[], bool]
"""Says whether somebody wants a scan to end."""


class Coalesced:
    """Passes on the first report on a type, the last, and one per `INTERVAL` between them."""

    def __init__(self, tell: Tell, now: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._now = now
        self._last: dict[str, float] = {}

    def __call__(self, progress: Progress) -> None:
        """Report."""
        now = self._now()
        last = self._last.get(progress.resource)
        if progress.finished or last is None or now - last >= INTERVAL:
            self._last[progress.resource] = now
            self._tell(progress)
