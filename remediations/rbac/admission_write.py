"""Nobody changes who is asked before objects are stored.

Bad: `create`, `update`, `patch`, `delete` or `deletecollection` on webhook configurations,
ValidatingAdmissionPolicies, MutatingAdmissionPolicies or their bindings. A rule that names its
objects is fine: so does an engine hold its own webhooks that is set up well. Engines that make
their webhooks as they go need `create`, which no name can limit: what looks like one is said to.

Source: CIS Kubernetes 5.1.12; kubernetes.io, RBAC Good Practices (Control admission webhooks).
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
    """Yield one finding for each binding that lets somebody change admission."""
    return judge(ITEM, POWERS["rbac-admission-write"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without these rights, or with those that are used."""
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-admission-write",
    title="Only admission's own engines change admission",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.12"),
        Reference("MITRE ATT&CK T1562.001", "https://attack.mitre.org/techniques/T1562/001/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "Before an object is stored, the API server asks webhooks and evaluates policies: "
            "they refuse it, or change it. Which ones stands in webhook configurations, in "
            "validating and mutating admission policies, and in the policies' bindings. This "
            "check finds every binding that lets somebody make, change or delete any of these."
        ),
        why=(
            "Who can delete a policy is bound by none. Who can point a webhook elsewhere sees each "
            "object that passes, Secrets with their values included, and a mutating one rewrites "
            "it: an image, a service account, a volume. All of that happens inside requests of "
            "other people, in their names, and the manifest in the repository still looks right."
        ),
        attack=(
            "In the training cluster whoever is on call may take webhooks out of the way, by "
            "ClusterRoleBinding on-call-switches. Mallory has one person's phone for an hour. She "
            "patches the autoscaler's webhook, which sees every new pod, to send them to her own "
            "server. At the next restart StatefulSet payments/ledger comes up with one more "
            "container, which reads the ledger's files and writes to her."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without writing or, "
            "where an audit log was given, only what was used. A program that keeps its own "
            "webhook up to date gets update and patch on that one by name. What people have to "
            "change in admission goes through the repository, where somebody reviews it."
        ),
        breaks=(
            "Engines that register themselves: Kyverno, Gatekeeper, cert-manager's cainjector, "
            "service meshes, every operator that brings a webhook. Without the right their "
            "webhooks keep an old CA bundle and fail, closed or open. An emergency in which a "
            "webhook blocks everything then needs cluster-admin. Try it with the audit log first."
        ),
        verify=(
            "`kubectl auth can-i patch mutatingwebhookconfigurations --as=anyone "
            "--as-group=on-call` says no, and the same for get still says yes. Then compare the "
            "caBundle of each webhook with its service's certificate a day later, and see that "
            "apiserver_admission_webhook_rejection_count shows no errors."
        ),
        reading=(
            Reference(
                "Kubernetes: Admission webhook good practices",
                "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
            ),
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
