"""HTTP rules of Cilium's policies: whose routes have none, and which would keep to known paths.

Source: Cilium 1.20, Layer 7 policies: a rule of a port with `rules.http` lets through the requests
that one of its entries describes, whose `path` is a regular expression for all of the path.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.clauses import Clause
from k8sharden.analysis.network.edges import Edge, EvidenceKind
from k8sharden.analysis.network.needs import asked
from k8sharden.analysis.network.policies import Direction, policies_of
from k8sharden.analysis.network.rules import cilium_rules
from k8sharden.analysis.network.units import Unit
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

NOTE = "HTTP rules"
"""What stands in the note of a port whose requests are limited."""

_MOST = 40


def routed(inventory: Inventory) -> Mapping[Ref, tuple[Edge, ...]]:
    """Return the edges by which routes bring requests from outside, by the workload they reach."""
    found: dict[Ref, list[Edge]] = {}
    for edge in calls_of(inventory).edges:
        ref = edge.target.ref
        if ref is not None and any(each.kind is EvidenceKind.ROUTE for each in edge.evidence):
            found.setdefault(ref, []).append(edge)
    return {ref: tuple(edges) for ref, edges in found.items()}


def with_http_rules(inventory: Inventory) -> tuple[Clause, ...]:
    """Return what policies say of incoming requests by their paths."""
    every = policies_of(inventory).clauses
    return tuple(each for each in every if each.way is Direction.INGRESS and _has_note(each))


def is_limited(unit: Unit, inventory: Inventory) -> bool:
    """Whether some policy limits which requests each pod of a unit takes."""
    policies = policies_of(inventory)
    return all(
        any(_has_note(each) for each in policies.selecting(party, Direction.INGRESS))
        for party in unit.parties
    )


def _has_note(clause: Clause) -> bool:
    return any(port.note == NOTE for rule in clause.rules for port in rule.ports or ())


def known_paths(edges: Iterable[Edge]) -> tuple[str, ...]:
    """Return the paths as regular expressions, observed ones first; empty where any is asked for.

    A route to `/` leads everything, so it names no path.
    """
    every = list(edges)
    seen = sorted({path.partition("?")[0] for path in _paths(every, EvidenceKind.FLOW)})
    if seen:
        return tuple(map(re.escape, seen)) if len(seen) <= _MOST else ()
    led = sorted(set(_paths(every, EvidenceKind.ROUTE)))
    if not led or "/" in led:
        return ()
    return tuple(f"{re.escape(path.rstrip('/'))}(/.*)?" for path in led)


def _paths(edges: Iterable[Edge], kind: EvidenceKind) -> Iterator[str]:
    for edge in edges:
        for each in edge.evidence:
            if each.kind is kind:
                yield from (path for path in each.paths if path.startswith("/"))


def http_policy(
    unit: Unit, edges: Iterable[Edge], paths: Iterable[str], inventory: Inventory
) -> dict[str, Any]:
    """Return a policy that lets these callers ask for these paths, and adds nothing else."""
    needs = [need for edge in edges for need in asked(edge, Direction.INGRESS, inventory).needs]
    rules = cilium_rules(needs, Direction.INGRESS, unit.namespace)
    http = [{"path": path} for path in paths]
    for rule in rules:
        rule["toPorts"] = [{**each, "rules": {"http": http}} for each in rule.get("toPorts", ())]
    kind = kinds.CILIUM_POLICIES
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": f"http-{unit.name}"[:63].rstrip("-"), "namespace": unit.namespace},
        "spec": {"endpointSelector": unit.selector, "ingress": rules},
    }
