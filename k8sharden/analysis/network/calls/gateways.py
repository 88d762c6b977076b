"""Gateways: the workloads behind them, and behind the names that they are reached by.

Source: gateway-api.sigs.k8s.io, Gateway and HTTPRoute.
"""

from collections.abc import Iterator
from typing import cast

from k8sharden.analysis.network.calls.controllers import (
    GATEWAY_LABELS,
    Controllers,
    class_of,
    controllers_of,
)
from k8sharden.analysis.network.calls.loose import dicts, text, words
from k8sharden.analysis.network.calls.services import Target, services_of
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads


class Gateways:
    """The workloads behind Gateways."""

    def __init__(self, inventory: Inventory, controllers: Controllers) -> None:
        self._controllers = controllers
        found = inventory.of(kinds.GATEWAYS, n.Loose)
        self._gateways = {(each.namespace, each.name): each for each in found}
        self._labelled: dict[tuple[str, str], list[Workload]] = {}
        for workload in workloads(inventory):
            labels = workload.template_metadata.label
            for name, space in GATEWAY_LABELS.items():
                if name in labels:
                    where = (labels.get(space) or workload.namespace, labels[name])
                    self._labelled.setdefault(where, []).append(workload)

    def of_route(self, route: n.Loose) -> tuple[tuple[Workload, ...], bool]:
        """Return what carries a route, and whether it hangs on any Gateway at all."""
        parents = dicts((route.spec or {}).get("parentRefs"))
        mine = [each for each in parents if text(each, "kind") in ("", "Gateway")]
        found: dict[Ref, Workload] = {}
        for parent in mine:
            where = (text(parent, "namespace") or route.namespace, text(parent, "name"))
            found |= {each.ref: each for each in self._behind(where)}
        return tuple(found.values()), bool(mine)

    def _behind(self, where: tuple[str, str]) -> tuple[Workload, ...]:
        if where in self._labelled:
            return tuple(self._labelled[where])
        gateway = self._gateways.get(where)
        name = text((gateway.spec if gateway else None) or {}, "gatewayClassName")
        return self._controllers.of_class(name) if name else ()


class Doors:
    """The names by which the cluster is reached from outside, and what they lead to inside.

    Who asks for one of them from inside may be led straight to the controller's pods.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._carriers: dict[str, dict[Ref, None]] = {}
        for host, carriers in _named(inventory):
            known = self._carriers.setdefault(host.lower(), {})
            known.update(dict.fromkeys(each.ref for each in carriers))
        self._services: dict[Ref, list[n.Service]] = {}
        services = services_of(inventory)
        self._targets = services.targets
        for service in services.by_name.values():
            if service.spec and service.spec.type in ("LoadBalancer", "NodePort"):
                for workload in services.backing(service):
                    self._services.setdefault(workload.ref, []).append(service)

    def targets(self, host: str, port: int) -> tuple[Target, ...]:
        """Return where a public name leads inside the cluster; nothing for a name of others."""
        _, _, domain = host.partition(".")
        refs = self._carriers.get(host) or self._carriers.get(f"*.{domain}") or {}
        found = [
            target
            for ref in refs
            for service in self._services.get(ref, ())
            for target in self._targets(service, port or None)
        ]
        return tuple(dict.fromkeys(found))


def _named(inventory: Inventory) -> Iterator[tuple[str, tuple[Workload, ...]]]:
    """Yield the hosts of routes, each with what carries its traffic."""
    controllers = controllers_of(inventory)
    for ingress in inventory.of(kinds.INGRESSES, n.Ingress):
        carriers = controllers.of_class(class_of(ingress))
        yield from ((text(rule, "host"), carriers) for rule in dicts(ingress.spec.rules))
    gateways = Gateways(inventory, controllers)
    for kind in (kinds.HTTP_ROUTES, kinds.GRPC_ROUTES):
        for route in inventory.of(kind, n.Loose):
            carriers, _ = gateways.of_route(route)
            yield from ((host, carriers) for host in words((route.spec or {}).get("hostnames")))


def doors_of(inventory: Inventory) -> Doors:
    """Return the public names of an inventory, found once."""
    if "calls-doors" not in inventory.cache:
        inventory.cache["calls-doors"] = Doors(inventory)
    return cast("Doors", inventory.cache["calls-doors"])
