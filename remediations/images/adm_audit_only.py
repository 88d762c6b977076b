"""Some admission policy for images denies.

Bad: there are policies about images, and none of them refuses anything: no binding has the action
Deny, no Kyverno policy enforces, no constraint denies. One finding for each of them. Where one
does, the others may be on their way there.

Source: kubernetes.io, Validating Admission Policy; Kyverno, "Validate"; Gatekeeper, "Enforcement
actions".
"""

from collections.abc import Iterator

from k8sharden.analysis import guards, image_policy
from k8sharden.analysis.containers import named_workloads
from k8sharden.analysis.guards import Engine, Guard
from k8sharden.analysis.kyverno_actions import denying, denying_along, old_spec
from k8sharden.analysis.selectors import chooses
from k8sharden.model import admission as a
from k8sharden.model import kinds
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Edit,
    Listing,
    NoChange,
    Patch,
    Risk,
    SetField,
)
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.workloads import Workload

_AZURE = "azurepolicy-"


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each policy about images, unless one of them denies."""
    found = guards.guards(inventory)
    if any(guard.enforces for guard in found):
        return
    for guard in found:
        does = f"only does {' and '.join(guard.actions)}" if guard.actions else "has no binding"
        yield Finding(
            ITEM.id,
            Area.IMAGES,
            Severity.MEDIUM,
            Status.FAIL,
            guard.ref,
            f"It {does}, and no other policy about images denies: what fails it runs all the same.",
            evidence={"actions": list(guard.actions), "engine": str(guard.engine)},
        )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Let the policy deny, where nothing that runs is known to fail it."""
    found = (each for each in guards.guards(inventory) if each.ref == finding.resource)
    guard = next(found, None)
    if guard is None or guard.enforces:
        return NoChange("It is gone or denies by now: scan again.")
    if not guard.actions:
        return NoChange("No binding puts it to use: write one, with the action Audit at first.")
    if guard.ref.name.startswith(_AZURE):
        return NoChange("Azure Policy writes it: set the effect of its assignment to deny there.")
    edits = _edits(guard, inventory)
    if isinstance(edits, NoChange):
        return edits
    failing = _failing(guard, inventory)
    if failing:
        names = named_workloads(failing)
        return NoChange(f"It would refuse pods of {names}: pin their images first.")
    expressions = _expressions(guard, inventory)
    return Change(
        ChangeKind.PATCH,
        f"Deny by {guard.ref.label}",
        Risk.TRAFFIC,
        (Patch(guard.ref, edits),),
        basis={"policy": expressions} if expressions else {},
        rests_on=_rests_on(guard),
        warnings=tuple(_warnings(guard, inventory)),
    )


def _edits(guard: Guard, inventory: Inventory) -> tuple[Edit, ...] | NoChange:
    """Return what makes this policy deny, in the words of its engine."""
    spec = ("spec",)
    if guard.engine is Engine.GATEKEEPER:
        if _is_scoped(guard, inventory):
            return NoChange("Its actions are scoped: add deny to those of the admission webhook.")
        return (SetField((*spec, "enforcementAction"), "deny"),)
    if _is_old(guard):
        return denying(old_spec(guard.ref, inventory))
    # Denying says all that a warning would, so the API server takes one or the other.
    kept = [action for action in guard.actions if action == "Audit"]
    return (SetField((*spec, "validationActions"), ["Deny", *kept]),)


def _is_old(guard: Guard) -> bool:
    return guard.ref.api_version == kinds.KYVERNO_CLUSTER_POLICIES.api_version


def _is_scoped(guard: Guard, inventory: Inventory) -> bool:
    """Whether a constraint says for each enforcement point on its own what it does there."""
    return any(
        each.spec.enforcement_action == "scoped"
        for each in inventory.of(kinds.CONSTRAINTS, a.Constraint)
        if (each.kind, each.name) == (guard.ref.kind, guard.ref.name)
    )


def _native(guard: Guard, inventory: Inventory) -> a.AdmissionPolicy | None:
    policies = inventory.of(kinds.ADMISSION_POLICIES, a.AdmissionPolicy)
    named = (each for each in policies if each.name == guard.policy.name)
    return next(named, None) if guard.engine is Engine.NATIVE else None


def _expressions(guard: Guard, inventory: Inventory) -> tuple[str, ...]:
    policy = _native(guard, inventory)
    return guards.expressions(policy.spec) if policy else ()


def _failing(guard: Guard, inventory: Inventory) -> list[Workload]:
    """Return the workloads that our own policy would refuse; of others that is not known."""
    if not image_policy.is_ours(_expressions(guard, inventory), inventory):
        return []
    labels = {each.name: each.metadata.label for each in inventory.namespaces}

    def is_meant(workload: Workload) -> bool:
        alone = {"kubernetes.io/metadata.name": workload.namespace}
        return chooses(guard.selector, labels.get(workload.namespace, alone))

    return image_policy.failing(inventory, is_meant)


def _rests_on(guard: Guard) -> tuple[Listing, ...]:
    if guard.engine is not Engine.NATIVE:
        return ()
    return kinds.listings((kinds.ADMISSION_POLICIES, kinds.NAMESPACES, *kinds.WORKLOADS))


def _warnings(guard: Guard, inventory: Inventory) -> Iterator[str]:
    yield "What fails it is refused from now on, pods that replace running ones included."
    if not image_policy.is_ours(_expressions(guard, inventory), inventory):
        where = {
            Engine.NATIVE: "the audit log and the metric of admission policies",
            Engine.KYVERNO: "Kyverno's policy reports",
            Engine.GATEKEEPER: "the constraint's status.violations",
        }[guard.engine]
        yield f"Needs testing: what it would refuse of all that runs stands in {where}."
    if _is_old(guard) and (along := denying_along(old_spec(guard.ref, inventory))):
        yield f"Needs testing: it has one action for all of its rules, so {along} deny as well."
    if inventory.source.kind is SourceKind.MANIFESTS:
        yield "Needs testing: only these files were looked at, and not what runs."


ITEM = Item(
    id="img-adm-audit-only",
    title="Admission policies for images deny",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.CLUSTER,
    needs=guards.NEEDS,
    references=(
        Reference("CIS Kubernetes 5.5.1"),
        Reference(
            "Kubernetes: validation actions",
            "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-actions",
        ),
    ),
    lesson=Lesson(
        what=(
            "A new policy is put in to watch first: Audit or Warn at the API server, Audit in "
            "Kyverno, dryrun or warn in Gatekeeper. It writes down what it would have refused, and "
            "refuses nothing. That is the right start, and a bad end. This item lists the policies "
            "about images where not a single one in the cluster denies."
        ),
        why=(
            "A report stops nobody. Policies that only watch are taken for protection in every "
            "review, while pods from anywhere start as before. Their reports grow until no one "
            "reads them, and the one line that mattered stands between thousands. The step from "
            "watching to denying needs a date and a name, or it never comes."
        ),
        attack=(
            "At Kestrel Books the policy disallow-latest-tag has been in audit since it was "
            "installed. Mallory changes Deployment ci/runner to an image of hers, tagged latest. "
            "Kyverno notes the violation in a report, next to those of ci/workspace-cleanup and "
            "everybody else, and the pod starts with the runner's token. Had the policy enforced, "
            "the pods would not have been created."
        ),
        fix=(
            "The action becomes Deny on the binding, Enforce on the old Kyverno policy, deny on "
            "the constraint: one field of one object, and nothing restarts. For the policy that "
            "k8sharden itself made, each workload is judged beforehand, and the change is offered "
            "once all pass. For others their own reports have to say it, and the change is marked."
        ),
        breaks=(
            "Pods that fail are refused, also those that a controller makes after a node is lost: "
            "a Deployment then stays short of replicas with the event FailedCreate. Read a week of "
            "reports first, fix what they name, and begin with one namespace. Have a way to exempt "
            "in an emergency that leaves a trace, such as a binding that somebody must change."
        ),
        verify=(
            "Create a pod that must fail, such as `kubectl run probe --image=nginx:latest "
            "--dry-run=server` in a namespace that the policy is for: the answer is an error that "
            "names the policy. Then `kubectl get events -A --field-selector reason=FailedCreate` "
            "stays empty. Scan again: the check passes as soon as one policy denies."
        ),
        reading=(
            Reference(
                "Kubernetes: validating admission policy",
                "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
            ),
            Reference(
                "Gatekeeper: enforcement actions",
                "https://open-policy-agent.github.io/gatekeeper/website/docs/violations/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
