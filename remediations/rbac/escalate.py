"""Nobody can give themselves rights that they do not have.

Bad: the verbs that pass over the API server's own guard against that. `escalate` on roles writes
roles with any rights; `bind` hands out any role; `impersonate` on users, groups and service
accounts asks in somebody else's name. Critical in the whole cluster; high in one namespace, where
users and groups, which stand in none, mean nothing.

Names count. `escalate` is as bad on one role, which may be made anything. `bind` and `impersonate`
limited by `resourceNames` are a finding only where what they name is dangerous itself, by any of
the items about rights: to bind `view`, or to act as a service account that may do little, gains
little, while `bind` on `edit` gains its Secrets.

Constrained impersonation (`impersonate:user-info`, `impersonate:serviceaccount`,
`impersonate:arbitrary-node` and `impersonate:associated-node`, on by default since 1.36) is asked a
second time, with `impersonate-on:MODE:VERB`, for what is done in that name. It is a finding only
where the subject holds a dangerous right of that second kind, in whatever role. Rights on `uids`
and `userextras` are left out: RBAC gives nothing to them.

Source: CIS Kubernetes 5.1.8; kubernetes.io, RBAC Good Practices and User Impersonation; KEP-5284.
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
    """Yield one finding for each binding that lets somebody gain rights."""
    return judge(ITEM, POWERS["rbac-escalate"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without these verbs."""
    return swap(finding, inventory)


_PREVENTION = Reference(
    "Kubernetes: privilege escalation prevention and bootstrapping",
    "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
    "#privilege-escalation-prevention-and-bootstrapping",
)
_IMPERSONATION = Reference(
    "Kubernetes: user impersonation",
    "https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/",
)

ITEM = Item(
    id="rbac-escalate",
    title="Nobody can give themselves more rights",
    area=Area.RBAC,
    severity=Severity.CRITICAL,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(Reference("CIS Kubernetes 5.1.8"), _PREVENTION, _IMPERSONATION),
    lesson=Lesson(
        what=(
            "The API server lets nobody write a role or a binding that gives more than they hold "
            "themselves. Three verbs pass over that: escalate writes any role, bind hands out any "
            "role, impersonate asks in the name of any user, group or service account. This "
            "check finds every binding that allows one of them on anything worth having."
        ),
        why=(
            "Each of them is cluster-admin with one step in between. The role looks modest, since "
            "it says nothing of Secrets or nodes, and a scan of who holds cluster-admin does not "
            "list its holder. With impersonate the step leaves no new object behind: what was "
            "done stands in the log under another name."
        ),
        attack=(
            "In the training cluster the group onboarding gives newcomers their rights, through "
            "a role that may bind any ClusterRole. Mallory gets hold of one account of that "
            "group, writes a binding of cluster-admin to herself, and restarts Deployment "
            "payments/checkout with an image of her own. Every request was allowed."
        ),
        fix=(
            "The binding is swapped for one to a smaller role, without these verbs or, where an "
            "audit log was given, with what was used. Who has to hand out access keeps bind, "
            "limited by resourceNames to the roles that they may hand out, such as view; who "
            "tests rights acts as one named account that may do little."
        ),
        breaks=(
            "Tools that create roles for others: installers, operators that give their "
            "databases service accounts, portals that act as the person who is logged in. They "
            "stop with a 403 that says what they attempted to grant. The audit log shows no "
            "escalate and no bind, so ask their owners first."
        ),
        verify=(
            "`kubectl auth can-i bind clusterroles --as=anyone --as-group=onboarding` and the "
            "same for escalate and for impersonate users say no. Then let them hand out view "
            "once in a test namespace, if they were left that, and see that handing out "
            "cluster-admin is refused."
        ),
        reading=(_PREVENTION, _IMPERSONATION),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
