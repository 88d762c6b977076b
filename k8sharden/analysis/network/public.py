"""What is meant for everybody: front doors, and ports that are called from outside the pods.

A policy cannot name such callers by labels: they come from anywhere through a port of a node or a
load balancer, or are the API server itself, which calls webhooks and aggregated APIs.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from k8sharden.analysis.network.calls.controllers import (
    GATEWAY_LABELS,
    controllers_of,
    families_of,
)
from k8sharden.analysis.network.calls.services import services_of
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.admission import WebhookConfiguration
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads

WEBHOOKS = (kinds.VALIDATING_WEBHOOKS, kinds.MUTATING_WEBHOOKS)
PublicPort = tuple[int, str]


def front_doors(inventory: Inventory) -> frozenset[Ref]:
    """Return the workloads that carry the traffic of Ingresses or Gateways: made to be public."""
    if "front-doors" not in inventory.cache:
        classes = [each.name for each in inventory.of(kinds.INGRESS_CLASSES, n.IngressClass)]
        gateways = inventory.of(kinds.GATEWAYS, n.Loose)
        classes += [str((each.spec or {}).get("gatewayClassName")) for each in gateways]
        serving = [each for name in classes for each in controllers_of(inventory).of_class(name)]
        known = [each for each in workloads(inventory) if _is_controller(each)]
        inventory.cache["front-doors"] = frozenset(each.ref for each in (*serving, *known))
    return cast("frozenset[Ref]", inventory.cache["front-doors"])


def _is_controller(workload: Workload) -> bool:
    of_gateway = any(key in workload.template_metadata.label for key in GATEWAY_LABELS)
    return of_gateway or any(True for _ in families_of(workload))


def public_ports(inventory: Inventory) -> Mapping[Ref, frozenset[PublicPort]]:
    """Return, by workload, its own ports that are called by what no label describes."""
    if "public-ports" not in inventory.cache:
        found: dict[Ref, set[PublicPort]] = {}
        services = services_of(inventory)
        for service in _called_from_outside(inventory):
            for target in services.targets(service):
                if target.end.ref:
                    found.setdefault(target.end.ref, set()).add((target.port, target.protocol))
        for workload in workloads(inventory):
            found.setdefault(workload.ref, set()).update(_on_the_node(workload))
        inventory.cache["public-ports"] = {ref: frozenset(ports) for ref, ports in found.items()}
    return cast("Mapping[Ref, frozenset[PublicPort]]", inventory.cache["public-ports"])


def _called_from_outside(inventory: Inventory) -> Iterator[n.Service]:
    by_name = services_of(inventory).by_name
    for service in by_name.values():
        spec = service.spec or n.ServiceSpec()
        if spec.type in ("NodePort", "LoadBalancer") or spec.external_ips:
            yield service
    for name in {*_webhooks(inventory), *_aggregated(inventory)}:
        if name in by_name:
            yield by_name[name]


def _webhooks(inventory: Inventory) -> Iterator[tuple[str, str]]:
    for kind in WEBHOOKS:
        for configuration in inventory.of(kind, WebhookConfiguration):
            for webhook in configuration.webhooks or ():
                if service := webhook.client_config.service:
                    yield service.namespace, service.name


def _aggregated(inventory: Inventory) -> Iterator[tuple[str, str]]:
    for each in inventory.of(kinds.API_SERVICES, n.APIService):
        if each.spec and each.spec.service:
            service = each.spec.service
            yield str(service.get("namespace")), str(service.get("name"))


def _on_the_node(workload: Workload) -> Iterator[PublicPort]:
    """Yield the ports that are bound on the node, where anybody may come from."""
    for seen in visit_containers(workload.spec):
        for port in seen.container.ports or ():
            if port.host_port:
                yield port.container_port, port.protocol or "TCP"
