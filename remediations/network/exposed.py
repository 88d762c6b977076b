"""Services are reached from outside only where they are meant to be.

Bad: a Service of type NodePort, which every node answers for; one of type LoadBalancer that takes
connections from any address (`loadBalancerSourceRanges` is missing, or holds all of them).
Good: the Service of an ingress controller or a Gateway, which is the front door; a load balancer
that the cloud's annotation makes internal.

Source: kubernetes.io, Service; MITRE ATT&CK T1133; see `k8sharden.analysis.network.exposed`.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.calls.services import services_of
from k8sharden.analysis.network.edges import Edge, EvidenceKind
from k8sharden.analysis.network.exposed import how_exposed
from k8sharden.analysis.network.public import front_doors, perhaps_doors
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Edit,
    Named,
    NoChange,
    Patch,
    RemoveField,
    Risk,
    SetField,
)
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.network.keeping import enumerated, is_seen_outside

_RESTS_ON = (kinds.SERVICES, kinds.INGRESSES, kinds.PODS)


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each Service that is open to the outside and no front door."""
    doors = front_doors(inventory)
    for service in inventory.of(kinds.SERVICES, n.Service):
        how = how_exposed(service)
        if not how:
            continue
        behind = [workload.ref for workload in services_of(inventory).backing(service)]
        if not behind or not doors.issuperset(behind):
            perhaps = behind and perhaps_doors(inventory).issuperset(behind)
            yield _finding(service, how, perhaps=bool(perhaps))


def _finding(service: n.Service, how: str, *, perhaps: bool) -> Finding:
    spec = service.spec or n.ServiceSpec()
    ports = [port.node_port if how == "NodePort" else port.port for port in spec.ports or ()]
    numbers = ", ".join(str(port) for port in ports if port) or "no port"
    said = (
        f"Every node answers for it on {numbers}: whoever reaches a node reaches these pods."
        if how == "NodePort"
        else f"Its load balancer takes connections from any address on {numbers}."
    )
    if perhaps:
        said += " It may be the front door: what classes there are could not be read."
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.MEDIUM,
        Status.UNKNOWN if perhaps else Status.FAIL,
        kinds.SERVICES.ref(service.namespace, service.name),
        said,
        path="spec.type" if how == "NodePort" else "spec.loadBalancerSourceRanges",
        evidence={"type": how, "ports": ports},
        system=is_system_namespace(service.namespace),
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Close a node's port where a route leads to the Service as well; guess no addresses."""
    wanted = (finding.resource.namespace, finding.resource.name)
    service = services_of(inventory).by_name.get(wanted)
    how = how_exposed(service) if service else ""
    if service is None or not how:
        return NoChange("It is not open to the outside by now: scan again.")
    edges = list(_edges(service, inventory))
    if how == "LoadBalancer":
        return NoChange(_fill_in(edges))
    if not any(_is_route(edge) for edge in edges):
        return NoChange(
            "No Ingress and no route leads to it, so whoever uses the node's port has no other "
            "way in. Add one, move them over, and make it a ClusterIP then."
        )
    if seen := [edge.source.label for edge in edges if is_seen_outside(edge)]:
        return NoChange(
            f"The flows show clients at the node's port: {enumerated(dict.fromkeys(seen))}. Move "
            "them over to the route first."
        )
    return _close(service, inventory)


def _edges(service: n.Service, inventory: Inventory) -> Iterator[Edge]:
    for workload in services_of(inventory).backing(service):
        yield from calls_of(inventory).into(workload.ref)


def _is_route(edge: Edge) -> bool:
    return any(each.kind is EvidenceKind.ROUTE for each in edge.evidence)


def _fill_in(edges: list[Edge]) -> str:
    """Say which field to fill in, and what the flows show."""
    seen = dict.fromkeys(edge.source.label for edge in edges if is_seen_outside(edge))
    shown = f" The flows show {enumerated(seen)}." if seen else ""
    return (
        "Only you know who may come in: write their ranges into spec.loadBalancerSourceRanges "
        "(an office's or a partner's addresses), or make it internal by your cloud's annotation."
        f"{shown} Where it is for everybody, waive the finding and say so."
    )


def _close(service: n.Service, inventory: Inventory) -> Change | NoChange:
    spec = service.spec or n.ServiceSpec()
    numbers = [port.port for port in spec.ports or ()]
    if len(set(numbers)) != len(numbers):
        return NoChange("Two of its ports have one number: change its type to ClusterIP by hand.")
    edits: list[Edit] = [SetField(("spec", "type"), "ClusterIP")]
    edits += [
        RemoveField(("spec", "ports", Named("port", port.port), "nodePort"))
        for port in spec.ports or ()
        if port.node_port
    ]
    if spec.external_traffic_policy:
        edits.append(RemoveField(("spec", "externalTrafficPolicy")))
    ref = kinds.SERVICES.ref(service.namespace, service.name)
    node_ports = ", ".join(str(port.node_port) for port in spec.ports or () if port.node_port)
    routes = sorted(
        each.source.label
        for edge in _edges(service, inventory)
        for each in edge.evidence
        if each.kind is EvidenceKind.ROUTE and each.source
    )
    return Change(
        ChangeKind.PATCH,
        f"Close the nodes' ports of {ref.label}",
        Risk.TRAFFIC,
        (Patch(ref, tuple(edits)),),
        basis={"routes": list(dict.fromkeys(routes))},
        rests_on=kinds.listings(_RESTS_ON),
        warnings=(
            (
                f"Needs testing: whoever still uses port {node_ports} of a node is cut off. "
                f"{enumerated(dict.fromkeys(routes)) or 'A route'} leads to it as before."
            ),
        ),
    )


_DOCS = "https://kubernetes.io/docs/concepts/services-networking/service/"

ITEM = Item(
    id="net-exposed",
    title="Services reach outside only where they are meant to",
    area=Area.NETWORK,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.NAMESPACE,
    needs=(kinds.SERVICES, *kinds.WORKLOADS),
    references=(
        Reference("MITRE ATT&CK T1133", "https://attack.mitre.org/techniques/T1133/"),
        Reference("Kubernetes: Service", _DOCS),
    ),
    lesson=Lesson(
        what=(
            "A Service of type NodePort opens a port between 30000 and 32767 on every node, and "
            "each node passes on what comes in. One of type LoadBalancer asks the cloud for an "
            "address of its own, which takes connections from the whole internet unless "
            "loadBalancerSourceRanges says from where."
        ),
        why=(
            "What stands behind such a port has no front door: no login page of the company, no "
            "certificate, no log of requests, no filter. It was opened for a test, mostly, and it "
            "is the first thing that scanners of the internet find. An ingress controller is made "
            "for being public; a dashboard or a database is not."
        ),
        attack=(
            "Service monitoring/grafana has answered on port 30300 of every node since before "
            "there was a gateway. Mallory tries that range on the address of worker-1, finds a "
            "login page of an old version, and reads the dashboards through a bug that the "
            "gateway's filter would have stopped. They name each service and each database."
        ),
        fix=(
            "Where an Ingress or a route leads to the same pods already, the Service becomes a "
            "ClusterIP and the nodes' ports close; its address inside stays. Otherwise people "
            "would lose their only way in, so that the answer says what to do first. Nobody but "
            "you knows the ranges of a load balancer."
        ),
        breaks=(
            "Whoever has the node's address and port in a bookmark, a script or a load balancer of "
            "their own is cut off at once. Undo asks for the same port again and gets it while it "
            "is free. Ranges that are too narrow shut out health checks of some clouds, so that "
            "the load balancer takes all pods for dead."
        ),
        verify=(
            "`kubectl get service -n monitoring grafana` shows ClusterIP and no second port. From "
            "outside, `nc -zvw2 192.0.2.11 30300` must be refused, and the page must open through "
            "the gateway. Then `kubectl get services -A` should show no type but ClusterIP, other "
            "than for the front door."
        ),
        reading=(
            Reference(
                "Kubernetes: Service, publishing types",
                f"{_DOCS}#publishing-services-service-types",
            ),
            Reference(
                "Kubernetes: restrict cloud load balancers",
                "https://kubernetes.io/docs/tasks/access-application-cluster/"
                "create-external-load-balancer/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
