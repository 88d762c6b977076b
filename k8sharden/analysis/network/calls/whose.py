"""Whose an end of a flow is: a workload, the nodes, the API server, or somebody outside.

What cannot be told is said and never guessed: an address that had a pod yesterday may have another
one today, and one that nobody has now may be that of a pod that is gone.

Source: docs.cilium.io, Terminology, Special identities.
"""

from typing import NamedTuple

from k8sharden.analysis.network.calls.addresses import METADATA, addresses_of
from k8sharden.analysis.network.calls.hosts import Hosts
from k8sharden.analysis.network.calls.names import names_of
from k8sharden.analysis.network.calls.ranges import Ranges
from k8sharden.analysis.network.calls.services import API, Target, services_of, workload_end
from k8sharden.analysis.network.edges import End, EndKind
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.flows import Flow, FlowEnd
from k8sharden.model.inventory import Inventory
from k8sharden.model.mentions import Mention
from k8sharden.model.text import one_line

_NODES = ("host", "remote-node", "health")
_MESH = "cluster/"
_GONE = "which no pod or node has now"
_UNKNOWN_POD = "which is gone, and nothing tells what made it"


class Nobody(NamedTuple):
    """An end that cannot be told: how it was named, and why that does not help."""

    name: str
    why: str


class Whose:
    """Tells whose the ends of flows are."""

    def __init__(self, inventory: Inventory) -> None:
        self._names = names_of(inventory)
        self._services = services_of(inventory)
        self._hosts = Hosts(inventory)
        self._addresses = addresses_of(inventory)
        self._ranges = Ranges(inventory)
        self._api = _api_addresses(inventory)

    def source(self, flow: Flow) -> End | Nobody:
        """Return who called."""
        end = flow.source
        if end.workload.startswith("Service/"):
            return Nobody(_shown(end), "and a Service calls nobody")
        if not end.namespace and not end.address and end.host:
            found = self._host(end, flow)
            alone = len(found) == 1 if not isinstance(found, Nobody) else False
            return found[0].end if alone and not isinstance(found, Nobody) else _nobody(end)
        return self._who(end, flow)

    def targets(self, flow: Flow) -> tuple[Target, ...] | Nobody:
        """Return where the connection arrived, behind a Service if it went through one."""
        end = flow.target
        service = self._service(end)
        if service is not None:
            return self._behind(service, flow)
        if end.address in self._api and flow.port in self._api[end.address]:
            return (Target(End(EndKind.CONTROL_PLANE), flow.port, flow.protocol),)
        if not end.namespace and not end.address and end.host:
            return self._host(end, flow)
        found = self._who(end, flow)
        return found if isinstance(found, Nobody) else (Target(found, flow.port, flow.protocol),)

    def _service(self, end: FlowEnd) -> n.Service | None:
        kind, _, name = end.workload.partition("/")
        if kind == "Service":
            return self._services.by_name.get((end.namespace, name))
        return None if end.namespace else self._services.by_address.get(end.address)

    def _behind(self, service: n.Service, flow: Flow) -> tuple[Target, ...] | Nobody:
        found = self._services.targets(service, flow.port)
        kept = tuple(each for each in found if each.protocol == flow.protocol)
        if kept:
            return kept
        where = f"Service {service.namespace}/{service.name}"
        return Nobody(where, "behind whose port nothing is known to stand")

    def _host(self, end: FlowEnd, flow: Flow) -> tuple[Target, ...] | Nobody:
        """Follow a host name that stands alone: one of the cluster's own, or somebody's outside."""
        lead = self._hosts.lead(Mention(end.host, flow.port, "tcp"), flow.source.namespace)
        kept = [each for each in lead.targets if each.end.kind is EndKind.OUTSIDE]
        kept += [each for each in lead.targets if each.protocol == flow.protocol]
        found = tuple(dict.fromkeys(each._replace(protocol=flow.protocol) for each in kept))
        return found or Nobody(one_line(end.host, 100), "a name that leads nowhere here")

    def _who(self, end: FlowEnd, flow: Flow) -> End | Nobody:
        if end.identity.startswith(_MESH):
            return Nobody(_shown(end), f"a pod of the cluster {_cluster(end)}")
        if end.namespace:
            return self._named(end)
        if end.identity == "kube-apiserver":
            return End(EndKind.CONTROL_PLANE)
        if end.address:
            return self._at(end, flow)
        if end.identity in _NODES:
            return End(EndKind.NODES)
        return End(EndKind.OUTSIDE, host=end.host) if end.identity == "world" else _nobody(end)

    def _named(self, end: FlowEnd) -> End | Nobody:
        kind, _, name = end.workload.partition("/")
        if kind:
            ref = self._names.owner(kind, end.namespace, name)
            return workload_end(ref) if ref else Nobody(_shown(end), "which is not here now")
        ref = self._names.pod(end.namespace, end.pod)
        return workload_end(ref) if ref else Nobody(_shown(end), _UNKNOWN_POD)

    def _at(self, end: FlowEnd, flow: Flow) -> End | Nobody:
        """Tell whose an address is, that nothing else names."""
        if end.address in METADATA:
            return Nobody(end.address, "where a cloud hands out the node's credentials")
        found = self._addresses.end(end.address)
        if found is None:
            return _nobody(end)
        if end.identity in _NODES and found.kind is EndKind.OUTSIDE:
            return End(EndKind.NODES, address=found.address)
        return (
            self._outside(end, found)
            if found.kind is EndKind.OUTSIDE
            else self._now(end, found, flow.last)
        )

    def _now(self, end: FlowEnd, found: End, when: float) -> End | Nobody:
        """Return the workload that has an address, unless its pod is younger than the flow."""
        if found.ref and self._ranges.is_younger(end.address, when):
            return Nobody(_shown(end), "which another pod had then")
        return found

    def _outside(self, end: FlowEnd, found: End) -> End | Nobody:
        if self._ranges.inside(end.address, sure=end.identity == "world"):
            return Nobody(_shown(end), _GONE)
        return End(EndKind.OUTSIDE, host=end.host) if end.host else found


def _nobody(end: FlowEnd) -> Nobody:
    return Nobody(_shown(end), "which nothing here names")


def _cluster(end: FlowEnd) -> str:
    return one_line(end.identity.removeprefix(_MESH), 63)


def _shown(end: FlowEnd) -> str:
    if end.namespace:
        kind, _, name = end.workload.partition("/")
        where = f"{end.namespace}/{name or end.pod}"
        return one_line(f"{kind or 'Pod'} {where}", 200)
    return one_line(end.host or end.address or end.identity or "many addresses", 200)


def _api_addresses(inventory: Inventory) -> dict[str, set[int]]:
    """Return where the API server listens, by the EndpointSlice of its own Service."""
    found: dict[str, set[int]] = {}
    for each in inventory.of(kinds.ENDPOINT_SLICES, n.EndpointSlice):
        if (each.namespace, each.metadata.label.get("kubernetes.io/service-name")) == API:
            ports = {port.port for port in each.ports or () if port.port}
            for one in each.endpoints or ():
                for address in one.addresses or ():
                    found.setdefault(address, set()).update(ports)
    return found
