"""Pods that a policy selects are on the pod network, where policies hold.

Bad: a workload with `hostNetwork: true` whose labels a NetworkPolicy of its namespace selects: to
the network it is the node, so the policy does nothing for it. That its pods share the node's
network at all is `pss-host-namespaces`; here it is the policy that promises what it cannot keep.
Left out: known agents of the nodes, and what shows a need for the node's network, where the policy
is one for all pods. One that is written for them by label counts, unless one for all pods closes
the same direction, so that it only opens.

Source: kubernetes.io, Network Policies, "NetworkPolicy and hostNetwork pods"; CIS Kubernetes 5.2.5.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import pod_field
from k8sharden.analysis.host_access import NETWORK, host_agents, why_shared
from k8sharden.analysis.network.isolation import in_namespace
from k8sharden.analysis.network.native import directions
from k8sharden.analysis.selectors import chooses, is_empty
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.workloads import Workload, workloads
from remediations.network.keeping import enumerated


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for workload in workloads(inventory):
        if workload.spec.host_network:
            names = _in_vain(workload, inventory)
            if names:
                yield _finding(workload, names)


def _in_vain(workload: Workload, inventory: Inventory) -> list[str]:
    """Return the policies that would hold for these pods, were they on the pod network."""
    labels = workload.template_metadata.label
    excused = host_agents(workload) or why_shared(workload)
    policies = in_namespace(kinds.NETWORK_POLICIES, n.NetworkPolicy, workload.namespace, inventory)
    for_all = [each for each in policies if is_empty(each.spec.pod_selector)]
    closed = {way for each in for_all for way in directions(each)}
    # Beside a policy for all pods, one by label only opens: nobody counts on it to close.
    by_label = (
        each for each in policies if each not in for_all and not closed.issuperset(directions(each))
    )
    counting = [*by_label, *(() if excused else for_all)]
    return sorted(each.name for each in counting if chooses(each.spec.pod_selector, labels))


def _finding(workload: Workload, names: list[str]) -> Finding:
    what = "this policy does" if len(names) == 1 else "these policies do"
    return Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        Status.FAIL,
        workload.ref,
        f"Its pods are on the node's network, so {what} nothing for them: {enumerated(names)}.",
        path=pod_field(workload, NETWORK),
        evidence={"policies": names},
        system=is_system_namespace(workload.namespace),
    )


def _remediate(found: Finding, inventory: Inventory) -> NoChange:
    workload = next((each for each in workloads(inventory) if each.ref == found.resource), None)
    if workload is None or not workload.spec.host_network:
        return NoChange("It is not on the node's network by now: scan again.")
    needed = why_shared(workload)
    if needed:
        return NoChange(f"{needed} {_LIMITS}")
    return NoChange(
        "Take hostNetwork away, as the fix of pss-host-namespaces does: then these policies begin "
        f"to hold. If it has to stay, {_LIMITS[0].lower()}{_LIMITS[1:]}"
    )


_LIMITS = (
    "Limit its traffic at the node instead: by the node's firewall, a "
    "CiliumClusterwideNetworkPolicy with a nodeSelector, or a HostEndpoint of Calico."
)
_POLICIES = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"

ITEM = Item(
    id="net-hostnetwork",
    title="Policies are not written for pods of the host network",
    area=Area.NETWORK,
    severity=Severity.MEDIUM,
    kind=ChangeKind.ADVICE,
    scope=Scope.NAMESPACE,
    needs=(kinds.NETWORK_POLICIES, *kinds.WORKLOADS),
    references=(
        Reference("CIS Kubernetes 5.2.5"),
        Reference(
            "Kubernetes: NetworkPolicy and hostNetwork pods",
            f"{_POLICIES}#networkpolicy-and-hostnetwork-pods",
        ),
    ),
    lesson=Lesson(
        what=(
            "A pod with hostNetwork: true has no address of its own: it speaks and listens as its "
            "node. A NetworkPolicy chooses pods by label, and the network plug-in then looks for "
            "their addresses, which these pods have not. Most plug-ins ignore the labels, and the "
            "policy does nothing for such a pod, in either direction."
        ),
        why=(
            "The policy is there, it selects the pod, and reviews count the pod as covered. What "
            "it sends comes from the node's address, which the policies of other namespaces often "
            "let in, since the kubelet's probes come from there. What listens in it is open to "
            "everybody who reaches the node. The rules protect nobody, and nobody is told."
        ),
        attack=(
            "Kestrel Books wrote a policy that lets Deployment ci/runner out to the registry "
            "mirror and the API server only, after a build had reached for the databases. "
            "Mallory's pull request tries 10.96.0.0/12 from a test, and every port answers: the "
            "runner is on worker-1's network, so that the policy never saw the packets. The log of "
            "denied connections stays empty."
        ),
        fix=(
            "There is no rule to write: as long as the pods are on the node's network, no "
            "NetworkPolicy holds for them. Where nothing needs it, the fix of pss-host-namespaces "
            "takes hostNetwork away, and the policies begin to hold. Agents of the node stay, and "
            "are limited at the node: by its firewall, or by the plug-in's own kind of policy for "
            "nodes."
        ),
        breaks=(
            "Once the pods are on the pod network these policies hold at once, those that deny "
            "included: look at what they allow first. Whoever reached the pods at the node's "
            "address needs a Service. Policies for nodes can cut the kubelet and the API server "
            "from each other: try them in audit mode, and keep another way into the node."
        ),
        verify=(
            "`kubectl -n ci get pods -o wide` shows the pods' addresses: those of the nodes are on "
            "the host network. From inside such a pod connect to what the policy forbids: it "
            "works. After the change the address is one of the pod network, and the same "
            "connection times out."
        ),
        reading=(
            Reference("Kubernetes: network policies", _POLICIES),
            Reference(
                "Cilium: host firewall",
                "https://docs.cilium.io/en/stable/security/host-firewall/",
            ),
            Reference(
                "Calico: protect hosts",
                "https://docs.tigera.io/calico/latest/network-policy/hosts/protect-hosts",
            ),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
)
