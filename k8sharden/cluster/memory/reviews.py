"""Access reviews: questions that are POSTed, answered and not kept.

Source: k8s.io/kubernetes, pkg/registry/authorization, v1.36.
"""

from typing import Any

from k8sharden.cluster.memory import rbac
from k8sharden.cluster.memory.failures import Cause, invalid, invalid_value
from k8sharden.cluster.memory.requests import Attributes, Call, User
from k8sharden.cluster.memory.store import Object, Store


def review(store: Store, call: Call, body: Object) -> Object:
    """Return the review with its status filled in."""
    spec = body.get("spec") or {}
    if call.kind.kind == "SelfSubjectRulesReview":
        return body | {"spec": {}, "status": _rules(store, call, spec)}
    _check(call, spec)
    user = call.user
    if call.kind.kind == "SubjectAccessReview":
        user = User(spec.get("user") or "", tuple(spec.get("groups") or ()))
    return body | {"status": _answer(rbac.decide(store, user, _asked(spec)))}


def _answer(decision: rbac.Decision) -> dict[str, Any]:
    status: dict[str, Any] = {"allowed": decision.allowed}
    return status | {"reason": decision.reason} if decision.reason else status


def _asked(spec: Object) -> Attributes:
    paths = spec.get("nonResourceAttributes")
    if paths is not None:
        return Attributes(paths.get("verb", ""), path=paths.get("path", ""))
    known = ("verb", "group", "version", "resource", "subresource", "namespace", "name")
    asked = spec["resourceAttributes"]
    return Attributes(**{name: asked.get(name, "") for name in known})


def _check(call: Call, spec: Object) -> None:
    causes: list[Cause] = []
    given = [spec.get(name) for name in ("resourceAttributes", "nonResourceAttributes")]
    if all(given) or not any(each is not None for each in given):
        text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        causes.append(invalid_value("spec.resourceAttributes", "null", text))
    is_about_somebody = call.kind.kind == "SubjectAccessReview"
    if is_about_somebody and not (spec.get("user") or spec.get("groups")):
        text = "at least one of user or group must be specified"
        causes.append(invalid_value("spec.user", '""', text))
    if causes:
        raise invalid(call.kind, "", causes)


def _rules(store: Store, call: Call, spec: Object) -> Object:
    found = rbac.rules_of(store, call.user, spec.get("namespace") or "")
    return {
        "resourceRules": [rule for rule in found if rule.get("resources")],
        "nonResourceRules": [rule for rule in found if rule.get("nonResourceURLs")],
        "incomplete": False,
    }
