"""Allows: the one policy that lets through what one unit needs in one direction.

All of it is one object and one write. A unit that some policy isolates already keeps what that
policy lets through: nothing is opened that is closed today, and what is missing is told.

Source: the API reference of networking.k8s.io/v1 and of cilium.io/v2.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.cni import enforcement
from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.edges import Edge
from k8sharden.analysis.network.isolation import in_namespace
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.naming import LONGEST, fitted
from k8sharden.analysis.network.needs import asked, node_resolver
from k8sharden.analysis.network.plugins import CILIUM
from k8sharden.analysis.network.policies import Direction, policies_of
from k8sharden.analysis.network.rules import Beyond, Need, cilium_rules, policy_rules
from k8sharden.analysis.network.units import Unit
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Create
from k8sharden.model.inventory import Coverage, Inventory
from k8sharden.model.ref import Ref


class Wants(msgspec.Struct, frozen=True):
    """What a unit needs in one direction.

    ``keeps`` are the edges that its policy lets through, and ``denied`` those that are expected and
    closed today. ``said`` are pairs of a reason and the port that it is about. ``isolated`` where
    policies choose all of its pods already.
    """

    unit: Unit
    way: Direction
    needs: tuple[Need, ...] = ()
    keeps: tuple[Edge, ...] = ()
    denied: tuple[Edge, ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    isolated: bool = False


def wants(
    unit: Unit, way: Direction, inventory: Inventory, today: Inventory | None = None
) -> Wants:
    """Return what a unit needs for its expected edges, of which asking for names is one.

    ``today`` has policies that are about to go; what only those let through is needed, too.
    """
    edges = _edges(unit, way, inventory)
    if is_isolated(unit, way, inventory):
        denied = [edge for edge in edges if _answer(edge, way, today or inventory) is Answer.DENIED]
        lost = tuple(_lost(edges, way, today, inventory)) if today else ()
        needs, said, kept = _needs(unit, way, lost, inventory) if lost else ((), (), ())
        return Wants(unit, way, needs, kept, tuple(denied), said, isolated=True)
    needs, said, kept = _needs(unit, way, edges, inventory)
    return Wants(unit, way, needs, kept, said=said)


def needed(unit: Unit, way: Direction, inventory: Inventory) -> tuple[Need, ...]:
    """Return all that a unit needs, whatever is allowed or denied today."""
    return _needs(unit, way, _edges(unit, way, inventory), inventory)[0]


def is_isolated(unit: Unit, way: Direction, inventory: Inventory) -> bool:
    """Whether policies choose every pod of a unit for a direction."""
    policies = policies_of(inventory)
    return all(
        any(clause.isolates for clause in policies.selecting(party, way)) for party in unit.parties
    )


_Told = tuple[tuple[Need, ...], tuple[tuple[str, str], ...], tuple[Edge, ...]]


def _needs(unit: Unit, way: Direction, edges: tuple[Edge, ...], inventory: Inventory) -> _Told:
    """Return what edges need, what is to be said of it, and the edges for which something is."""
    needs: list[Need] = []
    said: list[tuple[str, str]] = []
    kept: list[Edge] = []
    for edge in edges:
        answer = asked(edge, way, inventory)
        needs += answer.needs
        kept += [edge] if answer.needs else []
        if answer.said:
            said.append((answer.said, f"{edge.port or 'any port'}/{edge.protocol}"))
    if way is Direction.EGRESS:
        resolver = node_resolver(unit, inventory)
        needs += resolver.needs
        said += [(resolver.said, "53")] if resolver.said else []
    return tuple(needs), tuple(dict.fromkeys(said)), tuple(kept)


def _edges(unit: Unit, way: Direction, inventory: Inventory) -> tuple[Edge, ...]:
    known = _by_workload(way, inventory)
    return tuple(edge for each in unit.workloads for edge in known.get(each.ref, ()))


def _by_workload(way: Direction, inventory: Inventory) -> Mapping[Ref, list[Edge]]:
    """Index the expected edges by the workload on whose side the direction is."""
    key = f"edges-{way}"
    if key not in inventory.cache:
        found: dict[Ref, list[Edge]] = {}
        for edge in calls_of(inventory).edges:
            end = edge.target if way is Direction.INGRESS else edge.source
            if end.ref is not None:
                found.setdefault(end.ref, []).append(edge)
        inventory.cache[key] = found
    return cast("Mapping[Ref, list[Edge]]", inventory.cache[key])


def _lost(
    edges: Iterable[Edge], way: Direction, today: Inventory, later: Inventory
) -> Iterator[Edge]:
    """Yield the edges that get through today, or may, and later would not so surely any more."""
    for edge in edges:
        now = _answer(edge, way, today)
        if now is not Answer.DENIED and _answer(edge, way, later) is not now:
            yield edge


def _answer(edge: Edge, way: Direction, inventory: Inventory) -> Answer:
    """Return what the policies of one direction say of an edge."""
    verdict = judge_edge(edge, policies_of(inventory), inventory)
    return (verdict.ingress if way is Direction.INGRESS else verdict.egress).answer


def allow(wanted: Wants, inventory: Inventory) -> Create:
    """Return the object for what a unit wants; where that is nothing, it lets nothing through."""
    unit, way = wanted.unit, wanted.way
    word = "allow" if wanted.needs else "deny"
    if speaks_cilium(inventory) and any(map(_has_entity, wanted.needs)):
        rules = cilium_rules(wanted.needs, way, unit.namespace)
        kind, spec = kinds.CILIUM_POLICIES, {"endpointSelector": unit.selector, way.value: rules}
    else:
        rules = policy_rules(wanted.needs, way, unit.namespace)
        chosen = {"podSelector": unit.selector, "policyTypes": [way.type]}
        kind, spec = kinds.NETWORK_POLICIES, chosen | ({way.value: rules} if rules else {})
    name = free_name(f"{word}-{way}-{unit.name}", unit.namespace, inventory)
    return created(kind, unit.namespace, name, spec)


def created(kind: kinds.ResourceType, namespace: str, name: str, spec: Mapping[str, Any]) -> Create:
    """Return a new policy."""
    ref = kind.ref(namespace, name)
    metadata = {"name": name, "namespace": namespace}
    manifest = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata}
    return Create(ref, manifest | {"spec": dict(spec)})


def free_name(name: str, namespace: str, inventory: Inventory) -> str:
    """Return a name that no policy of a namespace has."""
    taken = set(_names(namespace, inventory))
    return next(each for each in _numbered(fitted(name)) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        tail = f"-{number}"
        yield name[: LONGEST - len(tail)].rstrip("-") + tail
        number += 1


def _names(namespace: str, inventory: Inventory) -> Iterator[str]:
    for kind in (kinds.NETWORK_POLICIES, kinds.CILIUM_POLICIES):
        yield from (each.name for each in in_namespace(kind, o.Object, namespace, inventory))


def speaks_cilium(inventory: Inventory) -> bool:
    """Whether Cilium enforces policies here, and its own kind of them can be written."""
    known = enforcement(inventory)
    served = inventory.entry(kinds.CILIUM_POLICIES).status is Coverage.READ
    return known is not None and known.plugin == CILIUM and served


def _has_entity(need: Need) -> bool:
    return isinstance(need.peer, Beyond) and bool(need.peer.entities)
