"""Nobody gets through to the kubelets but by the parts of their API that are harmless.

Bad: any of the verbs that requests turn into, `get` included, on `nodes/proxy`, also through `*` or
`*/proxy`, and for single nodes. A kubelet takes a WebSocket, which begins with a GET, for its
`/exec`, so that reading is as much as writing. Critical. In a RoleBinding it means nothing, since
nodes stand in no namespace; `nodes/*` means nothing either, since RBAC knows no such pattern.

The fix puts the fine-grained sub-resources in its place, as far as the server's version knows them:
`nodes/metrics`, `nodes/stats` and `nodes/log` always, `nodes/pods`, `nodes/healthz` and
`nodes/configz` where KubeletFineGrainedAuthz is on by default, from 1.33 on.

Source: CIS Kubernetes 5.1.10; KEP-2862; kubernetes.io, Kubelet authentication/authorization.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import RBAC
from k8sharden.analysis.rbac.powers import judge
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.rbac.swap import swap


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that lets somebody through to kubelets."""
    return judge(ITEM, POWERS["rbac-nodes-proxy"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role with the harmless parts of the kubelet's API."""
    answer = swap(finding, inventory)
    if isinstance(answer, NoChange):
        return answer
    return msgspec.structs.replace(answer, warnings=(*answer.warnings, _STILL))


_STILL = (
    "At a kubelet, running commands, attaching, port forwarding, containers' logs and profiling "
    "still need nodes/proxy, and so does every request through the API server's path /proxy."
)

_KUBELET = Reference(
    "Kubernetes: kubelet authentication and authorization",
    "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",
)

ITEM = Item(
    id="rbac-nodes-proxy",
    title="Nobody gets through to the kubelets",
    area=Area.RBAC,
    severity=Severity.CRITICAL,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.10"),
        Reference("KEP-2862", "https://www.kubernetes.dev/resources/keps/2862/"),
        _KUBELET,
    ),
    lesson=Lesson(
        what=(
            "Every node runs a kubelet with an HTTPS API of its own: numbers and logs, and also "
            "running commands in any container of the node. For most of it the kubelet asks "
            "whether the caller holds nodes/proxy. This check finds every binding that allows "
            "nodes/proxy with any verb, get included."
        ),
        why=(
            "Granted to agents that only want numbers, nodes/proxy opens the way to commands in "
            "every pod of a node. Even get is enough: a command over a WebSocket begins with a "
            "GET. The kubelet is asked directly, so that neither admission nor the API server's "
            "audit log ever sees what was run."
        ),
        attack=(
            "In the training cluster the group on-call may read everything, so it also holds get "
            "on nodes/proxy. Mallory steals one kubeconfig of theirs. From a pod she opens a "
            "WebSocket to port 10250 of a node, asks for /exec in the container of Deployment "
            "payments/checkout, and reads its keys as root, though the role says read-only."
        ),
        fix=(
            "The binding is swapped for one to a smaller role, where fine-grained sub-resources "
            "stand in for nodes/proxy: metrics, stats and log on every version; pods, healthz and "
            "configz from 1.33 on, where kubelets ask for them by default. Commands, attaching, "
            "port forwarding, containers' logs and profiling at the kubelet still need nodes/proxy."
        ),
        breaks=(
            "Agents that reach kubelets through the API server's own path, /api/v1/nodes/NAME/"
            "proxy: there the API server itself asks for nodes/proxy. Point them at port 10250 of "
            "the node instead. Kubelets older than 1.33, or with the feature gate off, still "
            "refuse nodes/pods, nodes/healthz and nodes/configz."
        ),
        verify=(
            "`kubectl auth can-i get nodes/proxy --as=anyone --as-group=on-call` says no, and "
            "`kubectl auth can-i get nodes/metrics` with the same options says yes. Then see that "
            "the graphs of nodes and containers go on, and that no agent logs a 403 from port "
            "10250."
        ),
        reading=(
            _KUBELET,
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
