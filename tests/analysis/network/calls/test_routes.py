"""Calls that routes make: Ingresses, and the Gateway API."""

import pytest

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.edges import EvidenceKind
from tests.analysis.network.calls.small import SPACES, caller, edges, server, small, untold

SHOP = server("cart", 8080, "shop")
TO_CART = "StatefulSet shop/cart 8080/TCP"


def controller(image: str, more: str = "", namespace: str = "shop") -> str:
    """A Deployment of this image, which may carry an Ingress' traffic."""
    return caller(name="ctl", more=more, namespace=namespace).replace("x:1", image)


def ingress(spec: str = "", annotations: str = "{}", port: str = "{number: 80}") -> str:
    """An Ingress that leads /cart of books.example to Service cart."""
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: books, namespace: shop, annotations: {annotations}}}
spec:
  {spec or "ingressClassName: public"}
  rules:
  - host: books.example
    http: {{paths: [{{path: /cart, backend: {{service: {{name: cart, port: {port}}}}}}}]}}
"""


def ingress_class(controller: str, default: str = "false") -> str:
    """The IngressClass public of a controller."""
    return f"""
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: public
  annotations: {{ingressclass.kubernetes.io/is-default-class: "{default}"}}
spec: {{controller: {controller}}}
"""


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("k8s.io/ingress-nginx", "registry.k8s.io/ingress-nginx/controller:v1.12.0"),
        ("nginx.org/ingress-controller", "nginx/nginx-ingress:5.0"),
        ("traefik.io/ingress-controller", "docker.io/library/traefik:v3.5"),
        ("traefik.io/ingress-controller", "registry.example.com/mirror/traefik:v3.5"),
        ("haproxy.org/ingress-controller/haproxy", "haproxytech/kubernetes-ingress:3.1"),
        ("ingress-controllers.konghq.com/kong", "kong/kong-gateway:3.9"),
        ("projectcontour.io/ingress-controller", "docker.io/envoyproxy/envoy:v1.35.0"),
        ("getambassador.io/ingress-controller", "docker.io/emissaryingress/emissary:3.10"),
        ("apisix.apache.org/apisix-ingress-controller", "apache/apisix:3.13"),
    ],
)
def test_the_controller_of_a_class_is_found_by_its_image(name: str, image: str) -> None:
    """What carries the traffic is the source of the route, and not the cluster's edge."""
    world = (SPACES, SHOP, ingress(), ingress_class(name), controller(image))
    assert edges(*world) == [f"Deployment shop/ctl -> {TO_CART}"]


@pytest.mark.parametrize(
    ("spec", "annotations", "name"),
    [
        ("ingressClassName: traefik", "{}", "other.example/x"),
        ("defaultBackend: null", "{kubernetes.io/ingress.class: traefik}", "other.example/x"),
        ("defaultBackend: null", "{}", "traefik.io/ingress-controller"),
    ],
)
def test_the_class_stands_in_the_field_in_an_annotation_or_is_the_default(
    spec: str, annotations: str, name: str
) -> None:
    """A class that has no object is known by its usual name."""
    classes = ingress_class(name, "true")
    world = (SPACES, SHOP, ingress(spec, annotations), classes, controller("traefik:v3"))
    assert edges(*world) == [f"Deployment shop/ctl -> {TO_CART}"]


def test_a_controller_of_ones_own_is_found_by_the_class_on_its_command_line() -> None:
    """An image that nobody knows says by a flag which class it serves."""
    own = controller("x:1", ", args: [--ingress-class=public]")
    world = (SPACES, SHOP, ingress(), ingress_class("kestrel.example/gateway"), own)
    assert edges(*world) == [f"Deployment shop/ctl -> {TO_CART}"]


def test_a_route_without_a_known_controller_comes_from_anywhere_and_says_so() -> None:
    """The backend must stay reachable, by whomever."""
    world = (SPACES, SHOP, ingress())
    assert edges(*world) == [f"anywhere -> {TO_CART}"]
    assert untold(*world) == [
        "nothing shows which workload serves Ingress shop/books: anybody may be let in by it"
    ]


def test_the_paths_and_the_host_of_a_route_are_its_evidence() -> None:
    """What a rule for HTTP could be made of is kept."""
    found = calls_of(small(SPACES, SHOP, ingress())).edges
    shown = next(one for each in found for one in each.evidence if one.kind is EvidenceKind.ROUTE)
    assert shown.paths == ("/cart",)
    assert "books.example" in shown.said


@pytest.mark.parametrize("port", ["{number: 80}", "{name: main}"])
def test_a_backends_port_is_a_number_or_a_name_of_the_service(port: str) -> None:
    """Either is translated to the port of the pods."""
    assert edges(SPACES, SHOP, ingress(port=port)) == [f"anywhere -> {TO_CART}"]


def test_a_default_backend_is_a_route_too() -> None:
    """It takes what no rule does."""
    default = "defaultBackend: {service: {name: cart, port: {number: 80}}}"
    text = ingress(default).split("  rules:")[0]
    assert edges(SPACES, SHOP, text) == [f"anywhere -> {TO_CART}"]


def test_a_route_to_nothing_is_said() -> None:
    """A backend whose Service is not there makes no edge."""
    assert edges(SPACES, ingress()) == []
    said = "Ingress shop/books leads to Service shop/cart, behind which nothing is"
    assert said in untold(SPACES, ingress())


OWNED = (
    "gateway.envoyproxy.io/owning-gateway-name: edge, "
    "gateway.envoyproxy.io/owning-gateway-namespace: payments"
)
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: payments}
spec: {gatewayClassName: %s}
"""


def route(kind: str = "HTTPRoute", match: str = "path: {value: /cart}", parent: str = "") -> str:
    """A route of the Gateway edge to Service cart."""
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: books, namespace: shop}}
spec:
  hostnames: [books.example]
  parentRefs: [{{name: edge, namespace: payments{parent}}}]
  rules: [{{matches: [{{{match}}}], backendRefs: [{{name: cart, port: 80}}]}}]
"""


@pytest.mark.parametrize(
    "labels",
    [
        "gateway.networking.k8s.io/gateway-name: edge",
        OWNED,
    ],
)
@pytest.mark.parametrize(
    ("kind", "match", "path"),
    [
        ("HTTPRoute", "path: {value: /cart}", "/cart"),
        ("HTTPRoute", "headers: []", "/"),
        ("GRPCRoute", "method: {service: shop.Cart, method: Add}", "/shop.Cart/Add"),
    ],
)
def test_the_pods_of_a_gateway_are_found_by_its_labels(
    labels: str, kind: str, match: str, path: str
) -> None:
    """Whoever made them for the Gateway labelled them with its name."""
    pods = controller("x:1", namespace="payments").replace(
        "metadata: {labels: {app: ctl}}", f"metadata: {{labels: {{app: ctl, {labels}}}}}"
    )
    world = (SPACES, SHOP, GATEWAY % "own", route(kind, match), pods)
    assert edges(*world) == [f"Deployment payments/ctl -> {TO_CART}"]
    kept = [one for each in calls_of(small(*world)).edges for one in each.evidence]
    assert [one.paths for one in kept if one.kind is EvidenceKind.ROUTE] == [(path,)]


def test_a_gateways_class_names_its_controller_where_no_label_does() -> None:
    """The class is looked up as that of an Ingress is."""
    world = (SPACES, SHOP, GATEWAY % "traefik", route(), controller("traefik:v3"))
    assert edges(*world) == [f"Deployment shop/ctl -> {TO_CART}"]


def test_a_route_of_a_mesh_is_no_route_from_outside() -> None:
    """Its parent is a Service: it says how others call, and not that somebody does."""
    assert edges(SPACES, SHOP, GATEWAY % "x", route(parent=", kind: Service")) == []


@pytest.mark.parametrize(
    "spec",
    [
        "{rules: 7}",
        "{rules: [7, {backendRefs: x}], parentRefs: [{name: edge}]}",
        "{parentRefs: {}}",
    ],
)
def test_an_odd_route_is_no_route_and_breaks_nothing(spec: str) -> None:
    """Routes are of a tool's own type, and no field of theirs is certain."""
    text = route().split("spec:")[0] + f"spec: {spec}\n"
    assert edges(SPACES, SHOP, text) == []


def test_a_controller_also_asks_who_may_pass() -> None:
    """An annotation names the Service that it asks for each request."""
    url = "http://gate.payments.svc/check"
    notes = f"{{nginx.ingress.kubernetes.io/auth-url: '{url}', x/y: 'http://other.example'}}"
    world = (SPACES, SHOP, server("gate", 4180), ingress(annotations=notes))
    nginx = controller("registry.k8s.io/ingress-nginx/controller:v1")
    found = edges(*world, ingress_class("k8s.io/ingress-nginx"), nginx)
    assert found == [
        "Deployment shop/ctl -> StatefulSet payments/gate 4180/TCP",
        f"Deployment shop/ctl -> {TO_CART}",
    ]


DOOR = """
apiVersion: v1
kind: Service
metadata: {name: ctl, namespace: shop}
spec:
  type: LoadBalancer
  selector: {app: ctl}
  ports: [{name: https, port: 443, targetPort: 8443}, {name: http, port: 80, targetPort: 8080}]
"""


@pytest.mark.parametrize(
    ("host", "asked", "port"),
    [
        ("books.example", "https://books.example/login", 8443),
        ("books.example", "http://books.example", 8080),
        ("'*.books.example'", "https://login.books.example", 8443),
        ("books.example", "https://other.example", 0),
    ],
)
def test_a_public_name_of_the_cluster_also_leads_straight_to_its_controller(
    host: str, asked: str, port: int
) -> None:
    """From inside, an address of a load balancer is often answered without leaving the cluster."""
    told = caller(f"[{{name: ISSUER_URL, value: '{asked}'}}]")
    world = (SPACES, SHOP, ingress().replace("books.example", host), DOOR, told)
    found = edges(*world, ingress_class("traefik.io/x"), controller("traefik:v3"))
    inside = [each for each in found if "shop/web -> Deployment shop/ctl" in each]
    assert inside == ([f"Deployment shop/web -> Deployment shop/ctl {port}/TCP"] if port else [])
    outside = [each for each in found if each.startswith("Deployment shop/web -> ")]
    assert len(outside) == len(inside) + 1
