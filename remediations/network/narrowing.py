"""Narrowing: the rules that stand in for an open one, so that all that is known to call still can.

Every expected connection that the policy's direction lets through today is kept, whichever rule or
policy lets it through: two open policies may be narrowed in one plan.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.calls.services import services_of
from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.edges import Edge, EvidenceKind
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.labelled import workloads_selected
from k8sharden.analysis.network.needs import asked, node_resolver
from k8sharden.analysis.network.opened import rules_of
from k8sharden.analysis.network.policies import Direction, policies_of
from k8sharden.analysis.network.rules import Need, policy_rules
from k8sharden.analysis.network.units import unit_of
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from remediations.network.policy_edits import as_written


def narrowed(
    policy: n.NetworkPolicy, way: Direction, opened: Sequence[int], inventory: Inventory
) -> list[dict[str, Any]]:
    """Return a policy's rules, those at ``opened`` narrowed to what is needed."""
    kept = [
        as_written(rule)
        for number, rule in enumerate(rules_of(policy, way))
        if number not in opened
    ]
    made = policy_rules(_needs(policy, way, inventory), way, policy.namespace)
    return kept + [rule for rule in made if rule not in kept]


def _needs(policy: n.NetworkPolicy, way: Direction, inventory: Inventory) -> Iterator[Need]:
    for workload in workloads_selected(policy, inventory):
        for edge in _edges(workload.ref, way, inventory):
            if _gets_through(edge, way, inventory):
                yield from asked(edge, way, inventory).needs
        unit = unit_of(workload.ref, inventory)
        if unit and way is Direction.EGRESS:
            yield from node_resolver(unit, inventory).needs


def _edges(ref: Ref, way: Direction, inventory: Inventory) -> tuple[Edge, ...]:
    calls = calls_of(inventory)
    return calls.into(ref) if way is Direction.INGRESS else calls.out_of(ref)


def _gets_through(edge: Edge, way: Direction, inventory: Inventory) -> bool:
    verdict = judge_edge(edge, policies_of(inventory), inventory)
    side = verdict.ingress if way is Direction.INGRESS else verdict.egress
    return side.answer is not Answer.DENIED


def nobody_tells(policy: n.NetworkPolicy, way: Direction, inventory: Inventory) -> tuple[str, ...]:
    """Say of which workloads under a policy nothing tells who calls them, or whom they call."""
    refs = [workload.ref for workload in workloads_selected(policy, inventory)]
    if not refs:
        return ("no workload is there that it could be narrowed to",)
    found = _callerless(refs, inventory) if way is Direction.INGRESS else _silent(refs, inventory)
    return tuple(dict.fromkeys(found))


def _callerless(refs: Sequence[Ref], inventory: Inventory) -> Iterator[str]:
    """Say which Services in front of workloads have no known caller."""
    services = services_of(inventory)
    for each in calls_of(inventory).untold:
        service = services.by_name.get((each.about.namespace, each.about.name))
        behind = services.backing(service) if service and each.about.kind == "Service" else ()
        if any(workload.ref in refs for workload in behind):
            yield each.said


def _silent(refs: Sequence[Ref], inventory: Inventory) -> Iterator[str]:
    """Say which workloads name nobody whom they call, or name them where nobody may look."""
    calls = calls_of(inventory)
    for each in calls.untold:
        if each.workload in refs and not each.into:
            yield each.words
    for ref in refs:
        said = (each.kind for edge in calls.out_of(ref) for each in edge.evidence)
        # The API server and DNS are called by nearly everything; they say nothing of its work.
        if set(said) <= {EvidenceKind.DNS, EvidenceKind.API}:
            yield f"nothing tells whom {ref.label} calls"
