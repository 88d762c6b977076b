"""No policy is of a kind that Kyverno is about to drop.

Bad: a ClusterPolicy or Policy of `kyverno.io/v1` with any rule. Both kinds are deprecated; from
Kyverno 1.20 on they are no longer executed, and 1.21 deletes them: what they guard stands open
then. The fix is their `policies.kyverno.io/v1` counterpart as a file, where every rule has a sure
translation.

Source: Kyverno, deprecation in 1.17, issues 17493 and 17708; ValidatingPolicy.
"""

from collections.abc import Iterator

from k8sharden.analysis import kyverno
from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.model import kinds
from k8sharden.model.admission import KyvernoPolicy
from k8sharden.model.change import Change, ChangeKind, File, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.render import render
from k8sharden.model.text import one_line

_KINDS = (kinds.KYVERNO_CLUSTER_POLICIES, kinds.KYVERNO_POLICIES)
_CHART = "kyverno-policies"


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each policy of an old kind."""
    for kind in _KINDS:
        for policy in inventory.of(kind, KyvernoPolicy):
            if not policy.spec.rules:
                continue
            ref = kind.ref(policy.namespace, policy.name)
            yield Finding(
                ITEM.id,
                Area.IMAGES,
                Severity.MEDIUM,
                Status.FAIL,
                ref,
                "It is of a kind that Kyverno 1.20 no longer runs and 1.21 deletes: what "
                "it guards stands open after that upgrade.",
                path="apiVersion",
                evidence={"rules": [str(each.get("name", "")) for each in policy.spec.rules]},
            )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Export the new policies with a runbook, or say what has to be written by hand."""
    ref = finding.resource
    policies = inventory.of(kinds.type_of(ref), KyvernoPolicy)
    named = (each for each in policies if (each.namespace, each.name) == (ref.namespace, ref.name))
    policy = next(named, None)
    if policy is None:
        return NoChange("It is gone by now: scan again.")
    if policy.metadata.label.get("helm.sh/chart", "").startswith(_CHART):
        return NoChange(
            f"It comes from the chart {_CHART}: set policyType: ValidatingPolicy in its values."
        )
    try:
        manifests = kyverno.translated(policy)
    except kyverno.Untranslatable as error:
        return NoChange(f"To be rewritten by hand: {error}.")
    text = "---\n".join(map(render, manifests))
    return Change(
        ChangeKind.ARTEFACT,
        f"Replace {ref.label}",
        Risk.SAFE,
        files=(File("validating-policy.yaml", text), _runbook(policy, ref.label)),
        basis={"rules": policy.spec.rules},
        warnings=(
            "Needs testing: the new policy audits beside the old one until both report the same.",
        ),
    )


def _runbook(policy: KyvernoPolicy, label: str) -> File:
    kind = "policy" if policy.namespace else "clusterpolicy"
    where = f" -n {policy.namespace}" if policy.namespace else ""
    did = one_line("; ".join(kyverno.words_before(policy.spec)), 200)
    return Runbook(
        f"Replace {label}",
        "Kyverno 1.20 no longer runs policies of this kind. The file says the same in the new one.",
        (
            (
                "Read the expressions: they were translated from the old rules. Then apply the "
                "file, or commit it where the old policy comes from."
                + shell("kubectl apply -f validating-policy.yaml")
            ),
            (
                "Wait a day, and compare what both report. They must name the same objects."
                + shell(f"kubectl get policyreports -A -o yaml | grep -B2 -A6 {policy.name}")
            ),
            (
                f"The old policy did: {did}. Where that is Enforce, set validationActions to "
                "[Deny] in the file and apply it again."
            ),
            "Delete the old policy." + shell(f"kubectl delete {kind}{where} {policy.name}"),
        ),
        (
            "Create an object that must fail, with `--dry-run=server`, and one that must pass. "
            "Scan again: the finding is gone."
        ),
        "Apply the old policy again; while Kyverno is older than 1.20 it works as before.",
        (
            (
                "`no matches for kind ValidatingPolicy`",
                "This Kyverno is older than 1.17: upgrade it to 1.17 or later, and not past 1.19.",
            ),
            (
                "The new policy is not ready",
                "`kubectl describe validatingpolicy` shows the expression that does not compile.",
            ),
        ),
    ).file()


_DOCS = "https://kyverno.io/docs/policy-types"

ITEM = Item(
    id="img-kyverno-legacy",
    title="No policy is of a kind that Kyverno drops",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.EACH,
    needs=_KINDS,
    references=(
        Reference("Kyverno: ClusterPolicy", f"{_DOCS}/cluster-policy/"),
        Reference(
            "Kyverno issue 17493, removal of the old kinds",
            "https://github.com/kyverno/kyverno/issues/17493",
        ),
    ),
    lesson=Lesson(
        what=(
            "For years Kyverno's policies were of kind ClusterPolicy, or Policy in one namespace, "
            "with patterns of its own. Since 1.17 there are kinds for each purpose, written in CEL "
            "as the API server's own policies are: ValidatingPolicy, MutatingPolicy, "
            "ImageValidatingPolicy and others. The old kinds are deprecated, and leave with 1.20 "
            "and 1.21. This item lists the old ones."
        ),
        why=(
            "A policy that is no longer executed looks as it did: it is listed, it is green in "
            "every inventory, and refuses nothing. An upgrade of Kyverno, which is itself a "
            "security measure, would switch off what it is there for, on one day and for the whole "
            "cluster. Whoever moves beforehand can let old and new policies run side by side and "
            "compare."
        ),
        attack=(
            "ClusterPolicy disallow-latest-tag of Kestrel Books is the only rule about images that "
            "anybody knows of. One night Kyverno is upgraded and stops executing it. Deployment "
            "ci/runner is pulled by latest the next morning, with an image that Mallory pushed, "
            "and not even a line in a report is left of it. The dashboards still list the policy."
        ),
        fix=(
            "You get a file with a ValidatingPolicy for each rule, and a runbook. Patterns of "
            "fields, lists and texts with wildcards become CEL expressions; rules that are CEL "
            "already are taken over. The new policy audits at first. What has no certain "
            "translation is named and left to you, since a policy that is nearly right is wrong."
        ),
        breaks=(
            "Nothing, while both run and the new one only audits. A difference between them shows "
            "in the reports: missing fields are the usual reason, since a pattern and an "
            "expression treat them in different ways. If the old policy is deleted before the new "
            "one denies, there is a gap; if both deny, one violation is reported twice."
        ),
        verify=(
            "`kubectl get clusterpolicies,policies.kyverno.io -A` finds nothing, and `kubectl get "
            "validatingpolicies` shows the new ones as ready. Create a pod that must fail, such as "
            "`kubectl run probe --image=nginx:latest --dry-run=server`, and see that the new "
            "policy is the one that speaks. Scan again before you upgrade Kyverno."
        ),
        reading=(
            Reference("Kyverno: validating policies", f"{_DOCS}/validating-policy/"),
            Reference(
                "Kubernetes: CEL in Kubernetes",
                "https://kubernetes.io/docs/reference/using-api/cel/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
