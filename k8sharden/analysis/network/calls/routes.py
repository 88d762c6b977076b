"""Routes: what Ingresses and the routes of the Gateway API lead to.

Sources: the Kubernetes API reference, networking.k8s.io/v1 Ingress; gateway-api.sigs.k8s.io,
HTTPRoute and GRPCRoute.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from k8sharden.analysis.network.calls.controllers import class_of, controllers_of
from k8sharden.analysis.network.calls.found import Found, edge
from k8sharden.analysis.network.calls.gateways import Gateways
from k8sharden.analysis.network.calls.hosts import Hosts
from k8sharden.analysis.network.calls.loose import dicts, number, sub, text, words
from k8sharden.analysis.network.calls.services import Target, services_of, workload_end
from k8sharden.analysis.network.edges import End, EndKind, Evidence, EvidenceKind, Untold
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ResourceType
from k8sharden.model.mentions import Mention, mentions
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

_MOST_PATHS = 50
_ASKING = ("auth-url", "mirror-target")
"""Annotations of ingress-nginx with a URL that the controller itself asks."""


class _Backend(NamedTuple):
    """A Service that a route leads to: ``port`` is a number, a name, or None where any."""

    namespace: str
    name: str
    port: int | str | None
    path: str
    host: str


def from_routes(inventory: Inventory) -> Iterator[Found]:
    """Yield what carries requests from outside to backends."""
    controllers = controllers_of(inventory)
    routes = _Routes(inventory)
    for ingress in inventory.of(kinds.INGRESSES, n.Ingress):
        ref = kinds.INGRESSES.ref(ingress.namespace, ingress.name)
        carriers = controllers.of_class(class_of(ingress))
        yield from routes.led(ref, carriers, _ingress_backends(ingress))
        yield from routes.asked(ref, carriers, ingress)
    gateways = Gateways(inventory, controllers)
    for kind in (kinds.HTTP_ROUTES, kinds.GRPC_ROUTES):
        for route in inventory.of(kind, n.Loose):
            ref = kind.ref(route.namespace, route.name)
            carriers, known = gateways.of_route(route)
            if known:
                yield from routes.led(ref, carriers, _route_backends(route, kind))


class _Routes:
    """Makes edges of backends."""

    def __init__(self, inventory: Inventory) -> None:
        self._services = services_of(inventory)
        self._hosts = Hosts(inventory)

    def led(
        self, ref: Ref, carriers: tuple[Workload, ...], backends: Iterable[_Backend]
    ) -> Iterator[Found]:
        sources = [workload_end(each.ref) for each in carriers] or [End(EndKind.OUTSIDE)]
        if not carriers:
            said = f"nothing shows which workload serves {ref.label}: anybody may be let in by it"
            yield Untold(ref, said, into=True)
        grouped: dict[Target, list[_Backend]] = {}
        for backend in backends:
            targets = self._targets(backend)
            for target in targets:
                grouped.setdefault(target, []).append(backend)
            if not targets:
                name = one_line(f"{backend.namespace}/{backend.name}", 200)
                yield Untold(
                    ref, f"{ref.label} leads to Service {name}, behind which nothing is", into=True
                )
        for target, ways in grouped.items():
            for source in sources:
                if source != target.end:
                    yield edge(source, target, _evidence(ref, ways, found=bool(carriers)))

    def asked(
        self, ref: Ref, carriers: tuple[Workload, ...], ingress: n.Ingress
    ) -> Iterator[Found]:
        """Yield whom the controller asks beside the backend: who may pass, who gets a copy."""
        for key, value in ingress.metadata.annotation.items():
            for mention in mentions(value) if key.rpartition("/")[2] in _ASKING else ():
                said = f"annotation {one_line(key, 100)} of {ref.label}"
                for target in self._hosts.lead(mention, ingress.namespace).targets:
                    for carrier in carriers:
                        evidence = Evidence(EvidenceKind.ROUTE, said, ref)
                        yield edge(workload_end(carrier.ref), target, evidence)

    def _targets(self, backend: _Backend) -> tuple[Target, ...]:
        service = self._services.by_name.get((backend.namespace, backend.name))
        if service is None:
            return ()
        if service.spec and service.spec.type == "ExternalName":
            port = backend.port if isinstance(backend.port, int) else 0
            return self._hosts.lead(Mention(service.name, port), service.namespace).targets
        return self._services.targets(service, backend.port)


def _evidence(ref: Ref, ways: list[_Backend], *, found: bool) -> Evidence:
    hosts = ", ".join(dict.fromkeys(one_line(way.host, 100) for way in ways if way.host))
    said = f"{ref.label} for {one_line(hosts, 200)}" if hosts else ref.label
    paths = tuple(dict.fromkeys(one_line(way.path, 200) for way in ways if way.path))
    missing = "" if found else ", whose controller was not found"
    return Evidence(EvidenceKind.ROUTE, said + missing, ref, paths[:_MOST_PATHS])


def _ingress_backends(ingress: n.Ingress) -> Iterator[_Backend]:
    default = _ingress_backend(ingress, ingress.spec.default_backend, "", "")
    if default:
        yield default
    for rule in dicts(ingress.spec.rules):
        for path in dicts(sub(rule, "http").get("paths")):
            where = text(path, "path") or "/"
            found = _ingress_backend(ingress, path.get("backend"), where, text(rule, "host"))
            if found:
                yield found


def _ingress_backend(ingress: n.Ingress, backend: Any, path: str, host: str) -> _Backend | None:
    service = sub(backend, "service")
    port = sub(service, "port")
    wanted = number(port, "number") or text(port, "name") or None
    name = text(service, "name")
    return _Backend(ingress.namespace, name, wanted, path, host) if name else None


def _route_backends(route: n.Loose, kind: ResourceType) -> Iterator[_Backend]:
    spec = route.spec or {}
    hosts = ", ".join(words(spec.get("hostnames")))
    for rule in dicts(spec.get("rules")):
        refs = [*dicts(rule.get("backendRefs")), *_mirrors(rule)]
        matches = dicts(rule.get("matches")) or [{}]
        paths = [_grpc(each) if kind is kinds.GRPC_ROUTES else _http(each) for each in matches]
        for each in refs:
            if text(each, "kind") in ("", "Service"):
                space = text(each, "namespace") or route.namespace
                for path in paths:
                    port = number(each, "port") or None
                    yield _Backend(space, text(each, "name"), port, path, hosts)


def _mirrors(rule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for each in dicts(rule.get("filters")):
        mirror = sub(sub(each, "requestMirror"), "backendRef")
        if mirror:
            yield mirror


def _http(match: Mapping[str, Any]) -> str:
    return text(sub(match, "path"), "value") or "/"


def _grpc(match: Mapping[str, Any]) -> str:
    method = sub(match, "method")
    return "/" + "/".join(filter(None, (text(method, "service"), text(method, "method"))))
