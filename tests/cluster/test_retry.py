"""Reads are repeated where the failure passes; writes never are."""

import pytest

from k8sharden.cluster.failures import Broken
from k8sharden.cluster.retry import LONGEST, TRIES, RetryingTransport
from k8sharden.cluster.transport import Request, Response
from k8sharden.errors import ClusterUnavailable
from tests.cluster.fakes import Answer, Scripted

GET = Request("GET", "/x")


def patient(*answers: Answer) -> tuple[RetryingTransport, Scripted, list[float]]:
    """Return a retrying transport over these answers, and the list of its waits."""
    waits: list[float] = []
    inner = Scripted({"/x": list(answers)})
    return RetryingTransport(inner, sleep=waits.append, jitter=lambda: 0.5), inner, waits


@pytest.mark.parametrize(
    "failure", [Response(429, b""), Response(500, b""), Response(503, b""), Broken("broke")]
)
def test_a_passing_failure_is_tried_again(failure: Answer) -> None:
    """Throttling, server errors and broken connections lead to another try, and its answer."""
    transport, inner, waits = patient(failure, Response(200, b"{}"))
    assert transport.send(GET).status == 200
    assert (len(inner.requests), len(waits)) == (2, 1)


def test_the_tries_are_bounded_and_wait_longer_each_time() -> None:
    """A server that stays broken is left after a few tries, and its last answer returned."""
    transport, inner, waits = patient(Response(500, b""))
    assert transport.send(GET).status == 500
    assert len(inner.requests) == TRIES
    assert waits == sorted(waits)
    assert len(set(waits)) == TRIES - 1


def test_retry_after_is_obeyed_up_to_a_bound() -> None:
    """The server's wish counts, but not for hours."""
    slow, hours = Response(429, b"", retry_after=3.0), Response(429, b"", retry_after=9e9)
    transport, _, waits = patient(slow, hours, Response(200, b""))
    transport.send(GET)
    assert waits == [3.0, LONGEST]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 410, 422])
def test_a_final_answer_is_not_repeated(status: int) -> None:
    """What would be answered the same again is returned at once."""
    transport, inner, _ = patient(Response(status, b""))
    assert transport.send(GET).status == status
    assert len(inner.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_is_sent_once(method: str) -> None:
    """A write whose answer was lost may have arrived, so it is never sent again."""
    transport, inner, _ = patient(Broken("broke"))
    with pytest.raises(Broken):
        transport.send(Request(method, "/x"))
    assert len(inner.requests) == 1
    transport, inner, _ = patient(Response(500, b""), Response(200, b""))
    assert transport.send(Request(method, "/x")).status == 500


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_that_the_server_did_not_look_at_is_sent_again(method: str) -> None:
    """With 429 a server refuses before it does anything."""
    transport, inner, waits = patient(Response(429, b"", retry_after=2.0), Response(200, b""))
    assert transport.send(Request(method, "/x")).status == 200
    assert (len(inner.requests), waits) == (2, [2.0])


@pytest.mark.parametrize("failure", [Response(503, b""), Broken("broke")])
def test_what_stores_nothing_is_repeated_like_a_read(failure: Answer) -> None:
    """A dry run and an access review are POSTs and PATCHes that may be sent again."""
    transport, inner, _ = patient(failure, Response(200, b""))
    assert transport.send(Request("POST", "/x", dry=True)).status == 200
    assert len(inner.requests) == 2


def test_a_server_out_of_reach_is_not_tried_again() -> None:
    """A refused connection is told at once."""
    transport, inner, _ = patient(ClusterUnavailable("refused the connection"))
    with pytest.raises(ClusterUnavailable):
        transport.send(GET)
    assert len(inner.requests) == 1
