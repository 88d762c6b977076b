"""The network plug-in enforces NetworkPolicies.

Bad: a plug-in that is known to ignore them: plain Flannel, the Amazon VPC CNI whose node agent has
no `--enable-network-policy=true`, kindnet before kind 0.24, k3s started with
`--disable-network-policy`, EKS Auto Mode without its ConfigMap, GKE and AKS without an engine.
Where none is recognised, or it is not ready, that is unknown; Cilium that is set not to enforce is
for `net-cilium-mode`. Left out: files, and an API server without nodes and pods.

Source: CIS Kubernetes 5.3.1; the documentation of each plug-in, see `analysis/network/plugins`.
"""

from collections.abc import Iterator

from k8sharden.analysis.network.cni import State, enforcement
from k8sharden.analysis.network.plugins import CILIUM
from k8sharden.analysis.runbooks import network_plugin
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.objects import Object

_CLUSTER = kinds.NAMESPACES.ref("", "kube-system")


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    known = enforcement(inventory)
    if known is None or known.state is State.ENFORCED:
        return
    # How Cilium is set is one defect, and another check's.
    sure = known.state is State.NOT_ENFORCED and known.plugin != CILIUM
    yield Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        Status.FAIL if sure else Status.UNKNOWN,
        _CLUSTER,
        known.said + (_in_vain(inventory) if sure else ""),
        evidence={"plugin": known.plugin, "mode": known.mode},
    )


def _in_vain(inventory: Inventory) -> str:
    """Say how many policies do nothing."""
    count = len(inventory.whole.of(kinds.NETWORK_POLICIES, Object))
    return f" {count} {'is' if count == 1 else 'are'} there in vain." if count else ""


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    known = enforcement(inventory)
    if found.status is not Status.FAIL or known is None:
        return NoChange(f"Not known to be wrong. {found.message}")
    distribution = inventory.control_plane.distribution
    return Change(
        ChangeKind.ARTEFACT,
        "Let NetworkPolicies be enforced",
        Risk.TRAFFIC,
        files=network_plugin.files(distribution, known.plugin),
        basis={"plugin": known.plugin, "distribution": distribution},
        rests_on=kinds.listings((kinds.DAEMON_SETS, kinds.NODES)),
        warnings=(_BEGINS,),
    )


_BEGINS = (
    "Needs testing: every policy that is there begins to hold at once, in all namespaces, and none "
    "was ever tried."
)

_POLICIES = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"

ITEM = Item(
    id="net-cni-unenforced",
    title="The network plug-in enforces policies",
    area=Area.NETWORK,
    severity=Severity.CRITICAL,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CONTROL_PLANE,
    needs=(kinds.DAEMON_SETS, kinds.NODES),
    references=(
        Reference("CIS Kubernetes 5.3.1"),
        Reference("Kubernetes: network policies, prerequisites", f"{_POLICIES}#prerequisites"),
        Reference(
            "kind issue 842: NetworkPolicy support",
            "https://github.com/kubernetes-sigs/kind/issues/842",
        ),
    ),
    lesson=Lesson(
        what=(
            "A NetworkPolicy is a record in the API. No part of Kubernetes itself acts on it: the "
            "network plug-in on each node has to turn it into packet filters. Calico, Cilium, "
            "Antrea and others do; plain Flannel and some defaults of cloud providers do not, and "
            "then the API server still accepts every policy without a word."
        ),
        why=(
            "A policy that nothing enforces is worse than none, since people rely on it. Audits "
            "read the objects and are content, reviewers see a default deny and leave a password "
            "as it is. No test of every day shows the gap: whatever is allowed works, and whatever "
            "is forbidden works as well. That is why every other pass here is unproven until a "
            "plug-in enforces."
        ),
        attack=(
            "In the training cluster DaemonSet kube-system/calico-node drops what policies forbid. "
            "Suppose somebody builds the same cluster with plain Flannel. Mallory, in a pod of "
            "Deployment shop/web, scans the namespace catalogue, whose policies deny everything. "
            "Every port answers. She copies the search index and goes on to the databases; the "
            "policies are all in place, and `kubectl get networkpolicies` looks as it should."
        ),
        fix=(
            "The engine that the plug-in brings is switched on, or one is added beside it; only "
            "rarely has the plug-in itself to be exchanged, and then a new cluster is the way. "
            "The runbook is for what runs here, begins with the list of policies that will start "
            "to hold, and ends with two pods that prove it."
        ),
        breaks=(
            "All policies begin to hold in the same minute. Those written years ago, for programs "
            "that have changed since, cut connections that nobody remembers. Agents restart on "
            "every node, and new pods wait for them. Some providers make node pools anew. Start "
            "in a test cluster that has the same policies."
        ),
        verify=(
            "Only a probe proves it. In a namespace of its own, connect from one pod to another; "
            "create a policy with an empty podSelector and policyTypes Ingress; connect again from "
            "a new pod, which must time out. The runbook has the commands. Try it on two nodes, "
            "then delete the namespace."
        ),
        reading=(
            Reference("Kubernetes: network policies", _POLICIES),
            Reference(
                "Kubernetes: network plug-ins that enforce policies",
                "https://kubernetes.io/docs/concepts/cluster-administration/addons/",
            ),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
