"""The rules of roles and bindings.

Source: k8s.io/kubernetes, pkg/apis/rbac/validation, v1.36.
"""

import json
from typing import Any

from k8sharden.cluster.memory import names
from k8sharden.cluster.memory.failures import (
    Cause,
    invalid_value,
    required,
    unsupported,
)
from k8sharden.cluster.memory.store import Object

RBAC_GROUP = "rbac.authorization.k8s.io"


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def role(value: Object) -> list[Cause]:
    """Say what is wrong with a Role."""
    return _rules(value, namespaced=True)


def cluster_role(value: Object) -> list[Cause]:
    """Say what is wrong with a ClusterRole."""
    return _rules(value, namespaced=False)


def _rules(value: Object, *, namespaced: bool) -> list[Cause]:
    causes = []
    for number, rule in enumerate(value.get("rules") or ()):
        where = f"rules[{number}]"
        if not rule.get("verbs"):
            causes.append(required(f"{where}.verbs", "verbs must contain at least one value"))
        urls = rule.get("nonResourceURLs")
        if urls:
            causes += _urls(f"{where}.nonResourceURLs", rule, namespaced=namespaced)
            continue
        for name, word in (("apiGroups", "api group"), ("resources", "resource")):
            if not rule.get(name):
                text = f"resource rules must supply at least one {word}"
                causes.append(required(f"{where}.{name}", text))
    return causes


def _urls(field: str, rule: Object, *, namespaced: bool) -> list[Cause]:
    urls, causes = _shown(rule["nonResourceURLs"]), []
    if namespaced:
        text = "namespaced rules cannot apply to non-resource URLs"
        causes.append(invalid_value(field, urls, text))
    if any(rule.get(name) for name in ("apiGroups", "resources", "resourceNames")):
        text = "rules cannot apply to both regular resources and non-resource URLs"
        causes.append(invalid_value(field, urls, text))
    return causes


def role_binding(value: Object) -> list[Cause]:
    """Say what is wrong with a RoleBinding."""
    return _binding(value, ("Role", "ClusterRole"))


def cluster_role_binding(value: Object) -> list[Cause]:
    """Say what is wrong with a ClusterRoleBinding."""
    return _binding(value, ("ClusterRole",))


def _binding(value: Object, roles: tuple[str, ...]) -> list[Cause]:
    ref, causes = value["roleRef"], []
    if ref["apiGroup"] != RBAC_GROUP:
        causes.append(unsupported("roleRef.apiGroup", ref["apiGroup"], (RBAC_GROUP,)))
    if ref["kind"] not in roles:
        causes.append(unsupported("roleRef.kind", ref["kind"], roles))
    if not ref["name"]:
        causes.append(required("roleRef.name"))
    for number, subject in enumerate(value.get("subjects") or ()):
        causes += _subject(f"subjects[{number}]", subject, anywhere=len(roles) > 1)
    return causes


def _subject(where: str, subject: Object, *, anywhere: bool) -> list[Cause]:
    kind, name, group = subject["kind"], subject["name"], subject.get("apiGroup", "")
    if kind not in ("ServiceAccount", "User", "Group"):
        return [unsupported(f"{where}.kind", kind, ("ServiceAccount", "User", "Group"))]
    causes = [] if name else [required(f"{where}.name")]
    wanted = "" if kind == "ServiceAccount" else RBAC_GROUP
    if kind == "ServiceAccount":
        bad = names.subdomain(name) if name else []
        causes += [invalid_value(f"{where}.name", _shown(name), text) for text in bad]
        if not anywhere and not subject.get("namespace"):
            causes.append(required(f"{where}.namespace"))
    if group != wanted:
        causes.append(unsupported(f"{where}.apiGroup", group, (wanted,)))
    return causes


def role_ref_changed(value: Object, old: Object) -> list[Cause]:
    """Say that a binding's role may not change."""
    if value["roleRef"] == old["roleRef"]:
        return []
    ref = {key: value["roleRef"][key[0].lower() + key[1:]] for key in ("Kind", "Name")}
    ref = {"APIGroup": value["roleRef"]["apiGroup"], **ref}
    return [invalid_value("roleRef", _shown(ref), "cannot change roleRef")]
