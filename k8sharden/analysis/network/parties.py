"""Parties: the two ends of a connection, as network policies see them."""

from collections.abc import Mapping

import msgspec

from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import PodSpec, Port, visit_containers
from k8sharden.model.workloads import Workload, pods_of


class Party(msgspec.Struct, frozen=True):
    """A pod, or pods that are alike, or an address outside the pods' network.

    ``namespace`` is empty for what is no pod; then ``addresses`` says where it is, and is empty
    where that is not known: anybody anywhere. ``ports`` are those that containers name.
    """

    namespace: str = ""
    labels: Mapping[str, str] = {}
    addresses: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    host_network: bool = False
    node: str = ""

    @property
    def is_pod(self) -> bool:
        """Whether labels can choose it."""
        return bool(self.namespace)


def pod_party(pod: o.Pod) -> Party:
    """Return a pod as a party."""
    status = pod.status or o.PodStatus()
    known = [each.ip for each in status.pod_ips or ()] or [status.pod_ip or ""]
    return _party(pod.namespace, pod.metadata.label, pod.spec, tuple(filter(None, known)))


def workload_parties(workload: Workload, inventory: Inventory) -> tuple[Party, ...]:
    """Return a workload's running pods, or where none was seen one made from its template."""
    pods = pods_of(inventory).get(workload.ref, ())
    return tuple(map(pod_party, pods)) or (template_party(workload),)


def template_party(workload: Workload) -> Party:
    """Return the pods that a workload makes from its template, which have no address yet."""
    labels = workload.template_metadata.label
    return _party(workload.namespace, labels, workload.spec, ())


def outside(*addresses: str) -> Party:
    """Return what is at these addresses, or anybody anywhere."""
    return Party(addresses=addresses)


def _party(
    namespace: str, labels: Mapping[str, str], spec: PodSpec, addresses: tuple[str, ...]
) -> Party:
    ports = (p for seen in visit_containers(spec) for p in seen.container.ports or () if p.name)
    return Party(
        namespace, labels, addresses, tuple(ports), bool(spec.host_network), spec.node_name or ""
    )
