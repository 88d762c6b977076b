"""Exposed: what clients outside the cluster reach through a node, or a load balancer.

Source: kubernetes.io, Service (NodePort, LoadBalancer, externalIPs), Source IP
(externalTrafficPolicy), Container ports (hostPort).
"""

from collections.abc import Iterator

from k8sharden.analysis.network.calls.found import Found, edge
from k8sharden.analysis.network.calls.services import Target, services_of, workload_end
from k8sharden.analysis.network.edges import End, EndKind, Evidence, EvidenceKind
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import MIRROR, workloads

_TYPES = ("NodePort", "LoadBalancer")


def from_exposed(inventory: Inventory) -> Iterator[Found]:
    """Yield what is open to clients outside."""
    services = services_of(inventory)
    for service in services.by_name.values():
        said = _said(service)
        if said:
            ref = kinds.SERVICES.ref(service.namespace, service.name)
            evidence = Evidence(EvidenceKind.EXPOSED, said, ref)
            for target in services.targets(service):
                for source in _clients(service):
                    yield edge(source, target, evidence)
    yield from _host_ports(inventory)


def _said(service: n.Service) -> str:
    spec = service.spec or n.ServiceSpec()
    name = one_line(f"{service.namespace}/{service.name}", 200)
    if spec.type in _TYPES:
        return f"Service {name} is of type {spec.type}"
    return f"Service {name} has externalIPs" if spec.external_ips else ""


def _clients(service: n.Service) -> Iterator[End]:
    """Yield who may call: by address only where the node that takes it in does not hide it."""
    spec = service.spec or n.ServiceSpec()
    ranges = spec.load_balancer_source_ranges or ()
    if spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local" and ranges:
        for block in dict.fromkeys(each.strip() for each in ranges):
            yield End(EndKind.OUTSIDE, address=one_line(block, 60))
    else:
        yield End(EndKind.OUTSIDE)


def _host_ports(inventory: Inventory) -> Iterator[Found]:
    for workload in workloads(inventory):
        if MIRROR in workload.metadata.annotation:
            continue
        for seen in visit_containers(workload.spec):
            for port in seen.container.ports or ():
                if port.host_port:
                    container = one_line(seen.container.name, 80)
                    said = f"hostPort {port.host_port} of container {container}"
                    end = workload_end(workload.ref)
                    target = Target(end, port.container_port, port.protocol or "TCP")
                    yield edge(End(EndKind.OUTSIDE), target, Evidence(EvidenceKind.EXPOSED, said))
