"""Leaving when the terminal is closed or the system asks to: never in the middle of a write."""

import contextlib
import os
import select
import signal
import sys
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


_HUNG_UP = 128 + 1
"""What a shell reports of a program that SIGHUP ended."""


class Leaving:
    """Ends the program on a signal, or where its terminal is gone, after what is being written.

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
        if hasattr(select, "poll") and sys.__stdin__ is not None and sys.__stdin__.isatty():
            # Not every terminal that goes sends SIGHUP: a container's, or one that is not ours.
            terminal = sys.__stdin__.fileno()
            threading.Thread(
                target=self._listen, args=(terminal,), daemon=True, name="terminal"
            ).start()

    def end(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() returned
        self._before.clear()

    def _listen(self, terminal: int) -> None:
        """Wait, without looking at what is typed, until the terminal hangs up."""
        poll = select.poll()
        poll.register(terminal, 0)
        happened = [events for _, events in poll.poll()]
        if self._before and any(events & (select.POLLHUP | select.POLLERR) for events in happened):
            self._desk.stop.set()
            self._go(_HUNG_UP)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._desk.stop.set()
        threading.Thread(target=self._go, args=(128 + number,), daemon=True, name="leaving").start()

    def _go(self, code: int) -> None:
        with contextlib.suppress(Exception):
            self._desk.keep_spot()
        self._desk.writing.acquire(timeout=_PATIENCE)
        with contextlib.suppress(Exception):
            self._leave()
        time.sleep(_FAREWELL)
        _end_plugins()
        os._exit(code)


def _end_plugins() -> None:
    with contextlib.suppress(Exception):
        from k8sharden.cluster.plugin import end_all  # noqa: PLC0415 - see `screens.rooms`

        end_all()
