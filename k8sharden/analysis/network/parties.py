"""Parties: the two ends of a connection, as network policies see them."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import PodSpec, Port, visit_containers
from k8sharden.model.workloads import Workload, pods_of


class Entity(StrEnum):
    """What something is that is no pod of the pods' network."""

    WORLD = "world"
    NODE = "node"
    """A node, and each pod on its network."""
    KUBE_APISERVER = "kube-apiserver"
    """Alone where it is not known whether it runs on a node of the cluster or outside."""


class Party(msgspec.Struct, frozen=True):
    """A pod, or pods that are alike, or an address outside the pods' network.

    ``namespace`` is empty for what is no pod; then ``addresses`` says where it is, by addresses or
    CIDRs, and is empty where that is not known: anybody anywhere. ``ports`` are those that
    containers name. ``name`` is empty for what stands for several pods. ``entities`` is what was
    said of what is no pod; see `entities_of`. ``nowhere`` are blocks in which it certainly is not,
    where its address is not known.
    """

    namespace: str = ""
    labels: Mapping[str, str] = {}
    addresses: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    host_network: bool = False
    node: str = ""
    name: str = ""
    entities: tuple[Entity, ...] = ()
    nowhere: tuple[str, ...] = ()

    @property
    def is_pod(self) -> bool:
        """Whether labels can choose it."""
        return bool(self.namespace)

    @property
    def on_pod_network(self) -> bool:
        """Whether it has an address of its own that is a pod's."""
        return self.is_pod and not self.host_network

    def is_same(self, other: "Party") -> bool:
        """Whether both are one and the same pod."""
        return bool(self.name) and (self.namespace, self.name) == (other.namespace, other.name)


def entities_of(party: Party) -> tuple[Entity, ...]:
    """Return what a party is beside a pod with an address of its own; nothing where it is that."""
    if party.on_pod_network or party.entities:
        return party.entities
    return (Entity.NODE,) if party.host_network else (Entity.WORLD,)


def pod_party(pod: o.Pod) -> Party:
    """Return what stands for a pod and all that are like it."""
    status = pod.status or o.PodStatus()
    known = [each.ip for each in status.pod_ips or ()] or [status.pod_ip or ""]
    return _party(pod.namespace, pod.metadata.label, pod.spec, tuple(filter(None, known)))


def one_pod(pod: o.Pod) -> Party:
    """Return a pod as itself, which nothing keeps from connecting to itself."""
    return msgspec.structs.replace(pod_party(pod), name=pod.name)


def workload_parties(workload: Workload, inventory: Inventory) -> tuple[Party, ...]:
    """Return a workload's running pods, or where none was seen one made from its template."""
    pods = pods_of(inventory).get(workload.ref, ())
    return tuple(map(one_pod, pods)) or (template_party(workload),)


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
    return Party(
        namespace,
        labels,
        addresses,
        tuple(_ports(spec)),
        bool(spec.host_network),
        spec.node_name or "",
    )


def _ports(spec: PodSpec) -> Iterator[Port]:
    """Yield the ports that can be named; what has ended when the pod starts has none."""
    for seen in visit_containers(spec):
        if seen.list_name != "initContainers" or seen.container.restart_policy == "Always":
            yield from (port for port in seen.container.ports or () if port.name)
