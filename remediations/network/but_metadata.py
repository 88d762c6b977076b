"""What keeps the cloud's metadata out of reach, and leaves everything else as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from k8sharden.analysis.network.allows import created, free_name
from k8sharden.analysis.network.own import BUT_METADATA, METADATA, let_out
from k8sharden.analysis.network.policies import Direction, policies_of
from k8sharden.analysis.network.units import Unit, units
from k8sharden.model import kinds
from k8sharden.model.change import Create, NoChange
from k8sharden.model.inventory import Inventory
from k8sharden.model.workloads import Workload
from remediations.network.keeping import enumerated


def denied(namespace: str, inventory: Inventory) -> tuple[Create, ...]:
    """Return what denies, and nothing else: it isolates nobody, and no other policy undoes it."""
    spec = {
        "endpointSelector": {},
        "enableDefaultDeny": {"egress": False, "ingress": False},
        "egressDeny": [{"toCIDR": list(METADATA)}],
    }
    name = free_name(BUT_METADATA, namespace, inventory)
    return (created(kinds.CILIUM_POLICIES, namespace, name, spec),)


def all_but(
    namespace: str, found: Sequence[Workload], inventory: Inventory
) -> tuple[Create, ...] | NoChange:
    """Return what lets all but metadata out of those whose egress nobody limits."""
    every = units(namespace, inventory)
    limited = [unit for unit in every if _is_limited(unit, inventory)]
    open_anyway = [unit for unit in limited if any(each in unit.workloads for each in found)]
    if open_anyway:
        return NoChange(
            f"A policy lets {enumerated(unit.label for unit in open_anyway)} through to it, and "
            f"policies add up: write {METADATA[0]} into the except of that rule's block, or name "
            "what it is for."
        )
    if not limited:
        return (_let_out(namespace, {}, BUT_METADATA, inventory),)
    return tuple(
        _let_out(namespace, unit.selector, f"{BUT_METADATA}-{unit.name}", inventory)
        for unit in every
        if unit not in limited
    )


def _is_limited(unit: Unit, inventory: Inventory) -> bool:
    policies = policies_of(inventory)
    return any(policies.selecting(party, Direction.EGRESS) for party in unit.parties)


def _let_out(
    namespace: str, selector: Mapping[str, Any], name: str, inventory: Inventory
) -> Create:
    free = free_name(name, namespace, inventory)
    return created(kinds.NETWORK_POLICIES, namespace, free, let_out(selector))
