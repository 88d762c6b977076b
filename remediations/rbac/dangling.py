"""Every binding gives a role that exists to somebody who exists.

Bad: a subject that is a ServiceAccount which is not there, in a namespace that was read or is gone
itself; or a role that is not there. Users and groups live outside the cluster and cannot be
missing. What the API server makes itself, and accounts in the cluster's own namespaces, are left
out: controllers make those accounts when they need them. Manifests do not hold the whole cluster,
so nothing is said of them.

Source: kubernetes.io, Using RBAC Authorization (subjects and roles need not exist).
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.bindings import subjects_of, who
from k8sharden.analysis.rbac.policy import RBAC, policy_of, role_of
from k8sharden.analysis.rbac.standing import Fault, judge
from k8sharden.analysis.rbac.subjects import service_account
from k8sharden.analysis.rbac.tokens import accounts
from k8sharden.analysis.system import is_bootstrap_rbac, is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, Listing, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from remediations.rbac.leaving import leave


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that leads nowhere."""
    return judge(ITEM, inventory, _fault)


def _fault(ref: Ref, binding: o.Binding, inventory: Inventory) -> Fault | None:
    if is_bootstrap_rbac(binding.metadata) or is_system_namespace(ref.namespace):
        return None
    role = role_of(ref, binding)
    if _is_missing_role(role, inventory) and subjects_of(binding):
        return Fault(
            tuple(binding.subjects or ()),
            f"{role.label} does not exist. Whoever makes it decides what "
            f"{who(subjects_of(binding))} may do.",
            evidence={"missing": [role.label]},
            path="roleRef",
        )
    gone = tuple(
        each for each in binding.subjects or () if _is_missing(each, ref.namespace, inventory)
    )
    if not gone:
        return None
    return Fault(
        gone,
        f"{who(gone)} does not exist. Whoever makes a ServiceAccount of that name gets "
        f"{role.label}.",
        evidence={"missing": [each.label for each in gone]},
    )


def _is_missing_role(role: Ref, inventory: Inventory) -> bool:
    if role in policy_of(inventory).roles or _is_odd(role, inventory):
        return False
    kind = kinds.ROLES if role.namespace else kinds.CLUSTER_ROLES
    return inventory.entry(kind).covers(role.namespace)


def _is_missing(subject: o.Subject, home: str, inventory: Inventory) -> bool:
    account = service_account(subject, home)
    if account is None or is_system_namespace(account[0]):
        return False
    ref = kinds.SERVICE_ACCOUNTS.ref(*account)
    if account in accounts(inventory) or _is_odd(ref, inventory):
        return False
    return inventory.entry(kinds.SERVICE_ACCOUNTS).covers(account[0])


def _is_odd(ref: Ref, inventory: Inventory) -> bool:
    """Whether an object is there, and could not be read."""
    return any(odd.ref == ref for odd in inventory.odd)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Take those who are missing out of the binding, or delete it where nobody stays."""
    rests_on = (
        *kinds.listings((kinds.SERVICE_ACCOUNTS, kinds.CLUSTER_ROLES)),
        *(Listing(kinds.ROLES.key, space) for space in (finding.resource.namespace,) if space),
    )
    warning = (
        "It allows nobody anything today. Make sure that it does not wait for an application that "
        "is about to be installed."
    )
    return leave(finding, inventory, _fault, warnings=(warning,), rests_on=rests_on)


ITEM = Item(
    id="rbac-dangling",
    title="Bindings name roles and accounts that exist",
    area=Area.RBAC,
    severity=Severity.LOW,
    kind=ChangeKind.DELETE,
    scope=Scope.EACH,
    needs=(*RBAC, kinds.SERVICE_ACCOUNTS),
    references=(
        Reference("MITRE ATT&CK T1098", "https://attack.mitre.org/techniques/T1098/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A binding holds names, not objects: neither its role nor its service accounts need "
            "to exist, now or ever. This check finds bindings to a service account that is not "
            "there, in a namespace of today or in one that was deleted long ago, and bindings to "
            "a role that is not there. Users and groups live elsewhere and are left out."
        ),
        why=(
            "The name is enough. Whoever may create a service account of that name, or bring back "
            "the namespace, gets the rights at once, without any right to change RBAC; and "
            "whoever may create the missing role decides what the binding gives. What was left "
            "behind by a tool that was removed waits for the next one that happens to be called so."
        ),
        attack=(
            "The search index was once rebuilt under an account of its own. The account is gone, "
            "RoleBinding catalogue/indexer is still there and lets ServiceAccount "
            "catalogue/indexer change the ConfigMaps of the shop window. Mallory may create "
            "service accounts and pods in catalogue, and no more. She calls hers indexer, starts "
            "a pod under it, and CronJob catalogue/reindex reads her settings that night."
        ),
        fix=(
            "Only what is missing goes: the subject leaves the binding where others stand in it, "
            "otherwise the binding is deleted; it goes as a whole where its role is missing. "
            "Nobody loses a right that works today. The journal keeps what it was, and undo "
            "brings it back to the letter."
        ),
        breaks=(
            "Nothing that works now. An application that is installed in two steps may bring its "
            "bindings before its accounts, and a chart that is switched off may count on them "
            "staying: then the rights are missing when the account comes. Installing it anew "
            "brings the binding back."
        ),
        verify=(
            "`kubectl get rolebinding indexer -n catalogue` finds nothing, and `kubectl auth can-i "
            "update configmaps -n catalogue --as=system:serviceaccount:catalogue:indexer` says "
            "no, although no such account exists: the API server asks for the name alone, which "
            "is the whole trouble."
        ),
        reading=(
            Reference(
                "Kubernetes: Using RBAC authorization",
                "https://kubernetes.io/docs/reference/access-authn-authz/rbac/",
            ),
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    live_only=True,
)
