"""Asks again, a few times, where a request failed for a reason that passes.

A write is repeated only where the server says that it did not look at the first one (429): after
anything else nobody knows whether that one arrived.
"""

import random
import time
from collections.abc import Callable

from k8sharden.cluster.failures import Broken
from k8sharden.cluster.transport import Request, Response, Transport

TRIES = 4
LONGEST = 15.0
"""Seconds that are waited at most, whatever the server asks for."""

_UNSEEN = frozenset({429})
_PASSING = _UNSEEN | {500, 502, 503, 504}


class RetryingTransport:
    """Repeats what was throttled, and reads and dry runs that met an error or broke off."""

    def __init__(
        self,
        inner: Transport,
        *,
        sleep: Callable[[float], object] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.inner = inner
        self._sleep = sleep
        self._jitter = jitter

    @property
    def server(self) -> str:
        """The server's address, for messages."""
        return self.inner.server

    @property
    def fingerprint(self) -> str:
        """What tells this cluster from others where nothing of it may be read."""
        return self.inner.fingerprint

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Send one request, up to `TRIES` times."""
        repeatable = request.method == "GET" or request.dry
        passing = _PASSING if repeatable else _UNSEEN
        for number in range(1, TRIES):
            try:
                response = self.inner.send(request, timeout=timeout)
            except Broken:
                if not repeatable:
                    raise
                self._wait(number, None)
                continue
            if response.status not in passing:
                return response
            self._wait(number, response.retry_after)
        return self.inner.send(request, timeout=timeout)

    def _wait(self, number: int, asked: float | None) -> None:
        # Jitter keeps lists that failed together from coming back together.
        backoff = 0.25 * 2**number * (0.5 + self._jitter())
        self._sleep(min(LONGEST, max(asked or 0.0, backoff)))
