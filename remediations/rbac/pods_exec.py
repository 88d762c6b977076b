"""Nobody reaches into running containers as a matter of course.

Bad: `create` on `pods/exec`, `pods/attach` or `pods/portforward`, or `update` and `patch` on
`pods/ephemeralcontainers`. On servers before 1.35 `get` on the first three is enough, since a
WebSocket begins with one. High in the whole cluster, medium in one namespace; people who hold
Kubernetes' own `edit` or `admin` in a namespace are left out.

Source: kubernetes.io, RBAC Good Practices; the changelog of 1.35
(AuthorizePodWebsocketUpgradeCreatePermission).
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
    """Yield one finding for each binding that lets somebody into running containers."""
    return judge(ITEM, POWERS["rbac-exec"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without these rights, or with those that are used."""
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-exec",
    title="Nobody enters running containers by default",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("MITRE ATT&CK T1609", "https://attack.mitre.org/techniques/T1609/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "Four sub-resources of pods lead into what already runs: pods/exec starts a command, "
            "pods/attach joins the one that runs, pods/portforward opens its ports, and "
            "pods/ephemeralcontainers puts another container beside it. This check finds every "
            "binding that allows one of them, in the whole cluster or in one namespace."
        ),
        why=(
            "Whoever may enter a container holds what it holds: its files, its environment with "
            "the passwords in it, its network, and the token of its service account. No admission "
            "policy on pods sees it, since no pod is made. What was done inside leaves one line "
            "in the audit log and nothing of what was typed."
        ),
        attack=(
            "In the training cluster the group wiki-keepers looks after the office tools through "
            "RoleBinding office/office-operators. Mallory guesses the password of one of them. "
            "She needs no exploit: `kubectl exec` into Deployment office/wiki gives her a shell, "
            "the database password in its environment, and the wiki's network, from which the "
            "payroll answers. No pod was made and no policy said a word."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without these "
            "sub-resources or, where an audit log was given, only what was used. The new role and "
            "binding come first, then the old binding goes; if one step fails, the earlier ones "
            "are taken back. Whoever needs to look inside now and then gets a role for that day."
        ),
        breaks=(
            "Habits: a support team that opens a shell in production, a script that copies files "
            "with kubectl cp, an IDE that forwards ports, backup tools that run a dump inside the "
            "database's pod. They stop with a 403 that names the sub-resource. Ask, or read the "
            "audit log, before you take it away."
        ),
        verify=(
            "`kubectl auth can-i create pods/exec -n office --as-group=wiki-keepers --as=anyone` "
            "says no, and `kubectl auth can-i get pods/log` with the same options still says yes. "
            "Then search the audit log for the verb create on these sub-resources with the "
            "decision forbid."
        ),
        reading=(
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
