"""Every namespace denies incoming traffic that nothing allows.

Bad: a namespace with standing pods and no NetworkPolicy that selects all of them
(`podSelector: {}`), is about ingress (`policyTypes` holds it, or is absent) and has no ingress
rule, nor a policy of another kind that does the same. Left out: the cluster's own namespaces, pods
on the node's network, jobs, and namespaces where nothing runs.

Source: CIS Kubernetes 5.3.2; kubernetes.io, Network Policies.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.proven import proven
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.network import by_default


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each namespace whose pods take traffic from anybody."""
    return proven(ITEM, by_default.findings(ITEM, Direction.INGRESS, inventory), inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Allow what is expected, workload by workload, and deny everything else."""
    return by_default.change(finding.resource.name, Direction.INGRESS, inventory)


ITEM = Item(
    id="net-no-default-deny-ingress",
    title="Namespaces deny ingress by default",
    area=Area.NETWORK,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.NAMESPACE,
    needs=by_default.NEEDS,
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
            "One group of writes. First comes a policy for each workload that something is known "
            "to call: it names the callers by their labels, and the port. Last comes the default "
            "deny: an empty podSelector, policyTypes Ingress, no rule. Who calls whom is read from "
            "settings, routes, monitors and flows that you give. Nothing restarts. The review "
            "names what nothing is known to call, and whatever else nothing tells."
        ),
        breaks=(
            "What nothing shows is cut: a caller that reads an address from a Secret, a job that "
            "runs once a month, a tool that somebody starts by hand. Give observed flows of a "
            "whole business cycle, and the change keeps them. Probes by the kubelet keep working, "
            "and so does outgoing traffic. Pods on the node's network are not covered. With a "
            "network plug-in that ignores policies nothing changes at all, the worse case."
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
