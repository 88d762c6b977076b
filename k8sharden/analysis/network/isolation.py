"""Isolation: whom a policy could protect, namespace by namespace."""

from collections.abc import Iterable, Mapping
from typing import TypeVar, cast

from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ResourceType
from k8sharden.model.workloads import Workload, pods_of, workloads

T = TypeVar("T", bound=o.Object)

_PASSING = ("Job", "CronJob")


def in_namespace(
    kind: ResourceType, struct: type[T], namespace: str, inventory: Inventory
) -> tuple[T, ...]:
    """Return the objects of a type in one namespace, found without looking at all others."""
    key = f"by-namespace/{kind.key}"
    if key not in inventory.cache:
        found: dict[str, list[T]] = {}
        for item in inventory.of(kind, struct):
            found.setdefault(item.namespace, []).append(item)
        inventory.cache[key] = {name: tuple(items) for name, items in found.items()}
    return cast("Mapping[str, tuple[T, ...]]", inventory.cache[key]).get(namespace, ())


def listeners(inventory: Inventory) -> Mapping[str, tuple[Workload, ...]]:
    """Return, by namespace, the workloads whose standing pods a policy can protect.

    Left out: what is scaled to zero, what runs to its end, and what uses the node's own network,
    where policies do not reach.
    """
    if "listeners" not in inventory.cache:
        inventory.cache["listeners"] = _listeners(inventory)
    return cast("Mapping[str, tuple[Workload, ...]]", inventory.cache["listeners"])


def _listeners(inventory: Inventory) -> Mapping[str, tuple[Workload, ...]]:
    found: dict[str, list[Workload]] = {}
    for workload in workloads(inventory):
        owner = workload.metadata.controller
        kind = owner.kind if owner else workload.ref.kind
        if kind not in _PASSING and workload.replicas != 0 and not workload.spec.host_network:
            found.setdefault(workload.namespace, []).append(workload)
    return {namespace: tuple(found[namespace]) for namespace in sorted(found)}


def pod_count(under: Iterable[Workload], inventory: Inventory) -> int:
    """Return how many pods of these workloads were seen."""
    return sum(len(pods_of(inventory).get(workload.ref, ())) for workload in under)
