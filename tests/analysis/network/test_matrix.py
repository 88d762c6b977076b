"""The matrix: its cells count what `decide` says of every pair of workloads, now and after."""

from collections.abc import Callable
from itertools import product

import msgspec
import pytest

from k8sharden.analysis.network.cells import OUTSIDE, Cell, Change, Extent, Spot
from k8sharden.analysis.network.comparison import Comparison, compared
from k8sharden.analysis.network.decide import Answer, decide
from k8sharden.analysis.network.matrix import Matrix, matrix
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.policies import Policies, policies_of
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from tests.analysis.network.worlds import inventory, odd_world, parties, pod, policy, world

Answers = tuple[Answer, ...]


def asked(found: Matrix, policies: Policies, source: Party, target: Party) -> Answers:
    """Return what is decided on one port of each class."""
    samples = (found.ports.sample(number) for number in found.only)
    return tuple(decide(policies, source, target, p, word).answer for word, p in samples)


def at(spot: Spot, found: Matrix, everybody: Inventory) -> list[Party]:
    """Return who stands at a spot; each pod of these worlds is a workload of its own."""
    if spot == OUTSIDE:
        return [found.classes.groups[number].party for number in found.classes.order[""]]
    known = parties(everybody).items()
    if spot.rest:
        return [party for ref, party in known if ref.namespace != spot.namespace]
    inside = [(ref, party) for ref, party in known if ref.namespace == spot.namespace]
    return [party for ref, party in inside if spot.ref in (None, ref)]


def pairs(found: Matrix, everybody: Inventory, source: Spot, target: Spot) -> list[Answers]:
    """Return what is decided between all that stand at two spots."""
    if source.around and target.around:
        return []
    both = product(at(source, found, everybody), at(target, found, everybody))
    return [asked(found, found.policies, one, other) for one, other in both]


@pytest.mark.parametrize("make", [world, odd_world])
@pytest.mark.parametrize("namespace", ["", "green"])
@pytest.mark.parametrize("seed", range(6))
def test_cells_count_pairs_of_workloads(
    make: Callable[[int], Inventory], namespace: str, seed: int
) -> None:
    """Open on every port, on some, or unknown: as many as there are when each pair is asked."""
    everybody = make(seed)
    found = matrix(everybody, policies_of(everybody), namespace)
    for source, target in product(found.spots, found.spots):
        cell = found.cell(source, target)
        each = [set(answers) for answers in pairs(found, everybody, source, target)]
        full = sum(answers == {Answer.ALLOWED} for answers in each)
        some = sum(Answer.ALLOWED in answers for answers in each)
        unknown = sum(
            Answer.UNKNOWN in answers and Answer.ALLOWED not in answers for answers in each
        )
        assert (cell.pairs, cell.full, cell.limited, cell.unknown) == (
            len(each),
            full,
            some - full,
            unknown,
        )


@pytest.mark.parametrize("make", [world, odd_world])
@pytest.mark.parametrize("seed", range(6))
def test_changes_count_the_pairs_that_lose_and_gain(
    make: Callable[[int], Inventory], seed: int
) -> None:
    """Lost was allowed and is denied on a port, gained the reverse; what is unsure is apart."""
    everybody = make(seed)
    before, after = policies_of(everybody), policies_of(make(seed + 100))
    after = Policies(after.policies, before.context, after.others)
    found = compared(everybody, before, after)
    for source, target in product(found.spots, found.spots):
        old = pairs(found.before, everybody, source, target)
        new = pairs(found.after, everybody, source, target)
        both = [set(zip(was, now, strict=True)) for was, now in zip(old, new, strict=True)]
        change = found.change(source, target)
        assert change.lost == sum((Answer.ALLOWED, Answer.DENIED) in each for each in both)
        assert change.gained == sum((Answer.DENIED, Answer.ALLOWED) in each for each in both)
        unsure = [any((a is Answer.UNKNOWN) != (b is Answer.UNKNOWN) for a, b in s) for s in both]
        assert change.unsure == sum(unsure)


def two(*policies: dict[str, object]) -> Inventory:
    """Two pods in red and one in green, under these policies."""
    pods = [pod("red", "web", app="a"), pod("red", "tool", app="b"), pod("green", "db", app="c")]
    return inventory(pods, list(policies))


DENY = policy("green", "deny", policyTypes=["Ingress"])
OPEN = policy(
    "green",
    "open",
    ingress=[
        {
            "from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "a"}}}],
            "ports": [{"port": 5432}, {"port": 8000, "endPort": 8002}],
        }
    ],
)
RED, GREEN = Spot("red"), Spot("green")


def cell(everybody: Inventory, source: Spot, target: Spot) -> Cell:
    """Return one cell of the namespaces."""
    return matrix(everybody, policies_of(everybody)).cell(source, target)


def test_a_cell_says_how_much_gets_through() -> None:
    """Everything, a share of the pairs, nothing; the ports where only some are open."""
    assert cell(two(), RED, GREEN) == Cell(2, 2)
    assert cell(two(DENY), RED, GREEN) == Cell(2)
    ports = ("TCP 5432", "TCP 8000-8002")
    assert cell(two(OPEN), RED, GREEN) == Cell(2, 0, 1, 0, ports)
    assert [cell(two(*some), RED, GREEN).said for some in ((), (DENY,), (OPEN,))] == [
        "any",
        "none",
        "1 of 2",
    ]


def test_a_cell_that_is_alike_for_all_says_its_ports() -> None:
    """Between two workloads the ports stand in the cell."""
    everybody = two(OPEN)
    found = matrix(everybody, policies_of(everybody), "green")
    web = Spot("red", next(ref for ref in found.classes.of if ref.name == "web"))
    assert found.cell(web, found.spots[0]).said == "TCP 5432, TCP 8000-8002"


def test_an_unknown_cell_is_none_of_the_others() -> None:
    """An ipBlock over pods: whether it means them is the network plug-in's choice."""
    block = policy("green", "block", ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])
    found = cell(two(block), RED, GREEN)
    assert (found.extent, found.unknown, found.said) == (Extent.UNKNOWN, 2, "unknown")


def test_a_count_says_how_much_of_the_rest_is_not_known() -> None:
    """At least so many are open, and at most so many."""
    assert Cell(pairs=12, full=2, limited=1, unknown=2).said == "3-5 of 12"
    assert Cell(pairs=12, full=2, limited=1).said == "3 of 12"


def test_outside_are_addresses_as_blocks_tell_them_apart() -> None:
    """Addresses in a block and all others are two; without blocks there is one outside."""
    block = policy("green", "block", ingress=[{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}])
    assert cell(two(block), OUTSIDE, GREEN) == Cell(2, 1)
    assert cell(two(DENY), OUTSIDE, GREEN) == Cell(1)


def test_one_port_counts_alone() -> None:
    """With a port a cell is open in full where that one is."""
    everybody = two(OPEN)
    policies = policies_of(everybody)
    known = {
        port: matrix(everybody, policies, port=port).cell(RED, GREEN)
        for port in (("TCP", 8001), ("TCP", 8003), ("UDP", 8001))
    }
    assert list(known.values()) == [Cell(2, 1), Cell(2), Cell(2)]


def test_a_workload_with_two_kinds_of_pods_counts_twice() -> None:
    """Pods of one workload that policies tell apart are two kinds, and pairs say so."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "controller": True}
    pods = [pod("red", f"r-{n}", app=app) for n, app in enumerate("aab")]
    for each in pods:
        each["metadata"]["ownerReferences"] = [owner]
    plain = inventory([*pods, pod("green", "db")], [OPEN])
    top = msgspec.convert({"metadata": {"name": "r", "namespace": "red"}}, o.TemplateOwner)
    held = {**plain.objects, kinds.REPLICA_SETS.key: (top,)}
    found = cell(msgspec.structs.replace(plain, objects=held, cache={}), RED, GREEN)
    assert found == Cell(2, 0, 1, 0, ("TCP 5432", "TCP 8000-8002"))


def test_a_policy_that_goes_opens_and_one_that_comes_shuts() -> None:
    """What a cell loses is said by pairs and ports, in both directions of the change."""
    everybody = two()
    free = policies_of(everybody)
    shut = policies_of(two(OPEN))
    there = change(compared(everybody, free, shut))
    assert (there.lost, there.gained) == (2, 0)
    assert (there.before, there.after) == (cell(two(), RED, GREEN), cell(two(OPEN), RED, GREEN))
    back = change(compared(everybody, shut, free))
    assert (back.lost, back.gained, back.gained_ports) == (0, 2, ("any",))
    assert compared(everybody, shut, shut).change(RED, GREEN).same


def change(found: Comparison) -> Change:
    """Return what becomes of the way from red to green, the only one that may change there."""
    known = {(source, target): each for source, target, each in found.changes()}
    assert set(known) == {(RED, GREEN), (GREEN, GREEN), (OUTSIDE, GREEN)}
    return known[RED, GREEN]


def test_more_of_the_same_pods_make_no_more_classes() -> None:
    """The work grows with what policies tell apart: never with pods, nor with pairs of them."""
    few = two(OPEN, DENY)
    copies = [
        msgspec.structs.replace(
            each, metadata=msgspec.structs.replace(each.metadata, name=f"{each.name}-{number}")
        )
        for each in few.pods
        for number in range(50)
    ]
    many = msgspec.structs.replace(few, objects={**few.objects, "pods": tuple(copies)}, cache={})
    found = [matrix(each, policies_of(each)) for each in (few, many)]
    assert [len(each.classes.groups) for each in found] == [4, 4]
    assert found[1].cell(RED, GREEN).pairs == 2 * 50 * 50
