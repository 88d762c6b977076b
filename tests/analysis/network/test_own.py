"""Our own policies: what lets all but the cloud's metadata out gives way to a default deny."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.closing import closing
from k8sharden.analysis.network.defaults import default_of
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.own import BUT_METADATA, let_out, openers
from k8sharden.analysis.network.policies import Direction, Policies, policies_of
from k8sharden.analysis.network.units import units
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, Create, Delete
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.ref import Ref
from tests.analysis.network import test_closing, worlds

SEEDS = st.integers(0, 100_000)
OURS = [{"manager": "k8sharden", "operation": "Update"}]
CLUSTER = Source(SourceKind.CLUSTER, "training")
FILES = Source(SourceKind.MANIFESTS, "manifests/")


def opener(namespace: str, name: str = BUT_METADATA, **more: Any) -> n.NetworkPolicy:
    """Return our policy as the API server lists it; ``more`` is put over its metadata."""
    selector = more.pop("selector", {})
    metadata = {"name": name, "namespace": namespace, "managedFields": OURS, **more}
    return convert({"metadata": metadata, "spec": let_out(selector)}, n.NetworkPolicy)


def joined(seen: Inventory, *more: n.NetworkPolicy, source: Source = CLUSTER) -> Inventory:
    """Return an inventory with policies besides, of a cluster if nothing else is said."""
    known = seen.objects.get(kinds.NETWORK_POLICIES.key, ())
    objects = {**seen.objects, kinds.NETWORK_POLICIES.key: (*known, *more)}
    cache = {key: seen.cache[key] for key in ("calls",) if key in seen.cache}
    return msgspec.structs.replace(seen, objects=objects, source=source, cache=cache)


def world(seed: int) -> Inventory:
    """Return a random cluster in which we kept the metadata out of reach, in one or many pieces."""
    seen = test_closing.world(seed)
    pieces = [
        opener(space, f"{BUT_METADATA}-{unit.name}", selector=unit.selector)
        for space in worlds.SPACES[1:]
        for unit in units(space, seen)[: 1 + seed % 4]
    ]
    return joined(seen, opener(worlds.SPACES[0]), *pieces)


def prefixes(change: Change, seen: Inventory) -> Iterator[Policies]:
    """Yield the policies before, and after each write; backwards it is the undo."""
    left: dict[Ref, Any] = {}
    yield policies_of(seen)
    for write in change.writes:
        left[write.ref] = write.manifest if isinstance(write, Create) else None
        yield policies_of(seen).changed(left)


@given(seed=SEEDS)
@settings(max_examples=80, deadline=None)
def test_no_prefix_cuts_an_expected_edge(seed: int) -> None:
    """Whatever gets through beside our policies gets through after each write, and each undo."""
    seen = world(seed)
    edges = seen.cache["calls"].edges
    start = {edge: judge_edge(edge, policies_of(seen), seen).answer for edge in edges}
    for space in worlds.SPACES:
        for policies in prefixes(closing(space, Direction.EGRESS, seen), seen):
            for edge in edges:
                if start[edge] is Answer.ALLOWED:
                    assert judge_edge(edge, policies, seen).answer is Answer.ALLOWED, edge


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_it_ends_closed_as_if_they_had_never_been(seed: int) -> None:
    """The default deny holds, nothing of ours undoes it, and the last writes take that away."""
    seen = world(seed)
    for space in worlds.SPACES:
        change = closing(space, Direction.EGRESS, seen)
        gone = [write.ref.name for write in change.writes if isinstance(write, Delete)]
        assert gone == [each.name for each in openers(space, seen)]
        assert [write.ref.name for write in change.writes[len(change.writes) - len(gone) :]] == gone
        never = closing(space, Direction.EGRESS, test_closing.world(seed))
        made = [write for write in change.writes if isinstance(write, Create)]
        assert {write.ref for write in never.writes} <= {write.ref for write in made}


def test_ingress_has_nothing_to_do_with_them() -> None:
    """A default deny of the other direction leaves them where they are."""
    change = closing("red", Direction.INGRESS, world(1))
    assert not [write for write in change.writes if isinstance(write, Delete)]


def edited(field: str, value: Any) -> n.NetworkPolicy:
    """Return our policy with another value in its specification, as though we had written it."""
    spec = {**let_out({}), field: value}
    metadata = {"name": BUT_METADATA, "namespace": "red", "managedFields": OURS}
    return convert({"metadata": metadata, "spec": spec}, n.NetworkPolicy)


KUBECTL = {"manager": "kubectl-edit", "operation": "Update"}
STATUS = {"manager": "calico", "operation": "Update", "subresource": "status"}
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "all", "uid": "1"}
NOT_OURS = {
    "nobody is named": opener("red", managedFields=None),
    "somebody wrote a field": opener("red", managedFields=[*OURS, KUBECTL]),
    "somebody else made it": opener("red", managedFields=[KUBECTL]),
    "it has a label": opener("red", labels={"team": "shop"}),
    "it has an annotation": opener("red", annotations={"why": "IMDS"}),
    "it has an owner": opener("red", ownerReferences=[OWNER]),
    "it is being deleted": opener("red", deletionTimestamp="2026-01-01T00:00:00Z"),
    "it has another name": opener("red", "everything"),
    "it lets out less": edited("egress", [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]),
    "it is about both directions": edited("policyTypes", ["Egress", "Ingress"]),
}


@pytest.mark.parametrize("case", NOT_OURS)
def test_what_is_not_ours_any_more_is_named_and_stays(case: str) -> None:
    """Somebody else's policy is never removed: the review says that it undoes the default deny."""
    seen = joined(test_closing.world(1), NOT_OURS[case])
    change = closing("red", Direction.EGRESS, seen)
    assert not [write for write in change.writes if isinstance(write, Delete)]
    assert any(
        "nothing is closed" in each and NOT_OURS[case].name in each for each in change.warnings
    )


@pytest.mark.parametrize("entries", [OURS, [*OURS, STATUS]])
def test_it_is_ours_whoever_writes_its_status(entries: list[Any]) -> None:
    """A controller that reports on a policy has not edited it; the review names what goes."""
    seen = joined(test_closing.world(1), opener("red", managedFields=entries))
    change = closing("red", Direction.EGRESS, seen)
    assert change.writes[-1] == Delete(kinds.NETWORK_POLICIES.ref("red", BUT_METADATA))
    assert any("deleted last" in each and BUT_METADATA in each for each in change.warnings)


@pytest.mark.parametrize("entries", [None, OURS, [KUBECTL]])
def test_in_files_its_words_tell(entries: list[Any] | None) -> None:
    """In files nothing names who wrote an object; where something does, it counts."""
    known = joined(test_closing.world(1), opener("red", managedFields=entries), source=FILES)
    assert bool(openers("red", known)) is (entries != [KUBECTL])


def test_alone_it_is_no_default_deny() -> None:
    """The check still asks for one where only our policy is there."""
    seen = joined(worlds.inventory([worlds.pod("red", "a")], []), opener("red"))
    assert default_of("red", Direction.EGRESS, seen).closed is False
