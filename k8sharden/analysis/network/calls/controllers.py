"""Controllers: which workloads carry the traffic of Ingresses and Gateways to its backends.

Sources: the documentation of each controller (its image, the ``controller`` of its IngressClass).
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from k8sharden.analysis.images import parse_image
from k8sharden.analysis.network.calls.command import flags, words
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads


class Family(NamedTuple):
    """A kind of controller: ``controllers`` are those of IngressClasses, ``classes`` usual names.

    ``image`` is of what carries the traffic; empty where that is no workload of the cluster.
    """

    name: str
    controllers: tuple[str, ...]
    classes: tuple[str, ...]
    image: str


_INGRESS_NGINX = r"ingress-nginx/controller|nginx-ingress-controller"
_NGINX = r"nginx/nginx-(?:plus-)?ingress|nginx-gateway-fabric/nginx"
_HAPROXY = r"haproxytech/kubernetes-ingress|haproxy-ingress|openshift/.*haproxy-router"
_EMISSARY = r"(?:^|/)(?:emissary|ambassador|aes)$"
_ENVOY = r"envoyproxy/envoy|(?:^|/)envoy$"

FAMILIES = (
    Family("ingress-nginx", ("k8s.io/ingress-nginx",), ("nginx",), _INGRESS_NGINX),
    Family("NGINX", ("nginx.org/",), ("nginx-plus",), _NGINX),
    Family("Traefik", ("traefik.io/",), ("traefik",), r"(?:^|/)traefik$"),
    Family("HAProxy", ("haproxy.org/", "haproxy-ingress."), ("haproxy",), _HAPROXY),
    Family("Kong", ("ingress-controllers.konghq.com/",), ("kong",), r"(?:^|/)kong(?:-gateway)?$"),
    Family("Contour", ("projectcontour.io/",), ("contour",), _ENVOY),
    Family("Envoy Gateway", ("gateway.envoyproxy.io/",), ("eg", "envoy", "envoy-gateway"), _ENVOY),
    Family("Istio", ("istio.io/",), ("istio",), ""),
    Family("Emissary", ("getambassador.io/",), ("ambassador", "emissary"), _EMISSARY),
    Family("APISIX", ("apisix.apache.org/",), ("apisix",), r"(?:^|/)apisix$"),
    Family("Tyk", ("tyk.io/",), ("tyk",), r"tyk-gateway"),
    Family("Pomerium", ("pomerium.io/",), ("pomerium",), "pomerium/"),
    Family("Skipper", ("zalando.org/skipper",), ("skipper",), r"(?:^|/)skipper$"),
    Family("Caddy", ("caddyserver.com/",), ("caddy",), r"caddy/ingress|caddy-ingress"),
)

_ISTIO = ("istio", "ingressgateway")
_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


_CLASS = "kubernetes.io/ingress.class"


def class_of(ingress: n.Ingress) -> str:
    """Return the class that an Ingress asks for, also in the old way; empty for the default."""
    return ingress.spec.ingress_class_name or ingress.metadata.annotation.get(_CLASS) or ""


class Controllers:
    """The workloads that serve each class."""

    def __init__(self, inventory: Inventory) -> None:
        found = inventory.of(kinds.INGRESS_CLASSES, n.IngressClass)
        self._classes = {each.name: each for each in found}
        default = (each.name for each in found if each.metadata.annotation.get(_DEFAULT) == "true")
        self._default = next(default, "")
        self._by_family: dict[str, list[Workload]] = {}
        self._words: dict[str, dict[str, Workload]] = {}
        for workload in workloads(inventory):
            for family in families_of(workload):
                self._by_family.setdefault(family.name, []).append(workload)
            for word in _flag_values(workload):
                self._words.setdefault(word, {})[workload.ref.label] = workload

    @property
    def told(self) -> frozenset[Ref]:
        """The workloads whose command line says that they serve some class."""
        return frozenset(each.ref for some in self._words.values() for each in some.values())

    def of_class(self, name: str) -> tuple[Workload, ...]:
        """Return the workloads that serve an IngressClass, or a Gateway's class; maybe none.

        A class that nobody knows is served by what its own command line says serves it.
        """
        name = name or self._default
        known = self._classes.get(name)
        controller = (known.spec.controller if known and known.spec else None) or ""
        families = [
            family
            for family in FAMILIES
            if (controller.startswith(family.controllers) if controller else name in family.classes)
        ]
        names = dict.fromkeys(family.name for family in families)
        found = [each for family in names for each in self._by_family.get(family, ())]
        return tuple(found) or self._told(controller) or self._told(name)

    def _told(self, word: str) -> tuple[Workload, ...]:
        return tuple(self._words.get(word, {}).values()) if word else ()


def families_of(workload: Workload) -> Iterator[Family]:
    """Yield the kinds of controllers that a workload is, by its images."""
    for seen in visit_containers(workload.spec):
        if seen.list_name == "containers":
            image = parse_image(seen.container.image)
            for family in FAMILIES if image else ():
                if family.image and image and re.search(family.image, image.path):
                    yield family
    labels = workload.template_metadata.label
    if labels.get(_ISTIO[0], "").endswith(_ISTIO[1]):
        yield next(family for family in FAMILIES if family.name == "Istio")


def _flag_values(workload: Workload) -> Iterator[str]:
    """Yield the values of a workload's flags about classes: ``--ingress-class=internal``."""
    for seen in visit_containers(workload.spec):
        for name, value in flags(words(seen.container)):
            if "class" in name or "controller" in name:
                yield value


def controllers_of(inventory: Inventory) -> Controllers:
    """Return the controllers of an inventory, found once."""
    if "calls-controllers" not in inventory.cache:
        inventory.cache["calls-controllers"] = Controllers(inventory)
    return cast("Controllers", inventory.cache["calls-controllers"])


GATEWAY_LABELS: Mapping[str, str] = {
    "gateway.networking.k8s.io/gateway-name": "",
    "gateway.envoyproxy.io/owning-gateway-name": "gateway.envoyproxy.io/owning-gateway-namespace",
}
"""The labels that name the Gateway of a workload's pods, and its namespace if that is another."""
