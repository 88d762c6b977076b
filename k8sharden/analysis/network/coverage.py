"""What of pods, namespaces and policies was not read, so that the matrix may lack it."""

from collections.abc import Iterator

from k8sharden.analysis.network.doubts import POLICY_KINDS
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory


def unread(inventory: Inventory) -> tuple[str, ...]:
    """Say, in a sentence each, what could not be read, and what would help."""
    return tuple(_unread(inventory))


def _unread(inventory: Inventory) -> Iterator[str]:
    for kind in (kinds.NAMESPACES, *POLICY_KINDS, *kinds.WORKLOADS):
        entry = inventory.entry(kind)
        if not entry.complete:
            needed = entry.permission or f"list {kind.key}"
            yield f"{kind.key} could not all be read: it takes the permission to {needed}."
    known = {kind.kind for kind in (*POLICY_KINDS, *kinds.WORKLOADS)}
    for odd in inventory.odd:
        if odd.ref.kind in known:
            yield f"{odd.ref.label} could not be understood: {odd.reason}."
