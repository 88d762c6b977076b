"""Which policies look at images, what they do, and which webhooks belong to engines of policies."""

from typing import Any

import pytest

from k8sharden.analysis.guards import guards
from k8sharden.analysis.webhooks import policy_webhooks
from tests.remediations.harness import inventory

ADMISSION = "admissionregistration.k8s.io/v1"
POD_RULE = {"apiGroups": [""], "operations": ["CREATE"], "resources": ["pods"]}
BY_DIGEST = "object.spec.containers.all(c, c.image.contains('@sha256:'))"
BY_TAG = "object.spec.containers.all(c, !c.image.endsWith(':latest'))"


def native(expression: str = BY_DIGEST, **spec: Any) -> dict[str, Any]:
    """A ValidatingAdmissionPolicy."""
    spec = {
        "matchConstraints": {"resourceRules": [POD_RULE]},
        "validations": [{"expression": expression, "message": "About an image."}],
        **spec,
    }
    kind = "ValidatingAdmissionPolicy"
    return {"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": "p"}, "spec": spec}


def bound(*actions: str, policy: str = "p") -> dict[str, Any]:
    """A binding with these actions."""
    spec = {"policyName": policy, "validationActions": list(actions)}
    kind = "ValidatingAdmissionPolicyBinding"
    return {"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": "b"}, "spec": spec}


def legacy(*rules: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A ClusterPolicy of Kyverno."""
    named = [{"name": f"r{number}", **rule} for number, rule in enumerate(rules)]
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": "p"},
        "spec": {"rules": named, **spec},
    }


def current(kind: str = "ValidatingPolicy", **spec: Any) -> dict[str, Any]:
    """A policy of Kyverno's newer group."""
    spec = {"matchConstraints": {"resourceRules": [POD_RULE]}, **spec}
    api_version = "policies.kyverno.io/v1"
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "p"}, "spec": spec}


def gatekeeper(
    rego: str = "input.review.object.spec.containers[_].image", **spec: Any
) -> list[Any]:
    """A template, and a constraint of its kind."""
    template = {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": "k8simages"},
        "spec": {
            "crd": {"spec": {"names": {"kind": "K8sImages"}}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": rego}],
        },
    }
    constraint = {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": "K8sImages",
        "metadata": {"name": "c"},
        "spec": spec,
    }
    return [template, constraint]


SERVICES = {"resourceRules": [{**POD_RULE, "resources": ["services"]}]}
UPDATES = {"resourceRules": [{**POD_RULE, "operations": ["UPDATE"]}]}
EVERYTHING = {"resourceRules": [{"operations": ["*"], "resources": ["*"]}]}
PATTERN = {"validate": {"pattern": {"spec": {"containers": [{"image": "!*:latest"}]}}}}
VERIFY = {"verifyImages": [{"imageReferences": ["*"]}]}
ENFORCED = {"validate": {"failureAction": "Enforce", "pattern": {"image": "ghcr.io/x/*"}}}
LABELS = {"validate": {"pattern": {"metadata": {"labels": {"team": "?*"}}}}}


@pytest.mark.parametrize(
    ("docs", "found"),
    [
        ([native(), bound("Deny")], [("b", True, True)]),
        ([native(), bound("Audit", "Warn")], [("b", False, True)]),
        ([native(BY_TAG), bound("Deny")], [("b", True, False)]),
        ([native(), bound("Deny", policy="other")], [("p", False, True)]),
        ([native("object.metadata.name != ''"), bound("Deny")], []),
        ([native("object.spec.imagePullPolicy == 'Always'"), bound("Deny")], []),
        ([native("variables.x", variables=[{"expression": "c.image"}]), bound("Deny")],
         [("b", True, False)]),
        ([native(matchConstraints=SERVICES)], []),
        ([native(matchConstraints=UPDATES)], []),
        ([native(matchConstraints=EVERYTHING)],
         [("p", False, True)]),
        ([legacy(PATTERN)], [("p", False, False)]),
        ([legacy(PATTERN, validationFailureAction="enforce")], [("p", True, False)]),
        ([legacy(VERIFY, validationFailureAction="Enforce")], [("p", True, True)]),
        ([legacy({"verifyImages": [{"failureAction": "Enforce"}]})], [("p", True, True)]),
        ([legacy(LABELS, ENFORCED)], [("p", True, True)]),
        ([legacy(LABELS, validationFailureAction="Enforce")], []),
        ([legacy({"mutate": {"image": "x"}})], []),
        ([current(validations=[{"expression": BY_DIGEST}])], [("p", True, True)]),
        ([current(validations=[{"expression": BY_TAG}], validationActions=["Audit"])],
         [("p", False, False)]),
        ([current(validations=[{"expression": "true"}])], []),
        ([current(matchConstraints={}, validations=[{"expression": BY_DIGEST}])], []),
        ([current("ImageValidatingPolicy")], [("p", True, True)]),
        (gatekeeper(), [("c", True, False)]),
        (gatekeeper(enforcementAction="warn"), [("c", False, False)]),
        (gatekeeper(parameters={"repos": ["ghcr.io/"]}), [("c", True, True)]),
        (gatekeeper(match={"kinds": [{"kinds": ["Pod"]}]}), [("c", True, False)]),
        (gatekeeper(match={"kinds": [{"kinds": ["Service"]}]}), []),
        (gatekeeper("input.review.object.metadata"), []),
        (gatekeeper(enforcementAction="scoped", scopedEnforcementActions=[{"action": "deny"}]),
         [("c", True, False)]),
        (gatekeeper(enforcementAction="scoped"), [("c", False, False)]),
    ],
)  # fmt: skip
def test_policies_about_images_are_told_by_what_they_judge(
    docs: list[dict[str, Any]], found: list[tuple[str, bool, bool]]
) -> None:
    """Each engine's policy counts by its expressions, with its own words for denying."""
    seen = guards(inventory(docs))
    assert [(each.ref.name, each.enforces, each.origin) for each in seen] == found


@pytest.mark.parametrize(
    "docs",
    [
        [native(failurePolicy="Ignore"), bound("Deny")],
        [native(failurePolicy="Ignore")],
        [legacy(PATTERN, failurePolicy="Ignore")],
        [current("ImageValidatingPolicy", failurePolicy="Ignore")],
    ],
)
def test_policies_that_fail_open_are_told(docs: list[dict[str, Any]]) -> None:
    """Ignore is the word of every engine that has one; the default of each is to fail closed."""
    assert [each.fails_open for each in guards(inventory(docs))] == [True]
    for each in docs:
        each["spec"].pop("failurePolicy", None)
    assert [each.fails_open for each in guards(inventory(docs))] == [False]


def webhooks(
    name: str, kind: str = "ValidatingWebhookConfiguration", **rule: Any
) -> dict[str, Any]:
    """A webhook configuration with one webhook."""
    hook = {"name": "hook", "rules": [{**POD_RULE, **rule}]}
    return {"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": name}, "webhooks": [hook]}


@pytest.mark.parametrize(
    ("document", "engines"),
    [
        (webhooks("gatekeeper-validating-webhook-configuration"), ["Gatekeeper"]),
        (webhooks("Kyverno", "MutatingWebhookConfiguration"), ["Kyverno"]),
        (webhooks("policy.sigstore.dev", apiGroups=["*"], resources=["*/*"], operations=["*"]),
         ["Sigstore policy controller"]),
        (webhooks("cert-manager-webhook"), []),
        (webhooks("gatekeeper", resources=["services"]), []),
        (webhooks("gatekeeper", apiGroups=["apps"], resources=["*"]), []),
        (webhooks("gatekeeper", operations=["DELETE"]), []),
        (webhooks("gatekeeper") | {"webhooks": None}, []),
        (webhooks("admission") | {"webhooks": [{"name": "x.kubewarden.io", "rules": [POD_RULE]}]},
         ["Kubewarden"]),
    ],
)  # fmt: skip
def test_webhooks_of_engines_are_told_by_name_and_rules(
    document: dict[str, Any], engines: list[str]
) -> None:
    """An engine that is asked about new pods counts; a helper of certificates never does."""
    assert [each.engine for each in policy_webhooks(inventory([document]))] == engines
