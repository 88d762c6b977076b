"""Nobody adds dangerous rights to the roles that people are given.

Kubernetes fills `view`, `edit` and `admin` from every ClusterRole that carries the label
`rbac.authorization.k8s.io/aggregate-to-view`, `-edit` or `-admin` with the value `"true"`; `edit`
takes in what `view` does, and `admin` what `edit` does. Bad: such a ClusterRole with dangerous
rights beyond those that its target has by Kubernetes' own: to view, anything dangerous; to edit
and admin, which start pods, enter them, read Secrets, and make tokens of the namespace's accounts
as they come, whatever else is. Fine are the roles that operators bring for their own resources.

A role that is itself gathered from others counts by what it gathers. `view`, `edit` and `admin`
themselves are left out, since each holds what others leak into it.

Source: kubernetes.io, Using RBAC Authorization (Aggregated ClusterRoles; User-facing roles);
k8s.io/kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy, v1.36.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.aggregated import LABEL, REACHES, Leaks, added, leaks_of
from k8sharden.analysis.rbac.bindings import in_use, subjects_of, who
from k8sharden.analysis.rbac.named import place_of
from k8sharden.analysis.rbac.patterns import words
from k8sharden.analysis.rbac.policy import RBAC, policy_of, role_of
from k8sharden.analysis.rbac.powers import minor_of
from k8sharden.analysis.system import is_system_subject
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange, Patch, RemoveField, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each ClusterRole whose labels give others dangerous rights."""
    policy = policy_of(inventory)
    for ref in sorted(policy.roles):
        leaks = leaks_of(ref, policy, minor_of(inventory))
        if leaks:
            yield _finding(ref, leaks, inventory)


def _finding(ref: Ref, leaks: Leaks, inventory: Inventory) -> Finding:
    requests = dict.fromkeys(each for target in leaks for each in leaks[target])
    bound = _bound(ref, leaks, inventory)
    subjects = {each.label: each for _, some in bound for each in some}
    said = f"Its labels add to {_targets(leaks)}: {words(requests)}."
    if subjects:
        said += f" By that {who(subjects.values())} may do so."
    adds = {to: [f"{each.verb} {each.resource}" for each in leaks[to]] for to in leaks}
    return Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        Status.FAIL,
        ref,
        said,
        path=f'metadata.labels["{LABEL}{next(iter(leaks))}"]',
        evidence={
            "adds": adds,
            "subjects": sorted(subjects),
            "bindings": [binding.label for binding, _ in bound],
        },
        system=is_system_subject(ref.name),
    )


def _targets(leaks: Leaks) -> str:
    return f"ClusterRole{'s' if len(leaks) > 1 else ''} {' and '.join(leaks)}"


def _bound(ref: Ref, leaks: Leaks, inventory: Inventory) -> list[tuple[Ref, list[o.Subject]]]:
    """Return the bindings to roles where the leak adds something, with whom they are for."""
    policy = policy_of(inventory)
    place = place_of(policy, minor_of(inventory), "")
    reached = {
        kinds.CLUSTER_ROLES.ref("", name)
        for target in leaks
        for name in REACHES[target]
        if added(name, ref, place)
    }
    return [
        (each, subjects_of(binding))
        for each, binding in in_use(policy)
        if role_of(each, binding) in reached
    ]


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Take the labels away that leak, and no others."""
    policy, ref = policy_of(inventory), finding.resource
    leaks = leaks_of(ref, policy, minor_of(inventory)) if ref in policy.roles else {}
    if not leaks:
        return NoChange("The role is gone or adds less by now: scan again.")
    if finding.system:
        return NoChange(
            "The API server puts back what it misses in this role and leaves what was added: "
            "compare its rules with those of a new cluster, and take the others out by hand."
        )
    return Change(
        ChangeKind.PATCH,
        f"Keep {ref.label} out of {_targets(leaks)}",
        Risk.ACCESS,
        (Patch(ref, tuple(RemoveField(("metadata", "labels", LABEL + to)) for to in leaks)),),
        basis={"adds": {to: words(leaks[to]) for to in leaks}},
        rests_on=kinds.listings((kinds.CLUSTER_ROLES,)),
        warnings=(_warning(leaks),),
    )


def _warning(leaks: Leaks) -> str:
    return (
        f"Needs testing: whoever has {_targets(leaks)} loses everything that this role adds there, "
        "the harmless too. Put that into a ClusterRole of its own with the same label."
    )


ITEM = Item(
    id="rbac-aggregate-leak",
    title="No label adds dangerous rights to people's roles",
    area=Area.RBAC,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.3"),
        Reference("MITRE ATT&CK T1098.006", "https://attack.mitre.org/techniques/T1098/006/"),
        Reference(
            "Kubernetes: Aggregated ClusterRoles",
            "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
        ),
    ),
    lesson=Lesson(
        what=(
            "The roles view, edit and admin are gathered by a controller from every ClusterRole "
            "with a label such as rbac.authorization.k8s.io/aggregate-to-edit. Operators use that "
            "to let people see their resources. This check finds ClusterRoles whose label adds "
            "something dangerous that the target does not have by itself: Secrets for view, "
            "escalating for edit, wildcards."
        ),
        why=(
            "A label changes what everybody with that role may do, in every namespace, at once. "
            "No binding changes, so nobody who reviews bindings sees it, and who is bound to view "
            "was told that it only reads. A chart that is installed for another purpose can bring "
            "such a role, and its next version one rule more."
        ),
        attack=(
            "In the training cluster developers hold edit in their namespace: RoleBinding "
            "catalogue/catalogue-developers. ClusterRole team-labels was to let teams set a cost "
            "centre, and adds patching of namespaces to edit. Mallory, with a developer's token, "
            "takes the enforce label off namespace catalogue, the one that somebody hardened, and "
            "starts a privileged pod next to Deployment catalogue/search."
        ),
        fix=(
            "The label that leaks is taken off the ClusterRole, and the controller gathers the "
            "target anew within seconds. The role and its other labels stay, so whoever is bound "
            "to it directly keeps it. Who needs the right gets a binding to this role of their "
            "own, which a review will see."
        ),
        breaks=(
            "Everybody with the target role loses all rules of this ClusterRole there, the "
            "harmless ones too; the review lists who. Put those into a second ClusterRole with the "
            "label. What Helm or GitOps installed gets its label back at the next sync: change "
            "the chart's values or the repository."
        ),
        verify=(
            "`kubectl auth can-i patch namespaces/catalogue -n catalogue --as=anyone "
            "--as-group=catalogue-developers` says no, and `update deployments` with the same "
            "options still yes. `kubectl get clusterroles -l "
            "rbac.authorization.k8s.io/aggregate-to-edit=true` lists what feeds edit."
        ),
        reading=(
            Reference(
                "Kubernetes: Aggregated ClusterRoles",
                "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
            ),
            Reference(
                "Kubernetes: User-facing roles",
                "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
