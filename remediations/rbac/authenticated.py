"""Rights are given to those who need them, not to everybody who has a name.

Bad: a binding that names the group `system:authenticated` or `system:serviceaccounts`, or the
service accounts of another namespace as a whole (`system:serviceaccounts:NAMESPACE`, in the whole
cluster or in a namespace that is not theirs), and gives more than a new cluster does: discovery,
asking for one's own rights, and public keys. High; critical where it is dangerous in anybody's
hands, and on GKE, where everybody with a Google account is authenticated. All accounts of one
namespace in that namespace are no such group: OpenShift makes such a binding in each.

Source: GKE's CIS benchmark 4.1.10; kubernetes.io, RBAC Good Practices.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.bindings import who
from k8sharden.analysis.rbac.everybody import BASIC, beyond, is_dangerous, shown
from k8sharden.analysis.rbac.policy import RBAC, policy_of, role_of
from k8sharden.analysis.rbac.standing import Fault, judge
from k8sharden.analysis.rbac.subjects import ACCOUNTS, AUTHENTICATED, is_account_group
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.analysis.rbac.window import words
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from remediations.rbac.leaving import leave


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that gives everybody more than a new cluster does."""
    return judge(ITEM, inventory, _fault)


def _fault(ref: Ref, binding: o.Binding, inventory: Inventory) -> Fault | None:
    everybody = tuple(each for each in binding.subjects or () if _is_everybody(each, ref))
    more = beyond(ref, binding, BASIC, inventory) if everybody else None
    if more is None:
        return None
    google = inventory.control_plane.distribution == "GKE" and any(
        each.name == AUTHENTICATED for each in everybody
    )
    said = " On GKE everybody with a Google account is in it." if google else ""
    role = role_of(ref, binding)
    worst = google or is_unlimited(role, policy_of(inventory)) or is_dangerous(ref, inventory)
    return Fault(
        everybody,
        f"{who(everybody)} may {shown(more)}, by {role.label}.{said}",
        Severity.CRITICAL if worst else None,
        evidence={"rights": more},
        system=all(_is_of_the_system(each) for each in everybody),
    )


def _is_everybody(subject: o.Subject, ref: Ref) -> bool:
    if subject.kind != "Group":
        return False
    if subject.name == AUTHENTICATED:
        return True
    return is_account_group(subject.name) and subject.name != f"{ACCOUNTS}:{ref.namespace}"


def _is_of_the_system(subject: o.Subject) -> bool:
    return is_system_namespace(subject.name.removeprefix(f"{ACCOUNTS}:"))


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Take the groups out of the binding, or delete it where nobody else stands in it."""
    usage = inventory.facts.usage
    known = (
        f"who of them uses these rights is known only as far as the audit log of {words(usage)} "
        "shows it"
        if usage
        else "nobody can tell without an audit log who of them uses these rights"
    )
    warning = f"Needs testing: {known}. Give those who do a binding of their own before."
    return leave(finding, inventory, _fault, warnings=(warning,))


ITEM = Item(
    id="rbac-authenticated",
    title="Having a name gives no rights",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.DELETE,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS GKE 4.1.10"),
        Reference("MITRE ATT&CK T1078", "https://attack.mitre.org/techniques/T1078/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "Everybody whose credentials are accepted is in group system:authenticated, and every "
            "pod's service account is in system:serviceaccounts, too. A new cluster lets them see "
            "which APIs there are and ask for their own rights. This check finds the bindings "
            "that give these groups, or all accounts of a foreign namespace, anything beyond."
        ),
        why=(
            "Nobody can be left out of such a group, so what it holds is held by the weakest "
            "member: each pod that runs, each person who ever got a certificate, and on GKE each "
            "Google account of the world. One leaking container is then enough, whatever its own "
            "account was meant for, and no later binding can take the right away again."
        ),
        attack=(
            "RoleBinding monitoring/metrics-readers lets every service account look into the "
            "namespace monitoring, so that dashboards work. Mallory is in Pod legacy/ftp-bridge, "
            "an old FTP server whose account was never given a single right. With its token she "
            "reads the pods and ConfigMaps of monitoring, learns which hosts the collectors "
            "reach and what they run, and chooses where to go next."
        ),
        fix=(
            "The group leaves the binding, and the binding goes where nobody else stands in it. "
            "Those who use the rights are given a binding by name first: the service account of "
            "the dashboard, the group of the people. An audit log tells who they are. What every "
            "new cluster gives these groups stays as it is."
        ),
        breaks=(
            "Whoever used the right without knowing where it came from: dashboards, scripts in "
            "pods, developers who look into another team's namespace. They get a 403 that names "
            "them, the verb and the resource, which is all that is needed to write the binding "
            "that they should have had."
        ),
        verify=(
            "`kubectl auth can-i list configmaps -n monitoring "
            "--as=system:serviceaccount:legacy:default --as-group=system:serviceaccounts` says "
            "no, and for the service account that was given a binding of its own it says yes. "
            "Then watch for new 403s in the audit log."
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
)
