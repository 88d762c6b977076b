"""What a change of policies would cut of what the applications need: it is held back then."""

from collections.abc import Iterable

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.calls.services import services_of
from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.edges import Edge, EndKind, EvidenceKind
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.policies import Changed, policies_of
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

_SHOWN = 6


def held_back(changed: Changed, inventory: Inventory, *, certain: bool = False) -> str:
    """Say what a change would cut of what is needed, in a sentence; empty where it cuts nothing.

    Only what it would cut for ``certain`` counts, or also what it makes unknown.
    """
    lost = [_said(edge) for edge in cut_edges(changed, inventory, certain=certain)]
    if not lost:
        return ""
    return f"It would cut what is needed: {enumerated(lost)}. Add rules for that first."


def cut_edges(changed: Changed, inventory: Inventory, *, certain: bool = False) -> tuple[Edge, ...]:
    """Return the expected connections that get through now, and after it not for certain.

    With ``certain``, only those that then do not for certain.
    """
    cut = (Answer.DENIED,) if certain else (Answer.DENIED, Answer.UNKNOWN)
    spaces = {ref.namespace for ref in changed}
    before = policies_of(inventory)
    after = before.changed(changed)
    return tuple(
        edge
        for edge in calls_of(inventory).edges
        if any(end.ref and end.ref.namespace in spaces for end in (edge.source, edge.target))
        and judge_edge(edge, before, inventory).answer is Answer.ALLOWED
        and judge_edge(edge, after, inventory).answer in cut
    )


def untold(refs: Iterable[Ref], inventory: Inventory) -> tuple[str, ...]:
    """Return what nothing tells of the traffic of these workloads."""
    wanted = set(refs)
    found = (each for each in calls_of(inventory).untold if each.workload in wanted)
    return tuple(dict.fromkeys(each.words for each in found))


def seen_outside(service: n.Service, inventory: Inventory) -> tuple[str, ...]:
    """Return who calls a Service's pods by the flows from outside, or as a node for somebody."""
    refs = (workload.ref for workload in services_of(inventory).backing(service))
    every = (edge for ref in refs for edge in calls_of(inventory).into(ref))
    return tuple(dict.fromkeys(edge.source.label for edge in every if is_seen_outside(edge)))


def is_seen_outside(edge: Edge) -> bool:
    """Whether flows show a caller from outside, or a node that stands in for one."""
    outside = edge.source.kind in (EndKind.OUTSIDE, EndKind.NODES)
    return outside and any(each.kind is EvidenceKind.FLOW for each in edge.evidence)


def enumerated(parts: Iterable[str]) -> str:
    """Join parts of a sentence, the first few of many."""
    every = list(parts)
    more = f"; and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return "; ".join(every[:_SHOWN]) + more


def _said(edge: Edge) -> str:
    where = f" on {edge.port}/{edge.protocol}" if edge.port else ""
    return f"{edge.source.label} to {edge.target.label}{where} ({edge.evidence[0].said})"
