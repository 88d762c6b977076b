"""The defaults and rules of admission policies, their bindings and webhook configurations.

The CEL expressions are not compiled here. Source: k8s.io/kubernetes,
pkg/apis/admissionregistration/{v1/defaults.go,validation}, v1.36.
"""

import json
from typing import Any

from k8sharden.cluster.memory.failures import Cause, invalid_value, required, unsupported
from k8sharden.cluster.memory.store import Object

_ACTIONS = ("Audit", "Deny", "Warn")
_POLICIES = ("Fail", "Ignore")


def fill_policy(value: Object) -> None:
    """Fill in the defaults of a ValidatingAdmissionPolicy."""
    value["spec"].setdefault("failurePolicy", "Fail")
    _fill_match(value["spec"].get("matchConstraints"))


def fill_binding(value: Object) -> None:
    """Fill in the defaults of a ValidatingAdmissionPolicyBinding."""
    _fill_match(value["spec"].get("matchResources"))


def fill_webhooks(value: Object) -> None:
    """Fill in the defaults of a ValidatingWebhookConfiguration."""
    for hook in value.get("webhooks") or ():
        _fill_match(hook)
        hook.setdefault("failurePolicy", "Fail")
        hook.setdefault("timeoutSeconds", 10)
        if hook["clientConfig"].get("service"):
            hook["clientConfig"]["service"].setdefault("port", 443)


def fill_mutating_webhooks(value: Object) -> None:
    """Fill in the defaults of a MutatingWebhookConfiguration."""
    fill_webhooks(value)
    for hook in value.get("webhooks") or ():
        hook.setdefault("reinvocationPolicy", "Never")


def _fill_match(match: Any) -> None:
    if match is None:
        return
    match.setdefault("matchPolicy", "Equivalent")
    match.setdefault("namespaceSelector", {})
    match.setdefault("objectSelector", {})
    rules = [*(match.get(name) or () for name in _RULES)]
    for rule in (each for found in rules for each in found):
        rule.setdefault("scope", "*")


_RULES = ("rules", "resourceRules", "excludeResourceRules")


def policy(value: Object) -> list[Cause]:
    """Say what is wrong with a ValidatingAdmissionPolicy."""
    spec = value["spec"]
    causes = []
    if spec["failurePolicy"] not in _POLICIES:
        causes.append(unsupported("spec.failurePolicy", spec["failurePolicy"], _POLICIES))
    if not spec.get("matchConstraints"):
        causes.append(required("spec.matchConstraints"))
    elif not spec["matchConstraints"].get("resourceRules"):
        causes.append(required("spec.matchConstraints.resourceRules"))
    if not spec.get("validations") and not spec.get("auditAnnotations"):
        text = "validations or auditAnnotations must be non-empty"
        both = (f"spec.{name}" for name in ("validations", "auditAnnotations"))
        return causes + [required(field, f"{text}") for field in both]
    return causes + [
        required(f"spec.validations[{number}].expression", "expression is not specified")
        for number, each in enumerate(spec.get("validations") or ())
        if not each.get("expression")
    ]


def binding(value: Object) -> list[Cause]:
    """Say what is wrong with a ValidatingAdmissionPolicyBinding."""
    spec = value["spec"]
    field, actions = "spec.validationActions", spec.get("validationActions") or []
    causes = [] if spec.get("policyName") else [required("spec.policyName")]
    if not actions:
        return [*causes, required(field, "at least one validation action is required")]
    causes += [
        unsupported(f"{field}[{number}]", each, _ACTIONS)
        for number, each in enumerate(actions)
        if each not in _ACTIONS
    ]
    if {"Deny", "Warn"} <= set(actions):
        text = "must not contain both Deny and Warn (repeating the same validation failure "
        text += "information in the API response and headers serves no purpose)"
        shown = json.dumps(actions, separators=(",", ":"))
        causes.append(invalid_value(field, shown, text))
    return causes
