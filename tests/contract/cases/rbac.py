"""The rules of roles and bindings."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.steps import (
    RBAC,
    Case,
    get,
    patch,
    post,
    refused,
    to,
)

_URLS = {"verbs": ["get"], "nonResourceURLs": ["/x"]}


def role(name: str, *rules: Any) -> Case:
    """A Role with such rules."""
    return refused(f"roles.{RBAC}", name, {"rules": list(rules)})


def binding(called: str, /, subjects: Any = None, **ref: str) -> Case:
    """A RoleBinding with such subjects and role."""
    ref = ref or {"kind": "Role", "name": "x"}
    return refused(f"rolebindings.{RBAC}", called, {"roleRef": ref, "subjects": subjects})


CASES: tuple[Case, ...] = (
    role("no verbs", {"verbs": []}),
    role("no resources", {"verbs": ["get"], "apiGroups": [""]}),
    role("no groups", {"verbs": ["get"], "resources": ["pods"]}),
    role("paths", _URLS),
    role("paths and resources", {**_URLS, "apiGroups": [""], "resources": ["x"]}),
    binding("odd role", kind="Foo", name="x"),
    binding("nameless role", kind="Role", name=""),
    binding("odd group", kind="Role", name="x", apiGroup="foo"),
    binding(
        "odd subjects",
        [
            {"kind": "Foo", "name": "x"},
            {"kind": "ServiceAccount", "name": "s"},
            {"kind": "User", "name": ""},
            {"kind": "User", "name": "x", "namespace": "x"},
            {"kind": "Group", "name": "x", "apiGroup": "foo"},
            {"kind": "ServiceAccount", "name": "A B", "namespace": "x"},
        ],
    ),
    Case(
        "another role",
        (
            post(
                f"rolebindings.{RBAC}",
                {"metadata": {"name": "b"}, "roleRef": {"kind": "Role", "name": "x"}},
            ),
            patch(f"rolebindings.{RBAC}", "b", to("/roleRef/name", "y")),
            patch(f"rolebindings.{RBAC}", "b", to("/roleRef", None)),
            patch(f"rolebindings.{RBAC}", "b", to("/subjects", [{"kind": "User", "name": "u"}])),
            patch(f"rolebindings.{RBAC}", "b", to("/subjects", None)),
            get(f"rolebindings.{RBAC}", "b"),
        ),
    ),
    refused(f"roles.{RBAC}", "a slash in the name", {"metadata": {"name": "a/b"}}),
    Case(
        "roles: a colon in the name",
        (post(f"roles.{RBAC}", {"metadata": {"name": "a:B_z"}}, dryRun="All"),),
    ),
)
