"""Nobody holds every right in a namespace without need.

Bad: a RoleBinding to `cluster-admin`, or to a role that allows everything by its own rules or by
aggregation. It allows what `admin` leaves out: to give rights away that one does not have, to take
Pod Security's labels off the namespace, to lift its quota. Also bad: a RoleBinding to `admin` for a
service account called `default`, or for the group of all service accounts of a namespace, since any
pod there may use it. People who hold `admin` in their namespace are fine. Medium; high in a
namespace of the cluster's own parts, where tokens of controllers lie.

The fix gives people `admin` in place of everything, and service accounts a small Role that is
marked as a guess; or, where an audit log was given, what they use.

Source: CIS Kubernetes 5.1.1; kubernetes.io, Using RBAC Authorization (User-facing roles).
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.bindings import found, in_use, subjects_of, who
from k8sharden.analysis.rbac.policy import RBAC, policy_of, role_of
from k8sharden.analysis.rbac.subjects import key
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from remediations.rbac.namespace_admins import gives_everything, shared_admins
from remediations.rbac.swap import swap


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each RoleBinding that gives everything, or `admin` to any pod."""
    policy = policy_of(inventory)
    for ref, binding in in_use(policy):
        shared = shared_admins(ref, binding)
        if gives_everything(ref, binding, policy):
            yield _everything(ref, binding, inventory)
        elif shared:
            yield _admin(ref, binding, shared, inventory)


def _everything(ref: Ref, binding: o.Binding, inventory: Inventory) -> Finding:
    said = (
        f"{who(subjects_of(binding))} may do everything in namespace {ref.namespace}, "
        f"by {role_of(ref, binding).label}."
    )
    severity = Severity.MEDIUM
    if is_system_namespace(ref.namespace):
        severity = Severity.HIGH
        said += " High: the tokens of the cluster's own controllers are made there."
    return found(ITEM, ref, binding, said, inventory, severity=severity)


def _admin(ref: Ref, binding: o.Binding, shared: list[o.Subject], inventory: Inventory) -> Finding:
    names = [key(each, ref.namespace) for each in shared]
    said = (
        f"{names[0]} is admin of namespace {ref.namespace}, and any pod that names no account of "
        "its own is that one."
    )
    if shared[0].kind == "Group":
        said = f"Every pod of {names[0]} is admin of namespace {ref.namespace}."
    return found(ITEM, ref, binding, said, inventory, evidence={"shared": names})


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to `admin` and small Roles, or to what is used."""
    if finding.system:
        return NoChange("It belongs to the cluster's own parts: ask whoever installed them.")
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-ns-admin",
    title="Nobody holds every right in a namespace",
    area=Area.RBAC,
    severity=Severity.MEDIUM,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.1"),
        Reference("MITRE ATT&CK T1098.006", "https://attack.mitre.org/techniques/T1098/006/"),
        Reference(
            "Kubernetes: Using RBAC authorization",
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A RoleBinding may refer to a ClusterRole, and gives its rights in one namespace. "
            "Kubernetes brings admin for whoever looks after a namespace. This check finds "
            "RoleBindings to cluster-admin or to anything else that allows everything, and those "
            "that make any pod of a namespace its admin, through the account called default."
        ),
        why=(
            "cluster-admin in a namespace is more than admin. It may give away rights that it "
            "does not hold, take Pod Security's labels off, lift the quota, and write every "
            "custom resource, which an operator may act upon far outside. An account that pods "
            "share by default is nobody's: whoever gets into any of them is admin of all."
        ),
        attack=(
            "In the training cluster the accountants got RoleBinding office/back-office-admins "
            "when the invoices had to run again before midnight. Mallory opens one's mail and "
            "finds a kubeconfig. She reads what Deployment office/invoices reads, and makes one "
            "more RoleBinding to cluster-admin, for an account of her own: admin could not, since "
            "it may give away only what it holds. The password is changed, and she stays."
        ),
        fix=(
            "A RoleBinding to admin is created for the people, and for service accounts a small "
            "Role with a binding, marked as a guess. Then the old RoleBinding goes, since the role "
            "that it refers to cannot be changed. If one step fails, the earlier ones are taken "
            "back. Where an audit log was given, all get what they used instead."
        ),
        breaks=(
            "What admin leaves out stops with a 403: ResourceQuotas and LimitRanges, labels and "
            "annotations of the namespace itself, Roles that allow more than their maker holds, "
            "and custom resources whose operator added them to no role for people. Ask the "
            "people which of it they use, or read the audit log."
        ),
        verify=(
            "`kubectl auth can-i '*' '*' -n office --as=anyone --as-group=back-office` says no, "
            "`update deployments` with the same options says yes, and `create resourcequotas` no. "
            "`kubectl get rolebindings -n office -o wide` shows the new binding and not the old "
            "one. Whatever admin still allows beyond that, a ClusterRole added by its label."
        ),
        reading=(
            Reference(
                "Kubernetes: User-facing roles",
                "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles",
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
