"""The API servers keep an audit log.

Bad: an API server without `--audit-policy-file`, or with a policy and neither `--audit-log-path`
nor `--audit-webhook-config-file` to send events to; where no flags can be seen, metrics that count
no audit event and no level. Good: every API server that was seen has both, or metrics count events.
On a managed control plane it is the provider who knows: unknown, with the command to ask.

Source: CIS Kubernetes 3.2.1 and 1.2.16; kubernetes.io, Auditing.
"""

from collections.abc import Iterator

from k8sharden.analysis.control_plane import auditing
from k8sharden.analysis.runbooks import audit as runbook
from k8sharden.analysis.runbooks.artefact import artefact, to_know
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope

# The cluster's identity is this namespace's uid; a pod or node may be another one next time.
_CLUSTER = kinds.NAMESPACES.ref("", "kube-system")


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for the cluster, unless audit logging is proven."""
    verdict = auditing(inventory)
    if verdict.status is Status.PASS:
        return
    message = verdict.reason
    if verdict.status is Status.UNKNOWN:
        message = " ".join((message, *to_know(inventory, runbook.ask)))
    yield Finding(
        ITEM.id,
        Area.AUDIT,
        Severity.HIGH,
        verdict.status,
        _CLUSTER,
        message,
        evidence=verdict.evidence,
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Export the policy, the flags and the runbook for this distribution."""
    warning = "The log takes disk space on these nodes, and holds who did what: guard it."
    return artefact(finding, inventory, "Keep an audit log", runbook.ask, runbook.files, warning)


ITEM = Item(
    id="aud-off",
    title="The API server keeps an audit log",
    area=Area.AUDIT,
    severity=Severity.HIGH,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CONTROL_PLANE,
    needs=(),
    references=(
        Reference("CIS Kubernetes 3.2.1"),
        Reference("CIS Kubernetes 1.2.16"),
        Reference(
            "Kubernetes: auditing", "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"
        ),
    ),
    lesson=Lesson(
        what=(
            "The API server can write a line for every request: who, from where, which verb on "
            "which object, allowed or not. An audit policy decides how much of each request is "
            "kept: nothing, metadata, the request, or the answer as well. Without a policy, or "
            "without a file or webhook to send the lines to, it keeps none."
        ),
        why=(
            "Every change of a cluster goes through the API, so this is the one log that an "
            "intruder with stolen credentials cannot avoid. Without it the questions after an "
            "incident have no answers: which Secrets were read, which roles were changed, is the "
            "attacker still there? It is also the only honest source for what rights a service "
            "account really needs."
        ),
        attack=(
            "With the stolen token of ServiceAccount ci/pipeline, Mallory reads every Secret, "
            "makes a ClusterRoleBinding for herself, runs exec in a pod of Deployment "
            "payments/checkout, and deletes the binding again. Static pod "
            "kube-apiserver-control-plane-1 has no audit policy. A week later the bank calls. "
            "Events have expired, pods have been replaced: nobody can say what she saw, so every "
            "password must change."
        ),
        fix=(
            "A policy file is put on each control-plane node, and the API server gets flags for "
            "the policy, the log file and its rotation, with both paths mounted. The policy leaves "
            "out only noise, keeps metadata of Secrets but never their content, and whole requests "
            "for roles, workloads and webhooks. Each API server restarts once."
        ),
        breaks=(
            "A wrong path or a policy with a typing error keeps the API server from starting: one "
            "node at a time, with the old manifest kept outside the manifests folder, where the "
            "kubelet would run it too. The log takes disk and a little memory. A policy that "
            "keeps bodies of Secrets would copy every password into a file."
        ),
        verify=(
            "The metric apiserver_audit_event_total grows with each request. Ask for an object "
            "that does not exist, `kubectl get configmap audit-marker`, and find that name in "
            "/var/log/kubernetes/audit/audit.log. Then check that the line arrives where logs are "
            "collected, off the node. Scan again: the check must pass."
        ),
        reading=(
            Reference(
                "Kubernetes: auditing",
                "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",
            ),
            Reference(
                "Kubernetes: kube-apiserver audit configuration",
                "https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    live_only=True,
)
