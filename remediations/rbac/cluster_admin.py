"""Nobody but people in an emergency holds every right in the cluster.

Bad: a ClusterRoleBinding to `cluster-admin`, or to a ClusterRole that allows everything by its own
rules or by aggregation, with any subject but the group `system:masters`. Critical for a service
account or a group that holds everybody, high for a user or another group, and for a GitOps
operator that shows by name and image. The group `kubeadm:cluster-admins` is meant for
emergencies: low.

The fix gives what an audit log shows. Without one it moves service accounts only, to starting
points by what they seem to be for, marked as guesses: a pipeline gets a Role in each namespace that
runs applications, what is nothing known of a Role that reads its own namespace, and what nothing
runs under none. People are not moved without evidence: it could be whoever applies this.

Source: CIS Kubernetes 5.1.1; kubernetes.io, RBAC Good Practices.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.purpose import Purpose, purpose
from k8sharden.analysis.rbac.subjects import is_account_group, service_account
from k8sharden.analysis.rbac.unlimited import unlimited_bindings
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.analysis.system import is_broad_group, is_system_namespace, is_system_subject
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.rbac.moves import BREAK_GLASS
from remediations.rbac.swap import swap


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that allows everything."""
    for binding, subjects in unlimited_bindings(inventory).values():
        graded = [(_severity(each, binding, inventory), each) for each in subjects]
        severity, worst = min(graded, key=lambda pair: pair[0].rank)
        yield Finding(
            ITEM.id,
            Area.RBAC,
            severity,
            Status.FAIL,
            kinds.CLUSTER_ROLE_BINDINGS.ref("", binding.name),
            _message(binding, worst, len(subjects) - 1, inventory),
            path="roleRef",
            evidence=_evidence(binding, subjects, inventory),
            system=all(map(_is_system, subjects)),
        )


def _severity(subject: o.Subject, binding: o.Binding, inventory: Inventory) -> Severity:
    account = service_account(subject)
    if account:
        gitops = purpose(account, binding.name, inventory) is Purpose.GITOPS
        return Severity.HIGH if gitops else Severity.CRITICAL
    if is_broad_group(subject.name) or is_account_group(subject.name):
        return Severity.CRITICAL
    return Severity.LOW if _is_break_glass(subject) else Severity.HIGH


def _is_break_glass(subject: o.Subject) -> bool:
    return subject.kind == "Group" and subject.name == BREAK_GLASS


def _is_system(subject: o.Subject) -> bool:
    account = service_account(subject)
    return is_system_namespace(account[0]) if account else is_system_subject(subject.name)


def _message(binding: o.Binding, worst: o.Subject, others: int, inventory: Inventory) -> str:
    """Say who holds every right, and why that is worse or better than usual."""
    who = worst.label + (f" and {others} more" if others else "")
    said = f"{who} may do everything in the cluster, by ClusterRole {binding.role_ref.name}."
    account = service_account(worst)
    if account and purpose(account, binding.name, inventory) is Purpose.GITOPS:
        return f"{said} High, not critical: it looks like a GitOps operator, which often needs it."
    if _is_break_glass(worst):
        return f"{said} Low: kubeadm made it for emergencies; see who holds its certificates."
    under = workloads_under(account, inventory) if account else ()
    if under:
        first = under[0].ref.label
        runs = f"{first} and {len(under) - 1} more run" if len(under) > 1 else f"{first} runs"
        return f"{said} {runs} under it."
    return said


def _evidence(
    binding: o.Binding, subjects: list[o.Subject], inventory: Inventory
) -> dict[str, object]:
    accounts = filter(None, map(service_account, subjects))
    running = {work.ref.label for each in accounts for work in workloads_under(each, inventory)}
    return {
        "role": binding.role_ref.name,
        "subjects": [subject.label for subject in subjects],
        "workloads": sorted(running),
    }


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for smaller roles, but where it is meant for emergencies."""
    found = unlimited_bindings(inventory).get(finding.resource.name)
    if found is None:
        return NoChange("The binding is gone or grants less by now: scan again.")
    if finding.system:
        return NoChange("It belongs to the cluster's own parts: ask whoever installed them.")
    _, subjects = found
    if all(map(_is_break_glass, subjects)):
        return NoChange(
            "It is the way in for emergencies: keep it, keep its certificates few and short-lived, "
            "and give people roles of their own for the day."
        )
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-cluster-admin",
    title="Only emergencies use cluster-admin",
    area=Area.RBAC,
    severity=Severity.CRITICAL,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=(kinds.CLUSTER_ROLE_BINDINGS, kinds.CLUSTER_ROLES),
    references=(
        Reference("CIS Kubernetes 5.1.1"),
        Reference("MITRE ATT&CK T1098.006", "https://attack.mitre.org/techniques/T1098/006/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A ClusterRoleBinding gives a role to somebody in every namespace at once. The role "
            "cluster-admin allows every verb on every resource. This check finds each binding that "
            "hands such a role to anyone but the group system:masters, whatever the role is "
            "called: a ClusterRole of your own that allows everything, directly or by "
            "aggregation, counts just the same."
        ),
        why=(
            "A program that holds every right turns any mistake in it into the loss of the whole "
            "cluster. Its token lies as a file in each of its pods, so reading one file is enough. "
            "RBAC knows only grants, no prohibitions: no other rule can take back what this one "
            "binding gives, and every finer role that you wrote around it means nothing."
        ),
        attack=(
            "In the training cluster the Deployment ci/runner builds whatever a branch contains, "
            "as ServiceAccount ci/pipeline. Mallory opens a pull request whose test prints "
            "/var/run/secrets/kubernetes.io/serviceaccount/token. With it she calls the API: "
            "ClusterRoleBinding ci-pipeline makes her cluster-admin. She reads the card "
            "provider's key from payments, starts a privileged pod on every node, and deletes the "
            "audit trail of the database."
        ),
        fix=(
            "The role a binding refers to cannot be changed, so the order matters: new roles and "
            "bindings first, then the subject leaves the old one; if a step fails, the earlier "
            "ones are undone. Where there is an audit log, the roles hold what it shows: for "
            "ci/pipeline a Role ci-pipeline-least in each namespace that it worked in. Without one "
            "they are a guess by what the account seems to be for, without Secrets and RBAC."
        ),
        breaks=(
            "Whatever the account does beyond the new roles stops with a 403: what runs once a "
            "month and not in the log's weeks, a Deployment that is new and has another name, or "
            "with a guess also creating namespaces, pruning, reading Secrets. Watch the next "
            "pipeline run, and add the one rule that is missing rather than the old binding. "
            "A service account in two such bindings keeps its power until both are gone."
        ),
        verify=(
            "Ask the API server as the account: `kubectl auth can-i patch deployments/web -n shop "
            "--as=system:serviceaccount:ci:pipeline` says yes, and the same for `get secrets -n "
            "payments` says no. Then run the pipeline once. In the API server's metrics "
            'apiserver_request_total{code="403"} shows whether something still asks for more.'
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
