"""What nothing tells: Services whose callers are not known, and what could not be read."""

from collections.abc import Iterable, Iterator

from k8sharden.analysis.network.calls.services import services_of
from k8sharden.analysis.network.edges import Edge, End, EndKind, EvidenceKind, Untold
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

NEEDS = (
    kinds.SERVICES, kinds.PODS, kinds.DEPLOYMENTS, kinds.STATEFUL_SETS, kinds.DAEMON_SETS,
    kinds.CONFIG_MAPS, kinds.ENDPOINT_SLICES, kinds.INGRESSES, kinds.INGRESS_CLASSES,
    kinds.HTTP_ROUTES, kinds.GRPC_ROUTES, kinds.GATEWAYS, kinds.PROMETHEUSES,
    kinds.SERVICE_MONITORS, kinds.POD_MONITORS, kinds.API_SERVICES, kinds.VALIDATING_WEBHOOKS,
    kinds.MUTATING_WEBHOOKS,
)  # fmt: skip
"""The types that calls are found in."""

NEVER_READ = (
    "Not read: values of Secrets, conversion webhooks of CustomResourceDefinitions, routes of "
    "service meshes, and what programs know by themselves."
)


def callerless(edges: Iterable[Edge], inventory: Inventory) -> Iterator[Untold]:
    """Yield the Services of which nothing tells who calls them; to be measured is no call."""
    known = {
        (edge.target, edge.port, edge.protocol)
        for edge in edges
        if edge.source != edge.target
        and any(each.kind is not EvidenceKind.MONITOR for each in edge.evidence)
    }
    services = services_of(inventory)
    for service in services.by_name.values():
        found = [each for each in services.targets(service) if each.end.kind is EndKind.WORKLOAD]
        told = any((*each,) in known or (each.end, 0, each.protocol) in known for each in found)
        if found and not told:
            ref = kinds.SERVICES.ref(service.namespace, service.name)
            ends = dict.fromkeys(each.end for each in found)
            yield Untold(ref, f"nothing tells who calls {ref.label}", _only(ends), into=True)


def _only(ends: Iterable[End]) -> Ref | None:
    refs = [end.ref for end in ends]
    return refs[0] if len(refs) == 1 else None


def peers(edges: Iterable[Edge], inventory: Inventory) -> Iterator[Untold]:
    """Yield the StatefulSets of several pods that may call each other, which nothing tells."""
    known = {edge.source.ref for edge in edges if edge.source == edge.target}
    for workload in workloads(inventory):
        several = workload.ref.kind == kinds.STATEFUL_SETS.kind and (workload.replicas or 1) > 1
        if several and workload.ref not in known:
            said = "nothing tells whether its pods call each other, as replicas do"
            yield Untold(workload.ref, said, workload.ref, among=True)


def strangers(inventory: Inventory) -> Iterator[Untold]:
    """Yield the workloads of custom resources, which may name more than their pods show."""
    for workload in workloads(inventory):
        owner = workload.metadata.controller
        if owner is not None and _is_foreign(workload):
            what = one_line(f"{owner.kind} {owner.name}", 200)
            said = f"it belongs to {what}, a resource that is not read and may name more"
            yield Untold(workload.ref, said, workload.ref)


def _is_foreign(workload: Workload) -> bool:
    owner = workload.metadata.controller
    group, _, _ = (owner.api_version if owner else "").rpartition("/")
    return "." in group and not group.endswith("k8s.io")


def unread(inventory: Inventory, namespace: str = "") -> tuple[str, ...]:
    """Return, in a sentence each, the types that calls are found in and that were not all read."""
    found = []
    for kind in NEEDS:
        entry = inventory.entry(kind)
        if not (entry.covers(namespace) if namespace and kind.namespaced else entry.complete):
            need = f": {one_line(entry.permission, 200)}" if entry.permission else ""
            found.append(f"not all {kind.key} were read{need}")
    return tuple(found)
