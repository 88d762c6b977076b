"""What makes a policy deny or fail closed, and when nothing is changed but a reason given."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis import image_policy
from k8sharden.model.change import Change, NoChange, Patch, SetField, show_path
from k8sharden.model.item import Item
from remediations.images import adm_audit_only, adm_fail_open
from tests.remediations.harness import TRAINING, inventory, remedy

ADMISSION = "admissionregistration.k8s.io/v1"


def policy(*rules: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """An old Kyverno policy."""
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": "p"},
        "spec": {"rules": list(rules), **spec},
    }


def rule(name: str, **validate: Any) -> dict[str, Any]:
    """A rule about images."""
    return {"name": name, "validate": {"pattern": {"image": "!*:latest"}, **validate}}


def written(item: Item, docs: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields that a fix sets, by their paths."""
    change = remedy(item, docs)
    assert isinstance(change, Change), change
    (write,) = change.writes
    assert isinstance(write, Patch)
    sets = [edit for edit in write.edits if isinstance(edit, SetField)]
    assert len(sets) == len(write.edits)
    return {show_path(edit.path): edit.value for edit in sets}


def reason(item: Item, docs: list[dict[str, Any]]) -> str:
    """Why there is no change."""
    answer = remedy(item, docs)
    assert isinstance(answer, NoChange), answer
    return answer.reason


def test_an_old_policy_enforces_where_it_says_so() -> None:
    """Rules with actions of their own overrule the policy's, so they are what is changed."""
    item = adm_audit_only.ITEM
    assert written(item, [policy(rule("a"))]) == {"spec.validationFailureAction": "Enforce"}
    own = policy(rule("a", failureAction="Audit"), rule("b"))
    path = "spec.rules[name=a].validate.failureAction"
    assert written(item, [own]) == {path: "Enforce"}
    verified = policy({"name": "v", "verifyImages": [{"failureAction": "Audit"}]})
    assert "verifyImages" in reason(item, [verified])


def test_denying_takes_the_place_of_warning() -> None:
    """The API server refuses both at once; the trace in the audit log stays."""
    docs = [image_policy.native("p", ()), image_policy.binding("p", ())]
    assert written(adm_audit_only.ITEM, docs) == {"spec.validationActions": ["Deny", "Audit"]}


def test_whoever_cannot_be_judged_needs_testing() -> None:
    """Only the policy that is our own says what it would refuse."""
    mine = remedy(
        adm_audit_only.ITEM, [image_policy.native("p", ()), image_policy.binding("p", ())]
    )
    theirs = remedy(adm_audit_only.ITEM, [policy(rule("a"))])
    assert isinstance(mine, Change)
    assert isinstance(theirs, Change)
    assert not any(text.startswith("Needs testing") for text in mine.warnings)
    assert any(text.startswith("Needs testing") for text in theirs.warnings)


@pytest.mark.parametrize(
    ("name", "spec", "why"),
    [
        ("azurepolicy-images", {"enforcementAction": "dryrun"}, "Azure Policy"),
        ("repos", {"enforcementAction": "scoped"}, "scoped"),
    ],
)
def test_constraints_that_somebody_else_writes_are_left(
    name: str, spec: dict[str, Any], why: str
) -> None:
    """Azure's are set in Azure; scoped ones have a list that is not ours to choose from."""
    template = image_policy.gatekeeper_template(())
    constraint = image_policy.gatekeeper_constraint(())
    constraint |= {"metadata": {"name": name}, "spec": spec}
    docs = [template, constraint]
    seen = inventory(docs)
    if spec["enforcementAction"] == "scoped":
        # A scoped action that does nothing at admission.
        constraint["spec"]["scopedEnforcementActions"] = [{"action": "warn"}]
        seen = inventory(docs)
    (found,) = adm_audit_only.evaluate(seen)
    answer = adm_audit_only.remediate(found, seen)
    assert isinstance(answer, NoChange)
    assert why in answer.reason


def webhook(client: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Gatekeeper's webhook, which ignores failures."""
    rules = [{"apiGroups": ["*"], "operations": ["CREATE"], "resources": ["*"]}]
    hook = {"name": "validation.gatekeeper.sh", "failurePolicy": "Ignore", "rules": rules}
    return {
        "apiVersion": ADMISSION,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "gatekeeper"},
        "webhooks": [{**hook, "clientConfig": client, **more}],
    }


def answering(count: int) -> list[dict[str, Any]]:
    """The namespaces, the Service and so many ready pods behind it."""
    spaces = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        }
        for name in ("guard", "kube-system")
    ]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "hook", "namespace": "guard"},
        "spec": {"selector": {"app": "hook"}},
    }
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{n}", "namespace": "guard", "labels": {"app": "hook"}},
            "spec": {"containers": [{"name": "c", "image": "x"}]},
            "status": {"containerStatuses": [{"name": "c", "ready": True}]},
        }
        for n in range(count)
    ]
    return [*spaces, service, *pods]


SERVICE = {"service": {"name": "hook", "namespace": "guard"}}
FIELD = "webhooks[name=validation.gatekeeper.sh].failurePolicy"


def test_a_webhook_closes_where_two_pods_answer() -> None:
    """One pod is a single point at which every new pod of the cluster would be refused."""
    item = adm_fail_open.ITEM
    assert written(item, [webhook(SERVICE), *answering(2)]) == {FIELD: "Fail"}
    assert "1 ready pod of" in reason(item, [webhook(SERVICE), *answering(1)])
    assert "No ready pods of" in reason(item, [webhook(SERVICE), *answering(0)])
    assert "URL" in reason(item, [webhook({"url": "https://guard.example"})])


def test_a_webhook_that_guards_its_own_pods_needs_testing() -> None:
    """Switched off as a whole, such a cluster could not start again."""
    asked = remedy(adm_fail_open.ITEM, [webhook(SERVICE), *answering(2)])
    exempt = {
        "matchExpressions": [
            {
                "key": "kubernetes.io/metadata.name",
                "operator": "NotIn",
                "values": ["guard", "kube-system"],
            }
        ]
    }
    docs = [webhook(SERVICE, namespaceSelector=exempt), *answering(2)]
    spared = [
        answer
        for found in adm_fail_open.evaluate(inventory(docs))
        if found.locus == "validation.gatekeeper.sh"
        and isinstance(answer := adm_fail_open.remediate(found, inventory(docs)), Change)
    ]
    assert isinstance(asked, Change)
    assert any("guard and kube-system" in text for text in asked.warnings)
    assert [text for text in spared[0].warnings if text.startswith("Needs testing")] == []


def test_azures_add_on_keeps_its_webhook() -> None:
    """On AKS a change would be put back, so the way out is named instead."""
    aks = msgspec.structs.replace(TRAINING, distribution="aks")
    answer = remedy(adm_fail_open.ITEM, [webhook(SERVICE), *answering(2)], aks)
    assert isinstance(answer, NoChange)
    assert "Azure" in answer.reason
