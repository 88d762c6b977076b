"""Services take no traffic for addresses that somebody wrote into them.

Bad: a Service with `spec.externalIPs`. Every node then takes what is sent to these addresses and
port, also from pods, whoever the address belongs to; nothing checks that. Deprecated in Kubernetes
1.36, to be switched off later.

Source: KEP-5707; CVE-2020-8554; CIS Kubernetes 1.2.3 (DenyServiceExternalIPs).
"""

from collections.abc import Iterator

from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, ChangeKind, NoChange, Patch, RemoveField, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.text import one_line
from remediations.network.keeping import enumerated, seen_outside

_RESTS_ON = (kinds.SERVICES, kinds.PODS)
_OTHER_WAYS = ("NodePort", "LoadBalancer")


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for service in inventory.of(kinds.SERVICES, n.Service):
        addresses = _addresses(service)
        if addresses:
            yield _finding(service, addresses)


def _addresses(service: n.Service) -> list[str]:
    spec = service.spec or n.ServiceSpec()
    return [one_line(each, 60) for each in spec.external_ips or ()]


def _finding(service: n.Service, addresses: list[str]) -> Finding:
    return Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        Status.FAIL,
        kinds.SERVICES.ref(service.namespace, service.name),
        f"Every node takes what is sent to {enumerated(addresses)}, also from pods, whoever the "
        "address belongs to.",
        path="spec.externalIPs",
        evidence={"addresses": addresses},
        system=is_system_namespace(service.namespace),
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    wanted = (found.resource.namespace, found.resource.name)
    every = inventory.of(kinds.SERVICES, n.Service)
    service = next((each for each in every if (each.namespace, each.name) == wanted), None)
    if service is None or not _addresses(service):
        return NoChange("It has no externalIPs by now: scan again.")
    clients = seen_outside(service, inventory)
    if clients and not _has_another_way(service):
        return NoChange(
            f"The flows show clients from outside, and this is their only way in: "
            f"{enumerated(clients)}. Give it a load balancer or a route first, and move them over."
        )
    return Change(
        ChangeKind.PATCH,
        f"Take externalIPs from {found.resource.label}",
        Risk.TRAFFIC,
        (Patch(found.resource, (RemoveField(("spec", "externalIPs")),)),),
        basis={"addresses": _addresses(service), "clients": list(clients)},
        rests_on=kinds.listings(_RESTS_ON),
        warnings=tuple(_warnings(service, inventory)),
    )


def _has_another_way(service: n.Service) -> bool:
    return service.spec is not None and service.spec.type in _OTHER_WAYS


def _warnings(service: n.Service, inventory: Inventory) -> Iterator[str]:
    """Say who may be cut off, and what stands in the way of an undo."""
    numbers = (str(port.port) for port in (service.spec or n.ServiceSpec()).ports or ())
    where = f"{enumerated(_addresses(service))} on port {enumerated(numbers)}"
    yield (
        f"Needs testing: whoever connects to {where} is cut off, or reaches who really has that "
        "address. " + _known(seen_outside(service, inventory), inventory)
    )
    if any(_PLUGIN in value for value in inventory.control_plane.values(_ENABLED)):
        yield f"The API server runs {_PLUGIN}, which refuses to write the addresses back: no undo."


def _known(clients: tuple[str, ...], inventory: Inventory) -> str:
    if clients:
        return f"The flows show {enumerated(clients)}, by this way or by its node's port."
    if inventory.facts.flows is None:
        return "No flows were given (--flows), so it is not known who that is."
    return "The flows show nobody from outside."


_PLUGIN, _ENABLED = "DenyServiceExternalIPs", "enable-admission-plugins"
_DOCS = "https://kubernetes.io/docs"

ITEM = Item(
    id="net-external-ips",
    title="Services claim no external addresses",
    area=Area.NETWORK,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=(kinds.SERVICES,),
    references=(
        Reference("CIS Kubernetes 1.2.3"),
        Reference(
            "KEP-5707: deprecate Service externalIPs",
            "https://github.com/kubernetes/enhancements/issues/5707",
        ),
        Reference("CVE-2020-8554", "https://github.com/kubernetes/kubernetes/issues/97076"),
    ),
    lesson=Lesson(
        what=(
            "The field externalIPs of a Service is a list of addresses. Every node takes what "
            "arrives for one of them on the Service's port, and hands it to the Service's pods: "
            "from outside, if the network brings it there, and from every pod and node of the "
            "cluster. Whoever may write a Service may write any address, and nothing asks whose "
            "it is."
        ),
        why=(
            "It was meant for people who route an address to their nodes by hand. It is a way to "
            "take over traffic as well: a Service in one namespace that claims the address of a "
            "bank or of a name server gets what other namespaces send there. Kubernetes cannot "
            "repair that and deprecated the field in 1.36; a later version switches it off."
        ),
        attack=(
            "Service legacy/ftp-bridge claims 198.51.100.21, the address of an old server that "
            "moved into the cluster. Mallory may write Services in legacy, since somebody needed "
            "that once. She adds the address that payments/checkout pays through to the list, "
            "with port 443 and pods of her own behind it. From then on every node hands her the "
            "connections, and she waits for a client that does not look at certificates."
        ),
        fix=(
            "The field is taken out; ports, selector and the address inside stay. Where flows "
            "show clients from outside and there is no other way in, the change is held back: "
            "give them a LoadBalancer, a Gateway or an Ingress first. Then switch on the admission "
            "plug-in DenyServiceExternalIPs, so that nobody writes the field again."
        ),
        breaks=(
            "Whoever still connects to these addresses is cut off within seconds, or reaches the "
            "machine that really has them. Open connections may go on for a while. Pods that used "
            "the address from inside have to use the Service's name. Nothing restarts."
        ),
        verify=(
            "`kubectl get services -A -o wide` shows no external address but those of load "
            "balancers. `kubectl -n legacy get service ftp-bridge -o "
            "jsonpath='{.spec.externalIPs}'` prints nothing. From a pod, `nc -zvw2 198.51.100.21 "
            "21` must not reach the bridge any more; follow one real use by a client."
        ),
        reading=(
            Reference(
                "Kubernetes: external IPs",
                f"{_DOCS}/concepts/services-networking/service/#external-ips",
            ),
            Reference(
                "Kubernetes: DenyServiceExternalIPs",
                f"{_DOCS}/reference/access-authn-authz/admission-controllers/"
                "#denyserviceexternalips",
            ),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
)
