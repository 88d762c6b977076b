"""A network that loses, delays, cuts off and answers for the server, as a seed has it."""

from collections.abc import Callable
from random import Random

from k8sharden.cluster.failures import Broken
from k8sharden.cluster.transport import Request, Response, Transport
from k8sharden.errors import ClusterUnavailable, Unreached

BUSY = b'{"kind": "Status", "reason": "TooManyRequests", "message": "too many requests"}'
BROKEN = b'{"kind": "Status", "reason": "InternalError", "message": "the server is not well"}'


class Rough:
    """A line on which about one in ``one_in`` requests goes wrong, until it is ``calm``."""

    def __init__(self, inner: Transport, random: Random, *, one_in: int = 6) -> None:
        self._inner = inner
        self._random = random
        self._one_in = one_in
        self._late: list[Request] = []
        self.calm = False
        self.harm = 0
        self.server, self.fingerprint = inner.server, inner.fingerprint
        self._faults: tuple[Callable[[Request], Response], ...] = (
            self._refuse, self._lose, self._break, self._forget, self._delay, self._cut,
            self._busy, self._gateway, self._answered_for, self._unwell,
        )  # fmt: skip

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Pass a request on, or do not."""
        if not self.calm and self._random.randrange(self._one_in) == 0:
            self.harm += 1
            return self._random.choice(self._faults)(request)
        answer = self._inner.send(request, timeout=timeout)
        if not self.calm and self._random.randrange(self._one_in) == 0:
            self.arrive()
        return answer

    def arrive(self) -> None:
        """Let what was delayed arrive; nobody waits for its answer any more."""
        while self._late:
            self._inner.send(self._late.pop(0))

    def _refuse(self, _request: Request) -> Response:
        raise Unreached("The connection was refused.")

    def _lose(self, _request: Request) -> Response:
        raise Broken("The connection broke before the server read the request.")

    def _break(self, request: Request) -> Response:
        self._inner.send(request)
        raise Broken("The connection broke before the answer was whole.")

    def _forget(self, request: Request) -> Response:
        self._inner.send(request)
        raise ClusterUnavailable("No answer came in time.")

    def _delay(self, request: Request) -> Response:
        self._late.append(request)
        raise ClusterUnavailable("No answer came in time.")

    def _cut(self, request: Request) -> Response:
        answer = self._inner.send(request)
        return Response(answer.status, answer.body[: len(answer.body) // 2])

    def _busy(self, _request: Request) -> Response:
        return Response(429, BUSY, retry_after=1.0)

    def _gateway(self, request: Request) -> Response:
        self._late.append(request)
        return Response(self._random.choice((502, 504)), b"<html>Bad Gateway</html>")

    def _answered_for(self, request: Request) -> Response:
        self._inner.send(request)
        return Response(self._random.choice((500, 502, 503, 504)), BROKEN)

    def _unwell(self, _request: Request) -> Response:
        return Response(self._random.choice((500, 503)), BROKEN)
