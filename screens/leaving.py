"""Leaving when the terminal is closed or the system asks to: never in the middle of a write."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from screens.desk import Desk

_PATIENCE = 120.0
"""Seconds that the write that is under way may take; the server's own time-outs are shorter."""

_FAREWELL = 2.0
"""Seconds for the app to end by itself; one whose terminal is gone may never do so."""

SIGNALS = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name))


class Leaving:
    """Ends the program on a signal, after the object that is being written.

    What is written to a terminal that is gone can block for ever, so the end does not depend on the
    app: the journal is durable by itself, and where one stopped is kept first.
    """

    def __init__(self, desk: Desk, leave: Callable[[], object]) -> None:
        self._desk = desk
        self._leave = leave
        self._before: dict[int, object] = {}

    def begin(self) -> None:
        """Take the signals, where this is the main thread of a program."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._asked)

    def end(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() returned
        self._before.clear()

    def _asked(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._desk.stop.set()
        threading.Thread(target=self._go, args=(number,), daemon=True, name="leaving").start()

    def _go(self, number: int) -> None:
        with contextlib.suppress(Exception):
            self._desk.keep_spot()
        self._desk.writing.acquire(timeout=_PATIENCE)
        with contextlib.suppress(Exception):
            self._leave()
        time.sleep(_FAREWELL)
        os._exit(128 + number)
