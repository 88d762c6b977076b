"""How to move from ingress-nginx to the Gateway API: routes to start from, and a runbook.

What Ingresses say in fields becomes routes; what they say in annotations is listed, for people.

Source: gateway-api.sigs.k8s.io, Migrating from Ingress, HTTPRoute, ReferenceGrant.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8sharden.analysis.network.ingress_nginx import PREFIX, snippets
from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import File
from k8sharden.model.inventory import Inventory
from k8sharden.model.render import render
from k8sharden.model.text import one_line

GATEWAY = "public"
CLASS = "YOUR-GATEWAY-CLASS"
_API = kinds.HTTP_ROUTES.api_version
_GRANTS = "gateway.networking.k8s.io/v1beta1"

Json = dict[str, Any]


def files(home: str, ingresses: Sequence[n.Ingress], inventory: Inventory) -> tuple[File, ...]:
    """Return the files; ``home`` is the namespace of the Gateway."""
    routes = [route for each in ingresses for route in _routes(each, home, inventory)]
    made = [_gateway(home, ingresses), *_grants(home, ingresses)]
    return (
        File("gateway.yaml", _documents(made)),
        *([File("routes.yaml", _documents(routes))] if routes else ()),
        _runbook(ingresses).file(),
    )


def _documents(values: Sequence[Json]) -> str:
    return "---\n".join(map(render, values))


def _gateway(home: str, ingresses: Sequence[n.Ingress]) -> Json:
    everywhere = {"namespaces": {"from": "All"}}
    plain = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": everywhere}
    secure = [
        {
            "name": f"https-{number}",
            "hostname": host,
            "port": 443,
            "protocol": "HTTPS",
            "tls": {"certificateRefs": [{"kind": "Secret", "name": name, "namespace": space}]},
            "allowedRoutes": everywhere,
        }
        for number, (host, (space, name)) in enumerate(sorted(_certificates(ingresses).items()), 1)
    ]
    return {
        "apiVersion": kinds.GATEWAYS.api_version,
        "kind": "Gateway",
        "metadata": {"name": GATEWAY, "namespace": home},
        "spec": {"gatewayClassName": CLASS, "listeners": [plain, *secure]},
    }


def _certificates(ingresses: Sequence[n.Ingress]) -> Mapping[str, tuple[str, str]]:
    """Return the Secret of each host that has one, with its namespace."""
    return {
        str(host): (each.namespace, str(tls["secretName"]))
        for each in ingresses
        for tls in each.spec.tls or ()
        if tls.get("secretName")
        for host in tls.get("hosts") or ()
    }


def _grants(home: str, ingresses: Sequence[n.Ingress]) -> Iterator[Json]:
    """Yield what lets the Gateway use the certificates of other namespaces."""
    for space in sorted({space for space, _ in _certificates(ingresses).values()} - {home}):
        yield {
            "apiVersion": _GRANTS,
            "kind": "ReferenceGrant",
            "metadata": {"name": GATEWAY, "namespace": space},
            "spec": {
                "from": [{"group": kinds.GATEWAYS.group, "kind": "Gateway", "namespace": home}],
                "to": [{"group": "", "kind": "Secret"}],
            },
        }


def _routes(ingress: n.Ingress, home: str, inventory: Inventory) -> Iterator[Json]:
    """Yield a route for each host of an Ingress, and one for what no rule is about."""
    wanted = [(str(rule.get("host") or ""), _paths(rule)) for rule in ingress.spec.rules or ()]
    if ingress.spec.default_backend:
        wanted.append(("", [{"path": "/", "backend": ingress.spec.default_backend}]))
    for number, (host, paths) in enumerate(wanted, 1):
        rules = [rule for path in paths if (rule := _rule(path, ingress.namespace, inventory))]
        name = ingress.name if number == 1 else f"{ingress.name}-{number}"
        spec: Json = {"parentRefs": [{"name": GATEWAY, "namespace": home}]}
        if host:
            spec["hostnames"] = [host]
        if rules:
            yield {
                "apiVersion": _API,
                "kind": "HTTPRoute",
                "metadata": {"name": name, "namespace": ingress.namespace},
                "spec": spec | {"rules": rules},
            }


def _paths(rule: Json) -> list[Json]:
    return list((rule.get("http") or {}).get("paths") or ())


def _rule(path: Json, namespace: str, inventory: Inventory) -> Json | None:
    """Return the rule for a path; None where its port is not known, or it leads to no Service."""
    service = (path.get("backend") or {}).get("service") or {}
    port = _port(service, namespace, inventory)
    if not port:
        return None
    kind = "Exact" if path.get("pathType") == "Exact" else "PathPrefix"
    return {
        "matches": [{"path": {"type": kind, "value": str(path.get("path") or "/")}}],
        "backendRefs": [{"name": str(service.get("name")), "port": port}],
    }


def _port(service: Json, namespace: str, inventory: Inventory) -> int:
    """Return the number of a Service's port, 0 where a name leads to none."""
    wanted = service.get("port") or {}
    if wanted.get("number"):
        return int(wanted["number"])
    known = inventory.of(kinds.SERVICES, n.Service)
    ports = (
        port
        for each in known
        if (each.namespace, each.name) == (namespace, service.get("name")) and each.spec
        for port in each.spec.ports or ()
    )
    return next((port.port for port in ports if port.name == wanted.get("name")), 0)


def _runbook(ingresses: Sequence[n.Ingress]) -> Runbook:
    return Runbook(
        "Move from ingress-nginx to the Gateway API",
        "ingress-nginx gets no fixes any more. These Ingresses go through it, with the annotations "
        f"that only it understands:\n\n{_table(ingresses)}\n\n`gateway.yaml` and `routes.yaml` say "
        "the same in the Gateway API, without those annotations: they are a start, not the end.",
        (
            "Choose a controller of the Gateway API that is maintained (your cloud's own, Envoy "
            "Gateway, Cilium, Istio, Traefik, NGINX Gateway Fabric, Kong), and install it beside "
            "the old one, with the definitions of the API if they are not there."
            + shell(
                "kubectl get crd gateways.gateway.networking.k8s.io", "kubectl get gatewayclass"
            ),
            f"Write the name of its class for `{CLASS}` in `gateway.yaml`, and create what is in "
            "it. It gets an address of its own: no client uses it yet."
            + shell("kubectl apply -f gateway.yaml", "kubectl get gateway -A"),
            (
                "Go through the table. Redirects, rewritten paths and headers are filters of an "
                "HTTPRoute; timeouts are a field of its rules; limits, logins and sessions are "
                "policies of the controller. A snippet has no counterpart: find out what it is for."
            ),
            "Create the routes, and let the new controller's pods through: policies that allow "
            "ingress-nginx allow nobody else." + shell("kubectl apply -f routes.yaml"),
            "Ask each host at the new address, and compare:"
            + shell(
                "curl --resolve HOST:443:ADDRESS https://HOST/ -sS -o /dev/null -w '%{http_code}'"
            ),
            "Lower the lifetime of the DNS entries, wait, and move one host after the other.",
            (
                "When the old controller's log is silent for a week, delete the Ingresses, the "
                "IngressClass, and the controller with its webhook and its roles."
            ),
        ),
        "No Ingress of the class is left, and the new controller answers for each host. Then scan "
        "again." + shell("kubectl get ingress -A", "kubectl get httproute -A"),
        "Until the last step the old controller answers as before: move the DNS entry of a host "
        "back. The routes may stay.",
        _WRONG,
    )


def _table(ingresses: Sequence[n.Ingress]) -> str:
    rows = [_row(each) for each in ingresses]
    return "\n".join(rows) or "- none, so that only the controller has to go"


def _row(ingress: n.Ingress) -> str:
    keys = sorted(key for key in ingress.metadata.annotation if key.startswith(PREFIX))
    names = ", ".join(f"`{one_line(key.removeprefix(PREFIX), 80)}`" for key in keys)
    danger = ": code for nginx, to be replaced by hand" if snippets(ingress) else ""
    where = one_line(f"{ingress.namespace}/{ingress.name}", 300)
    return f"- {where}: {names or 'no annotation'}{danger}"


_WRONG = (
    (
        "The Gateway has no address",
        f"No controller serves its class: `kubectl describe gateway {GATEWAY}` says why.",
    ),
    ("A route is not accepted", "Its Gateway does not allow its namespace, or its host differs."),
    (
        "A certificate is refused",
        "The ReferenceGrant is missing in the namespace of the Secret.",
    ),
    (
        "404 for some paths",
        "A path was a regular expression for nginx: write each prefix as a rule of its own.",
    ),
    ("503 for all paths", "A NetworkPolicy does not let the new controller in."),
)
