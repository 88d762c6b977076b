"""What an error of the network means: above all, whether the request may have arrived."""

from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError, ReadTimeoutError

from k8sharden.cluster.failures import explain
from k8sharden.errors import ClusterUnavailable, Unreached

SERVER = "https://one.example"


def slow() -> ClusterUnavailable:
    """Send a request that nobody answers in time, and return what is said of it."""
    try:
        raise ReadTimeoutError(HTTPConnectionPool("one.example"), "/", "too slow")
    except HTTPError as error:
        return explain(error, SERVER, 1)


def test_how_the_request_before_ended_says_nothing_of_this_one() -> None:
    """A write that takes another one back, after a refused connection, may still have arrived."""
    refused = explain(ConnectionRefusedError(), SERVER, 1)
    assert isinstance(refused, Unreached)
    try:
        raise refused from ConnectionRefusedError()
    except ClusterUnavailable:
        found = slow()
    assert not isinstance(found, Unreached)
    assert "did not answer within 1 s" in str(found)
