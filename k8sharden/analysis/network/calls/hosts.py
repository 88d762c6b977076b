"""Host names: where a mention of a host leads, seen from a namespace.

Source: kubernetes.io, DNS for Services and Pods (names and the search path).
"""

from collections.abc import Iterator
from typing import NamedTuple

from k8sharden.analysis.network.calls.addresses import METADATA, addresses_of, is_address
from k8sharden.analysis.network.calls.gateways import doors_of
from k8sharden.analysis.network.calls.services import Services, Target, services_of
from k8sharden.analysis.network.calls.setting import OWN_NODE
from k8sharden.analysis.network.calls.shapes import WORLD, is_outside, port_of, protocols_of
from k8sharden.analysis.network.edges import End, EndKind
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.mentions import Mention
from k8sharden.model.text import one_line


class Lead(NamedTuple):
    """Where a mention leads.

    ``service`` names the Service it goes through, and ``missing`` a name of the cluster's own
    domain that nothing answers to. Both are empty where it leads outside, or nowhere.
    """

    targets: tuple[Target, ...] = ()
    service: str = ""
    missing: str = ""
    metadata: bool = False


NOWHERE = Lead()
_LAST = 5


class Hosts:
    """Resolves mentions of hosts."""

    def __init__(self, inventory: Inventory) -> None:
        self._services: Services = services_of(inventory)
        self._addresses = addresses_of(inventory)
        self._doors = doors_of(inventory)
        self._spaces = frozenset(inventory.namespace_names)

    def lead(self, mention: Mention, namespace: str, *, hinted: bool = False) -> Lead:
        """Return where a mention leads for a pod of a namespace.

        ``hinted`` where the name of the setting says that its value is a host.
        """
        host = mention.host.lower()
        if mention.host == OWN_NODE:
            return Lead(_at_end(End(EndKind.NODES), mention))
        if is_address(host):
            return self._at(host, mention)
        found = self._service(host, namespace)
        if found is not None:
            return self._through(*found, mention, hops=0)
        if self._is_own(host):
            return Lead(missing=host)
        return self._outside(host, mention, hinted=hinted)

    def _at(self, host: str, mention: Mention) -> Lead:
        service = self._services.by_address.get(host)
        if service is not None:
            return self._through(service, "", mention, hops=0)
        end = self._addresses.end(host) if mention.sure else None
        return Lead(_at_end(end, mention) if end else (), metadata=host in METADATA)

    def _service(self, host: str, namespace: str) -> tuple[n.Service, str] | None:
        for space, name, pod in _candidates(host.split("."), namespace):
            service = self._services.by_name.get((space, name))
            if service is not None and (not pod or is_headless(service)):
                return service, pod
        return None

    def _through(self, service: n.Service, pod: str, mention: Mention, hops: int) -> Lead:
        label = one_line(f"{service.namespace}/{service.name}", 200)
        spec = service.spec or n.ServiceSpec()
        if spec.type == "ExternalName":
            return self._external(service, mention, label, hops)
        wanted = port_of(mention)
        targets = self._services.targets(service, wanted, pod) if wanted else ()
        if not targets and is_headless(service) and (mention.port or not spec.ports):
            targets = self._services.straight(service, wanted, pod)
        if not targets and not mention.port:
            targets = self._services.targets(service, None, pod)
        return Lead(targets, label)

    def _external(self, service: n.Service, mention: Mention, label: str, hops: int) -> Lead:
        """Follow an ExternalName, which may name another Service, or itself."""
        name = ((service.spec.external_name if service.spec else None) or "").lower().rstrip(".")
        found = self._service(name, service.namespace) if "." in name else None
        if found is not None and hops < _LAST:
            return self._through(*found, mention, hops + 1)
        end = End(EndKind.OUTSIDE, host=one_line(name, 253))
        ports = [each.port for each in (service.spec.ports if service.spec else None) or ()]
        wanted = [port_of(mention)] if port_of(mention) else ports or [0]
        kept = name and found is None
        return Lead(tuple(Target(end, port) for port in wanted) if kept else (), label)

    def _is_own(self, host: str) -> bool:
        """Whether a name is one of the cluster's own domain, or in a namespace that there is."""
        parts = host.split(".")
        if any(parts[at : at + 1] == ["svc"] for at in (2, 3)):
            return True
        # A namespace may be called as the world calls its domains: shop, app, dev.
        last = parts[-1] if len(parts) > 1 else ""
        there = (last, parts[-2:][0]) in self._services.by_name
        return last in self._spaces and (there or last not in WORLD)

    def _outside(self, host: str, mention: Mention, *, hinted: bool) -> Lead:
        if not is_outside(host, mention, hinted=hinted):
            return NOWHERE
        inside = self._doors.targets(host, port_of(mention))
        return Lead((*_at_end(End(EndKind.OUTSIDE, host=host), mention), *inside))


def is_headless(service: n.Service) -> bool:
    """Whether a Service's name leads straight to its pods."""
    return service.spec is not None and service.spec.cluster_ip == "None"


def _at_end(end: End, mention: Mention) -> tuple[Target, ...]:
    return tuple(Target(end, port_of(mention), each) for each in protocols_of(mention))


def _candidates(parts: list[str], namespace: str) -> Iterator[tuple[str, str, str]]:
    """Yield namespace, Service and pod as the search path tries them."""
    match parts:
        case [name]:
            yield namespace, name, ""
        case [first, second]:
            yield namespace, second, first
            yield second, first, ""
        case [first, second, third] if third != "svc":
            yield third, second, first
        case [name, space, "svc", *_]:
            yield space, name, ""
        case [pod, name, space, "svc", *_]:
            yield space, name, pod
        case _:
            return
