"""What holds for any roles and bindings: cuts cut, more rights never hide a path, ways agree."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.rbac.paths.field import Field
from k8sharden.analysis.rbac.paths.graph import graph_of
from k8sharden.analysis.rbac.paths.places import Seat
from k8sharden.analysis.rbac.paths.search import best_trail, path_of
from k8sharden.analysis.rbac.paths.starts import escalation, shortest, starts
from k8sharden.model.inventory import Inventory
from tests.analysis.rbac.made import EVERYTHING, rule
from tests.analysis.rbac.paths.made import cluster

RBAC = "rbac.authorization.k8s.io"
ROLES = {
    "token": [rule("create", "serviceaccounts/token")],
    "one": [rule("create", "serviceaccounts/token", names="plain")],
    "pods": [rule("create", "pods")],
    "exec": [rule("create", "pods/exec"), rule("get", "pods")],
    "read": [rule("get list", "secrets pods")],
    "patch": [rule("patch", "deployments", "apps")],
    "as": [rule("impersonate", "users serviceaccounts")],
    "bounded": [
        rule("impersonate:serviceaccount", "serviceaccounts", "authentication.k8s.io"),
        rule("impersonate-on:serviceaccount:create", "pods serviceaccounts/token"),
    ],
    "binder": [
        rule("create", "rolebindings clusterrolebindings", RBAC),
        rule("bind", "clusterroles", RBAC, "token exec"),
    ],
    "joiner": [rule("patch", "clusterrolebindings", RBAC), rule("bind", "clusterroles", RBAC)],
    "escalate": [rule("escalate update", "clusterroles", RBAC)],
    "everything": EVERYTHING,
}
SUBJECTS = (
    "User eve",
    "Group staff",
    "ServiceAccount open/app",
    "ServiceAccount shut/plain",
    "Group system:serviceaccounts:shut",
)

bindings = st.builds(
    "{} to {}{}".format,
    st.sampled_from(sorted(ROLES)),
    st.sampled_from(SUBJECTS),
    st.sampled_from(("", " in open", " in shut")),
)
policies = st.lists(bindings, max_size=7)


def made(texts: list[str]) -> Inventory:
    """Return a cluster with these bindings."""
    return cluster(ROLES, *(f"b{number}: {text}" for number, text in enumerate(texts)))


def lengths(inventory: Inventory) -> Mapping[str, tuple[int, int]]:
    """Return for each start how strong its path is, and how long."""
    found = {who.label: shortest(who, inventory) for who in starts(inventory)}
    return {
        label: (path.reach.scope.rank, len(path.steps)) for label, path in found.items() if path
    }


@settings(max_examples=60, deadline=None)
@given(policies)
def test_both_searches_find_ways_of_one_length(texts: list[str]) -> None:
    """From one start forwards, or from everything backwards for all of them at once."""
    inventory = made(texts)
    graph = graph_of(inventory)
    seats = [Seat(who) for who in starts(inventory)]
    field = Field(graph, seats)
    for seat in seats:
        one, other = best_trail(graph, seat), field.best_trail(seat)
        assert (one is None) == (other is None)
        if one and other:
            first, second = path_of(seat, one), path_of(seat, other)
            assert (first.reach.scope, len(first.steps)) == (second.reach.scope, len(second.steps))


@settings(max_examples=60, deadline=None)
@given(policies, bindings)
def test_another_binding_never_takes_a_path_away(texts: list[str], more: str) -> None:
    """Whoever gets to something with less gets at least as far with more."""
    before, after = lengths(made(texts)), lengths(made([*texts, more]))
    for label, (rank, _) in before.items():
        assert after[label][0] <= rank


@settings(max_examples=60, deadline=None)
@given(policies)
def test_a_cut_takes_away_the_path_that_it_is_for(texts: list[str]) -> None:
    """After the change the search finds another path, a weaker one, or none."""
    inventory = made(texts)
    for who in starts(inventory):
        found = escalation(who, inventory)
        if found and found.cut:
            left = found.cut.survivor
            assert left is None or left.said != found.path.said
            weaker = left is None or left.reach.scope.rank > found.path.reach.scope.rank
            assert weaker is found.cut.ends


@settings(max_examples=60, deadline=None)
@given(policies)
def test_each_step_begins_where_the_last_one_ended(texts: list[str]) -> None:
    """A path is a chain from its start to its reach, whose bindings are all there."""
    inventory = made(texts)
    there = {item.name for some in inventory.objects.values() for item in some}
    for who in starts(inventory):
        path = shortest(who, inventory)
        if path:
            assert path.steps[0].before == path.start
            for one, other in zip(path.steps, path.steps[1:], strict=False):
                assert one.after == other.before
            assert {ref.name for step in path.steps for ref in step.bindings} - {""} <= there
