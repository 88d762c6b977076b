"""Every namespace denies incoming traffic that nothing allows.

Bad: a namespace with standing pods and no NetworkPolicy that selects all of them
(`podSelector: {}`), is about ingress (`policyTypes` holds it, or is absent) and has no ingress
rule. Left out: the cluster's own namespaces, pods on the node's network, jobs, and namespaces where
nothing runs.

Source: CIS Kubernetes 5.3.2; kubernetes.io, Network Policies.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.isolation import (
    denies_all_ingress,
    in_namespace,
    lets_in,
    listeners,
    pod_count,
    services_of,
)
from k8sharden.analysis.network.proven import proven
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, ChangeKind, Create, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.workloads import Workload

_NAME = "default-deny-ingress"
_SHOWN = 12


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each namespace whose pods take traffic from anybody."""
    return proven(ITEM, _open(inventory), inventory)


def _open(inventory: Inventory) -> Iterator[Finding]:
    ending = {space.name for space in inventory.namespaces if space.metadata.deletion_timestamp}
    for namespace, open_to_all in listeners(inventory).items():
        if is_system_namespace(namespace) or namespace in ending:
            continue
        if not any(map(denies_all_ingress, _policies(namespace, inventory))):
            yield _finding(namespace, open_to_all, inventory)


def _finding(namespace: str, open_to_all: tuple[Workload, ...], inventory: Inventory) -> Finding:
    pods = pod_count(open_to_all, inventory)
    count = _count(pods, "pod") if pods else _count(len(open_to_all), "workload")
    return Finding(
        ITEM.id,
        Area.NETWORK,
        Severity.HIGH,
        Status.FAIL,
        kinds.NAMESPACES.ref("", namespace),
        f"No policy denies ingress by default in {namespace} ({count}): a pod that no other policy "
        "selects can be reached from every pod of the cluster.",
        evidence={
            "pods": pods,
            "workloads": [workload.ref.label for workload in open_to_all],
            "policies": [policy.name for policy in _policies(namespace, inventory)],
        },
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _policies(namespace: str, inventory: Inventory) -> tuple[n.NetworkPolicy, ...]:
    return in_namespace(kinds.NETWORK_POLICIES, n.NetworkPolicy, namespace, inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Create a policy that selects every pod and allows nothing."""
    namespace = finding.resource.name
    here = listeners(inventory).get(namespace, ())
    policies = _policies(namespace, inventory)
    if not here or any(map(denies_all_ingress, policies)):
        return NoChange("Nothing is open here by now: scan again.")
    name = _free_name({policy.name for policy in policies})
    manifest = {
        "apiVersion": kinds.NETWORK_POLICIES.api_version,
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    cut_off = [
        workload for workload in here if not lets_in(policies, workload.template_metadata.label)
    ]
    return Change(
        ChangeKind.CREATE,
        f"Deny ingress by default in {namespace}",
        Risk.TRAFFIC,
        (Create(kinds.NETWORK_POLICIES.ref(namespace, name), manifest),),
        basis={"cut off": [workload.ref.label for workload in cut_off]},
        rests_on=kinds.listings(_RESTS_ON, namespace),
        warnings=tuple(_warnings(namespace, cut_off, inventory)),
    )


_RESTS_ON = (kinds.PODS, kinds.REPLICA_SETS, kinds.JOBS, kinds.NETWORK_POLICIES)
"""What runs, with what comes and goes above it: a new workload shows by its pods."""


def _free_name(taken: set[str]) -> str:
    """Return a name that no policy of the namespace has."""
    number, name = 1, _NAME
    while name in taken:
        number += 1
        name = f"{_NAME}-{number}"
    return name


def _warnings(namespace: str, cut_off: list[Workload], inventory: Inventory) -> Iterator[str]:
    """Say what stops, and what this rests on."""
    if cut_off:
        shown = "; ".join(_way_in(workload, inventory) for workload in cut_off[:_SHOWN])
        more = f"; and {len(cut_off) - _SHOWN} more" if len(cut_off) > _SHOWN else ""
        yield (
            f"No other policy allows traffic to these, so every connection to them stops: {shown}"
            f"{more}. Write policies for the traffic that they need first."
        )
    if not inventory.entry(kinds.SERVICES).covers(namespace):
        yield "Services could not be read, so it is not known which of them stop answering."
    yield (
        "It works only where the network plug-in enforces NetworkPolicies. Policies of the "
        "plug-in's own kinds (Cilium's, Calico's) were not looked at."
    )


def _way_in(workload: Workload, inventory: Inventory) -> str:
    """Name a workload with the Services in front of it, and how far these reach."""
    names = [
        f"Service {service.name}"
        + (f", a {service.spec.type}" if service.spec and _is_public(service.spec) else "")
        for service in services_of(workload, inventory)
    ]
    label = f"{workload.ref.kind} {workload.ref.name}"
    return f"{label} ({', '.join(names)})" if names else label


def _is_public(spec: n.ServiceSpec) -> bool:
    return spec.type in ("LoadBalancer", "NodePort")


ITEM = Item(
    id="net-no-default-deny-ingress",
    title="Namespaces deny ingress by default",
    area=Area.NETWORK,
    severity=Severity.HIGH,
    kind=ChangeKind.CREATE,
    scope=Scope.NAMESPACE,
    needs=(kinds.PODS, kinds.NETWORK_POLICIES),
    references=(
        Reference("CIS Kubernetes 5.3.2"),
        Reference(
            "Kubernetes: network policies",
            "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A NetworkPolicy says which connections to or from some pods are allowed. A pod that "
            "no policy selects takes connections from everywhere. The policy default-deny-ingress "
            "selects every pod of its namespace and allows nothing; from then on only that comes "
            "in which another policy allows. Policies only ever add permissions, so it does not "
            "matter which was there first."
        ),
        why=(
            "Kubernetes gives every pod an address that every other pod can reach, in any "
            "namespace. A namespace is a folder for names and no wall. Without a default, each new "
            "Deployment is open from its first second, and one broken pod anywhere can try the "
            "passwords of every database. With it, a forgotten policy shows as a refused "
            "connection in testing instead of as a break-in."
        ),
        attack=(
            "Mallory has a shell in one pod of Deployment shop/web, through a bug in an image "
            "library. She scans the pod network and finds port 5432 of StatefulSet "
            "payments/ledger open. Nothing asks why a shop page talks to the payment database: she "
            "tries the password from shop's own configuration, and it is the same one. In the "
            "namespace catalogue the same scan finds nothing, since search takes connections "
            "from the gateway only."
        ),
        fix=(
            "One object: a NetworkPolicy with an empty podSelector, policyTypes Ingress and no "
            "rule. Nothing restarts; the network plug-in drops new connections within seconds, and "
            "those that are already open may live on. First write policies for the traffic "
            "that must go on. The review names each workload that no policy lets anything to."
        ),
        breaks=(
            "Everything that is not allowed stops: calls between the namespace's own pods, the "
            "ingress gateway, Prometheus reading metrics, the API server calling admission "
            "webhooks. Probes by the kubelet keep working, and so does outgoing traffic. Pods on "
            "the node's network are not covered. With a network plug-in that ignores policies "
            "nothing changes at all, and that is the worse case."
        ),
        verify=(
            "Start a pod in another namespace and try to connect: `kubectl run probe -n shop --rm "
            "-it --image=busybox --restart=Never -- nc -zvw2 ledger.payments 5432` must time out. "
            "Then try one connection that has to work, from the pod that makes it. If the first "
            "one connects, the plug-in does not enforce policies."
        ),
        reading=(
            Reference(
                "Kubernetes: network policies",
                "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
            ),
            Reference(
                "Kubernetes: declare network policy",
                "https://kubernetes.io/docs/tasks/administer-cluster/declare-network-policy/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
