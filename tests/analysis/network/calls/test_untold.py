"""What nothing tells: types that were not read, replicas, and how it is said."""

import pytest

from k8sharden.analysis.network.calls.untold import NEEDS, unread
from k8sharden.analysis.network.edges import Untold
from k8sharden.model import kinds
from tests.analysis.network.calls.small import SPACES, server, small, untold

PEERS = "nothing tells whether its pods call each other, as replicas do"


@pytest.mark.parametrize("kind", NEEDS, ids=lambda kind: kind.key)
def test_a_type_that_was_not_read_is_named_with_its_permission(kind: kinds.ResourceType) -> None:
    """Calls that stand in it are missing, and that is no sign that there are none."""
    assert unread(small(SPACES)) == ()
    gaps = unread(small(SPACES, unread={kind.key: "forbidden"}))
    assert gaps == (f"not all {kind.key} were read: list {kind.key}",)


def test_a_type_that_is_not_installed_hides_nothing() -> None:
    """Without the Gateway API there is no route of it."""
    assert unread(small(SPACES, unread={kinds.HTTP_ROUTES.key: "absent"})) == ()


@pytest.mark.parametrize(
    ("replicas", "host", "said"),
    [
        (3, "", True),
        (1, "", False),
        (3, "ledger-0.ledger:7000", False),
    ],
)
def test_replicas_may_call_each_other_unless_something_shows_that_they_do(
    replicas: int,
    host: str,
    said: bool,  # noqa: FBT001 - a table
) -> None:
    """A database of several pods replicates, and its settings need not say so."""
    text = server(spec="clusterIP: None").replace("replicas: 1", f"replicas: {replicas}")
    peers = text.replace("image: 'x:1'", f"image: 'x:1', args: ['--peers={host}']")
    assert (PEERS in untold(SPACES, peers)) is said


def test_what_is_not_known_names_what_it_is_about_once() -> None:
    """It is shown beside others, where nobody sees whom it is about."""
    ref = kinds.SERVICES.ref("shop", "web")
    assert Untold(ref, "nothing is known").words == "Service shop/web: nothing is known"
    named = "nothing tells who calls Service shop/web"
    assert Untold(ref, named).words == named
