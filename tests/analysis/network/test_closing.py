"""Closing a namespace: nothing that is expected is cut on the way, and nothing else is opened."""

import random
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.closing import closing
from k8sharden.analysis.network.decide import Side, decide
from k8sharden.analysis.network.edges import Calls, Edge, End, EndKind, Evidence, EvidenceKind
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.policies import Direction, Policies, policies_of
from k8sharden.analysis.network.units import unit_of
from k8sharden.model.change import Change, Create
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads
from tests.analysis.network import worlds

SEEDS = st.integers(0, 100_000)
PORTS = (53, 80, 8080)
OTHERS = (
    End(EndKind.OUTSIDE, address="203.0.113.9/32"),
    End(EndKind.OUTSIDE, host="api.cards.example"),
    End(EndKind.CONTROL_PLANE),
    End(EndKind.NODES),
)


def world(seed: int) -> Inventory:
    """Return a random cluster with random policies, and random edges that are expected in it."""
    seen = worlds.world(seed)
    dice = random.Random(seed)  # noqa: S311 - a test's dice, kept by the seed
    pods = [End(EndKind.WORKLOAD, each.ref) for each in workloads(seen)]
    edges = [_edge(dice, pods) for _ in range(dice.randint(0, 12))]
    seen.cache["calls"] = Calls(tuple(dict.fromkeys(edges)))
    return seen


def _edge(dice: random.Random, pods: list[End]) -> Edge:
    source, target = dice.choice(pods), dice.choice(pods)
    if dice.random() < 0.3:
        other = dice.choice(OTHERS)
        source, target = (other, target) if dice.random() < 0.5 else (source, other)
    evidence = Evidence(EvidenceKind.CONFIG, "a setting says so")
    return Edge(source, target, dice.choice(PORTS), dice.choice(("TCP", "UDP")), (evidence,))


def prefixes(change: Change, seen: Inventory) -> Iterator[Policies]:
    """Yield the policies after each write; backwards it is the undo."""
    manifests = {}
    for write in change.writes:
        assert isinstance(write, Create)
        manifests[write.ref] = write.manifest
        yield policies_of(seen).changed(manifests)


def sides(edge: Edge, policies: Policies, seen: Inventory) -> dict[Direction, Side]:
    """Return what either end's policies say of an edge."""
    verdict = judge_edge(edge, policies, seen)
    return {Direction.INGRESS: verdict.ingress, Direction.EGRESS: verdict.egress}


@pytest.mark.parametrize("way", Direction)
@given(seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_no_prefix_cuts_an_expected_edge(way: Direction, seed: int) -> None:
    """Whatever is expected and gets through before gets through after each write, and each undo."""
    seen = world(seed)
    edges = seen.cache["calls"].edges
    start = {edge: judge_edge(edge, policies_of(seen), seen).answer for edge in edges}
    for namespace in worlds.SPACES:
        for policies in prefixes(closing(namespace, way, seen), seen):
            for edge in edges:
                if start[edge] is Answer.ALLOWED:
                    assert judge_edge(edge, policies, seen).answer is Answer.ALLOWED, edge


@pytest.mark.parametrize("way", Direction)
@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_nothing_is_let_through_that_nothing_asked_for(way: Direction, seed: int) -> None:
    """In a closed namespace a pod has what its edges ask for, and what policies allowed before."""
    seen = world(seed)
    found = workloads(seen)
    parties = {each.ref: _party(each.ref, seen) for each in found}
    for namespace in worlds.SPACES:
        *_, after = prefixes(closing(namespace, way, seen), seen)
        for own, other in product(parties, parties):
            inside = own.namespace == namespace and not parties[own].host_network
            for port, protocol in product(PORTS, ("TCP", "UDP")) if inside else ():
                sides = _sides(way, parties[own], parties[other])
                if _of(way, sides, after, port, protocol) is not Answer.ALLOWED or own == other:
                    continue
                before = _of(way, sides, policies_of(seen), port, protocol)
                isolated = any(
                    clause.isolates for clause in policies_of(seen).selecting(parties[own], way)
                )
                asked = _is_asked(way, (own, other, port, protocol), seen)
                assert asked or (isolated and before is Answer.ALLOWED), (own, other, port)


def _party(ref: Ref, seen: Inventory) -> Party:
    unit = unit_of(ref, seen)
    assert unit is not None
    names = [each.ref for each in unit.workloads]
    return unit.parties[names.index(ref)]


def _sides(way: Direction, own: Party, other: Party) -> tuple[Party, Party]:
    return (other, own) if way is Direction.INGRESS else (own, other)


def _of(
    way: Direction, ends: tuple[Party, Party], policies: Policies, port: int, protocol: str
) -> Answer:
    verdict = decide(policies, *ends, port, protocol)
    return (verdict.ingress if way is Direction.INGRESS else verdict.egress).answer


def _is_asked(way: Direction, wanted: tuple[Ref, Ref, int, str], seen: Inventory) -> bool:
    """Whether some edge of the same units asks for it; what is no pod opens the port to all."""
    own, other, port, protocol = wanted
    for edge in seen.cache["calls"].edges:
        mine, theirs = edge.target, edge.source
        if way is Direction.EGRESS:
            mine, theirs = edge.source, edge.target
        same = (edge.port, edge.protocol) == (port, protocol)
        if same and mine.ref and unit_of(mine.ref, seen) == unit_of(own, seen):
            if theirs.ref is None or unit_of(theirs.ref, seen) == unit_of(other, seen):
                return True
            if any(each.spec.host_network for each in _workloads(theirs.ref, seen)):
                return True
    return False


def _workloads(ref: Ref, seen: Inventory) -> tuple[Workload, ...]:
    unit = unit_of(ref, seen)
    return unit.workloads if unit else ()
