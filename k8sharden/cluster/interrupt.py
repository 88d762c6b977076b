"""Lets the user cancel while a server, or a program that logs in to it, is silent."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar

from k8sharden.cluster.transport import Request, Response, Transport
from k8sharden.errors import Cancelled

POLL = 0.05
"""Seconds between two looks at whether the user has cancelled."""


def stop_if(cancelled: Callable[[], bool]) -> None:
    """Raise `Cancelled` where the user has asked for it."""
    if cancelled():
        raise Cancelled("The scan was cancelled; nothing was changed.")


_STOP: ContextVar[Callable[[], bool]] = ContextVar("stop", default=lambda: False)


@contextmanager
def stoppable(cancelled: Callable[[], bool]) -> Iterator[None]:
    """Let what runs inside, in this thread, end soon after ``cancelled`` says so."""
    before = _STOP.set(cancelled)
    try:
        yield
    finally:
        _STOP.reset(before)


def stop_if_asked() -> None:
    """Raise `Cancelled` where nobody waits any more for what runs in this thread."""
    stop_if(_STOP.get())


class Interruptible:
    """A transport whose requests are left behind, in a thread of their own, when cancelled."""

    def __init__(self, inner: Transport, cancelled: Callable[[], bool]) -> None:
        self._inner = inner
        self._cancelled = cancelled

    @property
    def server(self) -> str:
        """The server's address, for messages."""
        return self._inner.server

    @property
    def fingerprint(self) -> str:
        """What tells this cluster from others where nothing of it may be read."""
        return self._inner.fingerprint

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Send one request; raises `Cancelled` within a tenth of a second."""
        answer: Future[Response] = Future()

        def run() -> None:
            try:
                with stoppable(self._cancelled):
                    answer.set_result(self._inner.send(request, timeout=timeout))
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                answer.set_exception(error)

        stop_if(self._cancelled)
        # A daemon thread that waits for a silent server does not keep the program from ending.
        threading.Thread(target=run, daemon=True, name="request").start()
        while not wait([answer], POLL).done:
            stop_if(self._cancelled)
        return answer.result()
