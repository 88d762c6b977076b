"""Admission policies, their bindings and webhook configurations: made, changed, refused."""

from __future__ import annotations

from typing import Any

from k8sharden.cluster.transport import JSON_PATCH
from tests.contract.cases.steps import Case, Step, to
from tests.contract.clusters import at

GROUP = "admissionregistration.k8s.io"
POLICIES = f"validatingadmissionpolicies.{GROUP}"
BINDINGS = f"validatingadmissionpolicybindings.{GROUP}"
VALIDATING = f"validatingwebhookconfigurations.{GROUP}"
MUTATING = f"mutatingwebhookconfigurations.{GROUP}"

# Nothing is of this group, so that no other test meets what is made here.
_RULE = {
    "apiGroups": ["nobody.example"],
    "apiVersions": ["v1"],
    "operations": ["CREATE"],
    "resources": ["things"],
}
_MATCH = {"resourceRules": [_RULE]}
_POLICY = {"matchConstraints": _MATCH, "validations": [{"expression": "true"}]}
_HOOK = {
    "name": "a.nobody.example",
    "clientConfig": {"service": {"name": "a", "namespace": "default"}},
    "rules": [_RULE],
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}


def _whole(kind: str, body: Any, *operations: Any) -> Case:
    """A case that makes a cluster-scoped object, reads, changes and deletes it."""
    body = {"metadata": {"name": "{ns}"}, **body}
    one = at(kind, "", "{ns}")
    return Case(
        f"whole life of {kind}",
        (
            Step("POST", at(kind), body, query={"dryRun": "All"}),
            Step("POST", at(kind), body),
            Step("GET", one),
            *(Step("PATCH", one, [each], JSON_PATCH) for each in operations),
            Step("DELETE", one),
            Step("GET", one),
        ),
    )


def _refused(name: str, kind: str, spec: Any) -> Case:
    body = {"metadata": {"name": "{ns}"}, "spec": spec}
    return Case(f"{kind}: {name}", (Step("POST", at(kind), body),), sentences=False)


CASES: tuple[Case, ...] = (
    _whole(POLICIES, {"spec": _POLICY}, to("/spec/failurePolicy", "Ignore")),
    _whole(
        BINDINGS,
        {"spec": {"policyName": "nowhere", "validationActions": ["Audit"], "matchResources": {}}},
        to("/spec/validationActions", ["Deny", "Audit"]),
        to("/spec/validationActions", []),
    ),
    _whole(VALIDATING, {"webhooks": [_HOOK]}, to("/webhooks/0/failurePolicy", "Ignore")),
    _whole(MUTATING, {"webhooks": [_HOOK]}, to("/webhooks/0/timeoutSeconds", 5)),
    _refused("no expression", POLICIES, {**_POLICY, "validations": [{}]}),
    _refused("nothing to validate", POLICIES, {"matchConstraints": _MATCH}),
    _refused("matches nothing", POLICIES, {"validations": [{"expression": "true"}]}),
    _refused("odd failure policy", POLICIES, {**_POLICY, "failurePolicy": "Sometimes"}),
    _refused("no policy", BINDINGS, {"validationActions": ["Deny"]}),
    _refused("no action", BINDINGS, {"policyName": "x"}),
    _refused("odd action", BINDINGS, {"policyName": "x", "validationActions": ["Shout"]}),
    _refused("says it twice", BINDINGS, {"policyName": "x", "validationActions": ["Deny", "Warn"]}),
)
