"""Judged edges: whether the policies let a connection through that the applications need.

An end stands for several pods or addresses. The worst answer of any pair counts, since a workload
whose second pod is cut off is broken.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product
from typing import cast

import msgspec

from k8sharden.analysis.network.blocks import Net, network
from k8sharden.analysis.network.classes import Terms
from k8sharden.analysis.network.clauses import Addresses
from k8sharden.analysis.network.decide import Answer, Side, Verdict, decide
from k8sharden.analysis.network.edges import Edge, End, EndKind
from k8sharden.analysis.network.ends import api_server_addresses as api_server_addresses  # noqa: PLC0414 - one door
from k8sharden.analysis.network.ends import parties_of
from k8sharden.analysis.network.parties import Entity, Party, entities_of
from k8sharden.analysis.network.policies import Policies
from k8sharden.model.inventory import Inventory


def judge_edge(edge: Edge, policies: Policies, inventory: Inventory) -> Verdict:
    """Judge an edge between all pods and addresses of both ends; the worst verdict counts.

    Port 0 is any port. An end that was not read makes the answer unknown.
    """
    found = [
        _ends(edge.source, policies, inventory),
        parties_of(edge.target, inventory, _bounds(policies)),
    ]
    for end, parties in zip((edge.source, edge.target), found, strict=True):
        if not parties:
            side = Side(Answer.UNKNOWN, said=f"{end.label} was not read")
            return Verdict(side, side)
    sources, targets = (_alike(parties, found, policies) for parties in found)
    return worst(
        decide(policies, source, target, edge.port, edge.protocol)
        for ones, others in product(sources, targets)
        for source, target in _telling(ones, others)
    )


def _ends(end: End, policies: Policies, inventory: Inventory) -> tuple[Party, ...]:
    """Return who calls. A managed API server calls from somewhere else than where it answers."""
    if end.kind is EndKind.CONTROL_PLANE and inventory.control_plane.managed:
        return (Party(entities=(Entity.KUBE_APISERVER,)),)
    return parties_of(end, inventory, _bounds(policies))


_RANK = (Answer.ALLOWED, Answer.UNKNOWN, Answer.DENIED)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts, of which there is at least one."""
    found: Verdict | None = None
    for verdict in verdicts:
        if found is None or _RANK.index(verdict.answer) > _RANK.index(found.answer):
            found = verdict
        if found.answer is Answer.DENIED:
            break
    assert found is not None  # noqa: S101 - said above
    return found


_Places = Mapping[str, Party]
"""Parties that the policies judge alike, one of each node."""


def _alike(
    parties: tuple[Party, ...], both: list[tuple[Party, ...]], policies: Policies
) -> tuple[_Places, ...]:
    """Return the parties in groups that the policies judge alike, one of each node.

    On which node one is matters only where the other end may be a node.
    """
    if len(parties) == 1:
        return ({parties[0].node: parties[0]},)
    nodes = any(Entity.NODE in entities_of(party) for some in both for party in some)
    terms = _terms(policies)
    found: dict[object, dict[str, Party]] = {}
    for party in parties:
        group = found.setdefault((terms.key(party), party.entities), {})
        node = party.node if nodes else ""
        # What stands for two pods is no longer itself: the one may be kept from the other.
        group[node] = msgspec.structs.replace(party, name="") if node in group else party
    return tuple(found.values())


def _telling(ones: _Places, others: _Places) -> Iterator[tuple[Party, Party]]:
    """Yield the pairs that differ in what counts: both on one node, on two, or nobody knows.

    Each of the fewer is paired with few of the others, never all with all.
    """
    if len(others) < len(ones):
        yield from ((one, other) for other, one in _telling(others, ones))
        return
    first = tuple(islice(others, 2))
    for node, one in ones.items():
        elsewhere = [each for each in first if each != node]
        for place in dict.fromkeys((node, *elsewhere[:1], "")):
            if place in others:
                yield one, others[place]


def _terms(policies: Policies) -> Terms:
    if "terms" not in policies.cache:
        policies.cache["terms"] = Terms([policies])
    return cast("Terms", policies.cache["terms"])


def _bounds(policies: Policies) -> tuple[Net, ...]:
    """Return all blocks of addresses that any rule names, what it leaves out among them."""
    if "bounds" not in policies.cache:
        named = (
            text
            for clause in policies.clauses
            for rule in (*clause.rules, *clause.denied)
            for peer in rule.peers or ()
            if isinstance(peer, Addresses)
            for text in (peer.block.cidr, *peer.block.out)
        )
        found = map(network, dict.fromkeys(named))
        policies.cache["bounds"] = tuple(net for net in found if net is not None)
    return cast("tuple[Net, ...]", policies.cache["bounds"])
