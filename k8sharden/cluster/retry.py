"""Asks again, a few times, where a read failed for a reason that passes.

Writes are never repeated: whether the first one arrived is not known.
"""

import random
import time
from collections.abc import Callable

from k8sharden.cluster.failures import Broken
from k8sharden.cluster.transport import Request, Response, Transport

TRIES = 4
LONGEST = 15.0
"""Seconds that are waited at most, whatever the server asks for."""

_PASSING = frozenset({429, 500, 502, 503, 504})


class RetryingTransport:
    """Repeats reads that were throttled, met a server error, or broke off half-way."""

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
        """Send one request, and a GET up to `TRIES` times."""
        tries = TRIES if request.method == "GET" else 1
        for number in range(1, tries):
            try:
                response = self.inner.send(request, timeout=timeout)
            except Broken:
                self._wait(number, None)
                continue
            if response.status not in _PASSING:
                return response
            self._wait(number, response.retry_after)
        return self.inner.send(request, timeout=timeout)

    def _wait(self, number: int, asked: float | None) -> None:
        # Jitter keeps lists that failed together from coming back together.
        backoff = 0.25 * 2**number * (0.5 + self._jitter())
        self._sleep(min(LONGEST, max(asked or 0.0, backoff)))
