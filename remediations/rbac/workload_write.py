"""Nobody starts pods in every namespace whose work is not to deploy.

Bad: `create`, `update` or `patch` on pods, or on what makes them, in the whole cluster:
replicationcontrollers, deployments, statefulsets, daemonsets, replicasets, jobs and cronjobs. High.
In one namespace it is everyday work, and no finding. GitOps operators and pipelines often need it:
the message says so, and the finding stays, since Roles in the namespaces that they deploy to are
enough for them, too.

Source: CIS Kubernetes 5.1.4; kubernetes.io, RBAC Good Practices.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import RBAC
from k8sharden.analysis.rbac.powers import judge
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.rbac.swap import swap


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that lets somebody start pods anywhere."""
    return judge(ITEM, POWERS["rbac-workload-write"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role that starts nothing, or only what is started.

    What often needs to keeps the right until an audit log shows where.
    """
    return swap(finding, inventory)


_GOOD_PRACTICES = Reference(
    "Kubernetes: RBAC good practices, workload creation",
    "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
)

ITEM = Item(
    id="rbac-workload-write",
    title="Pods are started in the namespaces one works in",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.4"),
        Reference("MITRE ATT&CK T1610", "https://attack.mitre.org/techniques/T1610/"),
        _GOOD_PRACTICES,
    ),
    lesson=Lesson(
        what=(
            "Who may create or change pods decides what runs, as which service account, and with "
            "which Secrets and volumes. The same goes for all that makes pods: Deployments, "
            "StatefulSets, DaemonSets, ReplicaSets, Jobs and CronJobs. This check finds bindings "
            "that allow it in every namespace, kube-system included."
        ),
        why=(
            "A pod may mount any Secret of its namespace and run under any service account there. "
            "So this right is the right to all of them, in every namespace, without one request "
            "for a Secret. Where no Pod Security level is enforced a pod may mount the node's own "
            "disk, too, and then the node is lost."
        ),
        attack=(
            "In the training cluster Deployment databases/postgres-operator may change "
            "StatefulSets and pods everywhere, since its role was bound in the whole cluster. "
            "Mallory takes over the operator through a flaw in a library. She creates a pod in "
            "kube-system that runs under the service account of a controller, reads the token in "
            "it, and owns what that controller owns."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without these "
            "writes or, where an audit log was given, with what was written, where it was "
            "written. An operator or a pipeline that deploys gets RoleBindings in its namespaces "
            "instead of one binding for the cluster."
        ),
        breaks=(
            "Whatever really deploys: pipelines, GitOps operators, operators of databases, "
            "autoscalers that patch workloads. Their next rollout fails with a 403; what runs "
            "goes on running. A new namespace needs a RoleBinding before anything can be deployed "
            "to it, so put that where namespaces are made."
        ),
        verify=(
            "`kubectl auth can-i create pods -n kube-system --as=system:serviceaccount:databases:"
            "postgres-operator` says no, and the same question for the namespaces that it works "
            "in says yes. Then let it do its work once: a rollout, a restart, and look for "
            "forbidden in its log."
        ),
        reading=(_GOOD_PRACTICES,),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
