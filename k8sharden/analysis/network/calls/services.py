"""Services: which workloads stand behind them, and on which of their ports traffic arrives.

Source: kubernetes.io, Service (selectors, headless Services, targetPort, ExternalName).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from k8sharden.analysis.network.calls.addresses import addresses_of, service_addresses
from k8sharden.analysis.network.edges import End, EndKind
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import PodSpec, visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, pods_of, workloads

API = ("default", "kubernetes")
"""The Service of the API server, which every cluster has."""

_Pair = tuple[str, str, str]
_MOST_ADDRESSES = 50


class Target(NamedTuple):
    """Where a connection arrives: ``port`` is the target's own, 0 where any."""

    end: End
    port: int
    protocol: str = "TCP"


def workload_end(ref: Ref) -> End:
    """Return a workload as an end."""
    return End(EndKind.WORKLOAD, ref)


class Services:
    """The Services of a cluster by name, and what stands behind each."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        found = inventory.of(kinds.SERVICES, n.Service)
        self.by_name = {(each.namespace, each.name): each for each in found}
        self.by_address = {address: each for each in found for address in service_addresses(each)}
        self._labels: dict[_Pair, dict[Ref, Workload]] = {}
        for workload in workloads(inventory):
            for key, value in _pairs(workload, inventory):
                known = self._labels.setdefault((workload.namespace, key, value), {})
                known[workload.ref] = workload
        self._slices: dict[tuple[str, str], list[n.EndpointSlice]] = {}
        for each in inventory.of(kinds.ENDPOINT_SLICES, n.EndpointSlice):
            name = each.metadata.label.get("kubernetes.io/service-name", "")
            self._slices.setdefault((each.namespace, name), []).append(each)
        self._backing: dict[tuple[str, str], tuple[Workload, ...]] = {}

    def backing(self, service: n.Service) -> tuple[Workload, ...]:
        """Return the workloads whose pods a Service selects."""
        name = (service.namespace, service.name)
        if name not in self._backing:
            selector = (service.spec.selector if service.spec else None) or {}
            self._backing[name] = self.selected(service.namespace, selector)
        return self._backing[name]

    def selected(self, namespace: str, labels: Mapping[str, str]) -> tuple[Workload, ...]:
        """Return the workloads of a namespace with pods that carry all of some labels, not none."""
        none: dict[Ref, Workload] = {}
        found = [self._labels.get((namespace, *pair), none) for pair in labels.items()]
        if not found:
            return ()
        fewest = min(found, key=len)
        return tuple(each for ref, each in fewest.items() if all(ref in other for other in found))

    def targets(
        self, service: n.Service, port: int | str | None = None, pod: str = ""
    ) -> tuple[Target, ...]:
        """Return where a Service sends what comes to a port of it, or to any, each once.

        ``port`` is a number of the Service, or a name. ``pod`` is one of a StatefulSet behind it.
        """
        ports = [each for each in _ports(service) if port in (None, each.port, each.name)]
        if (service.namespace, service.name) == API:
            return self.api(ports)
        found = (target for each in ports for target in self._of(service, each, pod))
        return tuple(dict.fromkeys(found))

    def api(self, ports: list[n.ServicePort]) -> tuple[Target, ...]:
        """Return the API server on the ports at which it really listens."""
        slices = self._slices.get(API, ())
        real = {each.port for one in slices for each in one.ports or () if each.port}
        wanted = real or {
            each.target_port if isinstance(each.target_port, int) else each.port for each in ports
        }
        return tuple(Target(End(EndKind.CONTROL_PLANE), port) for port in sorted(wanted))

    def straight(self, service: n.Service, port: int, pod: str = "") -> tuple[Target, ...]:
        """Return a port of the pods themselves, which a headless Service leads to by name.

        Peers may speak by UDP on the same port: where the containers declare that, it counts.
        """
        return tuple(
            Target(workload_end(each.ref), port, protocol)
            for each in self._named(service, pod)
            for protocol in _protocols(each, port)
        )

    def _of(self, service: n.Service, port: n.ServicePort, pod: str) -> Iterator[Target]:
        protocol = port.protocol or "TCP"
        wanted = port.port if port.target_port is None else port.target_port
        for workload in self._named(service, pod):
            for number in ports_of(workload, wanted, protocol, self._inventory):
                yield Target(workload_end(workload.ref), number, protocol)
        if not (service.spec and service.spec.selector):
            yield from self._from_slices(service, port)

    def _named(self, service: n.Service, pod: str) -> tuple[Workload, ...]:
        """Return what is behind a Service, or of it the owner of one pod."""
        found = self.backing(service)
        owner = pod.rpartition("-")[0]
        return tuple(each for each in found if owner == each.ref.name) or found

    def _from_slices(self, service: n.Service, port: n.ServicePort) -> Iterator[Target]:
        where = addresses_of(self._inventory)
        for each in self._slices.get((service.namespace, service.name), ()):
            numbers = [
                known for known in each.ports or () if (known.name or "") == (port.name or "")
            ]
            found = [ip for one in each.endpoints or () for ip in one.addresses or ()]
            for address in found[:_MOST_ADDRESSES]:
                for known in numbers:
                    end = where.end(address)
                    if end is not None:
                        yield Target(end, known.port or 0, known.protocol or "TCP")


def ports_of(
    workload: Workload, wanted: int | str, protocol: str, inventory: Inventory
) -> tuple[int, ...]:
    """Return the numbers of a port of a workload's pods; a name may mean another in each pod."""
    if isinstance(wanted, int):
        return (wanted,)
    specs = [workload.spec, *(pod.spec for pod in pods_of(inventory).get(workload.ref, ()))]
    return tuple(sorted({number for spec in specs for number in _named(spec, wanted, protocol)}))


def _protocols(workload: Workload, number: int) -> list[str]:
    """Return the protocols that containers declare for a port, TCP where they say nothing."""
    ports = (
        port for seen in visit_containers(workload.spec) for port in seen.container.ports or ()
    )
    found = {each.protocol or "TCP" for each in ports if each.container_port == number}
    return sorted(found) or ["TCP"]


def _named(spec: PodSpec, name: str, protocol: str) -> Iterator[int]:
    for seen in visit_containers(spec):
        for port in seen.container.ports or ():
            if port.name == name and (port.protocol or "TCP") == protocol:
                yield port.container_port


def _pairs(workload: Workload, inventory: Inventory) -> set[tuple[str, str]]:
    """Return the labels of a template and of its pods, to which an operator may have added."""
    found = set(workload.template_metadata.label.items())
    for pod in pods_of(inventory).get(workload.ref, ()):
        found.update(pod.metadata.label.items())
    return found


def _ports(service: n.Service) -> list[n.ServicePort]:
    return (service.spec.ports if service.spec else None) or []


def services_of(inventory: Inventory) -> Services:
    """Return the Services of an inventory, indexed once."""
    if "calls-services" not in inventory.cache:
        inventory.cache["calls-services"] = Services(inventory)
    return cast("Services", inventory.cache["calls-services"])
