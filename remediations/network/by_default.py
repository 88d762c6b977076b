"""What the two checks for a default deny share, one for each direction.

One defect is one finding: a namespace that is open in both directions is open in two ways, each
with a fix of its own, since egress is the harder one and may come later.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.closing import closing
from k8sharden.analysis.network.defaults import Default, default_of
from k8sharden.analysis.network.doubts import POLICY_KINDS
from k8sharden.analysis.network.isolation import in_namespace, listeners, pod_count
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, NoChange
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.workloads import Workload

NEEDS = (*kinds.WORKLOADS, *POLICY_KINDS)
"""What has to be read before one can say that nothing denies: any kind of policy may."""


def standing(inventory: Inventory) -> Iterator[tuple[str, tuple[Workload, ...]]]:
    """Yield the namespaces that are judged, with the workloads that a policy can protect."""
    ending = {space.name for space in inventory.namespaces if space.metadata.deletion_timestamp}
    for namespace, found in listeners(inventory).items():
        if not is_system_namespace(namespace) and namespace not in ending:
            yield namespace, found


def findings(item: Item, way: Direction, inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each namespace that is open in a direction, or may be."""
    for namespace, found in standing(inventory):
        known = default_of(namespace, way, inventory)
        if not known.closed:
            yield _finding(item, way, namespace, found, known, inventory)


def _finding(
    item: Item,
    way: Direction,
    namespace: str,
    found: tuple[Workload, ...],
    known: Default,
    inventory: Inventory,
) -> Finding:
    return Finding(
        item.id,
        item.area,
        item.severity,
        Status.FAIL if known.closed is False else Status.UNKNOWN,
        kinds.NAMESPACES.ref("", namespace),
        _message(way, namespace, found, known, inventory),
        evidence={
            "pods": pod_count(found, inventory),
            "workloads": [workload.ref.label for workload in found],
            "policies": [policy.name for policy in _policies(namespace, inventory)],
        },
    )


def _message(
    way: Direction,
    namespace: str,
    found: tuple[Workload, ...],
    known: Default,
    inventory: Inventory,
) -> str:
    if known.closed is None:
        return f"Whether {way} is denied by default in {namespace} is not known: {known.said}."
    pods = pod_count(found, inventory)
    count = _count(pods, "pod") if pods else _count(len(found), "workload")
    return (
        f"No policy denies {way} by default in {namespace} ({count}): a pod that no other policy "
        f"selects can {_CAN[way]}."
    )


_CAN = {
    Direction.INGRESS: "be reached from every pod of the cluster",
    Direction.EGRESS: "call every pod of the cluster and every host outside",
}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _policies(namespace: str, inventory: Inventory) -> tuple[n.NetworkPolicy, ...]:
    return in_namespace(kinds.NETWORK_POLICIES, n.NetworkPolicy, namespace, inventory)


def change(namespace: str, way: Direction, inventory: Inventory) -> Change | NoChange:
    """Return what closes a namespace in a direction, and keeps what is expected."""
    here = listeners(inventory).get(namespace, ())
    known = default_of(namespace, way, inventory)
    if known.closed is None:
        return NoChange(f"It may be closed: {known.said}.")
    if not here or known.closed:
        return NoChange("Nothing is open here by now: scan again.")
    return closing(namespace, way, inventory)
