"""Lets a worker thread tell its progress without flooding the screen."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

INTERVAL = 0.1
"""Seconds between two reports: ten a second look alive and cost next to nothing."""


class Throttle(Generic[T]):
    """Keeps the newest value per key and passes all of them on at most ten times a second.

    It may be called from any thread. Call `flush` at the end, so that the last values arrive.
    """

    def __init__(
        self, tell: Callable[[dict[str, T]], object], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._now = now
        self._last = float("-inf")
        self._waiting: dict[str, T] = {}
        self._lock = threading.Lock()

    def __call__(self, key: str, value: T) -> None:
        """Keep a value, and pass on what waits when it is time."""
        with self._lock:
            self._waiting[key] = value
            due = self._now() - self._last >= INTERVAL
        if due:
            self.flush()

    def flush(self) -> None:
        """Pass on what waits."""
        with self._lock:
            values, self._waiting = self._waiting, {}
            self._last = self._now()
        if values:
            self._tell(values)
