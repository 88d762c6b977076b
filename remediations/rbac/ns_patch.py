"""Nobody takes the labels off a namespace that admission goes by.

Bad: `update` or `patch` on `namespaces` or `namespaces/status`, or `update` on
`namespaces/finalize`: all of them store the labels that they are sent. Medium in the whole cluster,
for namespaces by name, and in one namespace: a request about Namespace shop is authorised in shop,
so that a RoleBinding there is enough. There a rule that names other namespaces gives nothing.

Source: kubernetes.io, RBAC Good Practices (Namespace modification). That the sub-resources store
labels was seen on kube-apiserver v1.36.2.
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
    """Yield one finding for each binding that lets somebody label namespaces."""
    return judge(ITEM, POWERS["rbac-ns-patch"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without these rights, or with those that are used."""
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-ns-patch",
    title="Nobody takes the labels off a namespace",
    area=Area.RBAC,
    severity=Severity.MEDIUM,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("MITRE ATT&CK T1562.001", "https://attack.mitre.org/techniques/T1562/001/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "Pod Security reads from a namespace's labels how strict it is to be. NetworkPolicies "
            "and webhooks choose namespaces by labels, too. This check finds every binding that "
            "lets somebody update or patch namespaces, directly or through the sub-resources "
            "status and finalize, which store labels as well; everywhere, by name, or in one."
        ),
        why=(
            "Whoever may edit the labels decides what holds for the pods inside. Many roles for "
            "teams have this right for an annotation or a cost centre, and RBAC cannot tell one "
            "label from another. A RoleBinding inside the namespace is enough, since the API "
            "server authorises a change of Namespace shop in shop itself."
        ),
        attack=(
            "In the training cluster the database keepers announce maintenance in an annotation, "
            "and may patch their namespace for that: RoleBinding databases/maintenance. Namespace "
            "databases enforces baseline. Mallory, as one of them, patches the enforce label to "
            "privileged, starts a pod that shares the node's processes, and reads the memory of "
            "StatefulSet databases/orders-db. Then she puts the label back."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without writing "
            "namespaces or, where an audit log was given, only what was used. Labels of "
            "namespaces belong into the repository that makes the namespaces. Where teams need "
            "annotations, a ValidatingAdmissionPolicy can keep the labels as they are."
        ),
        breaks=(
            "Tools that label namespaces: GitOps agents, service meshes and their injection "
            "labels, tenancy operators, `helm --create-namespace` with labels, the console of a "
            "distribution. They fail with a 403 when they next write. What is labelled stays as it "
            "is. Compare with the audit log before."
        ),
        verify=(
            "`kubectl auth can-i patch namespaces/databases -n databases --as=anyone "
            "--as-group=database-keepers` says no, and get still says yes. In the audit log look "
            "for update and patch of namespaces by anybody but those who make them."
        ),
        reading=(
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
            Reference(
                "Kubernetes: Enforce Pod Security with namespace labels",
                "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
