"""Who may do what, and how a refusal is worded."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.steps import (
    CONFIG,
    RBAC,
    REVIEWS,
    Case,
    Step,
    post,
)
from tests.contract.clusters import at, config_map

_GRANTED = post(
    f"rolebindings.{RBAC}",
    {
        "metadata": {"name": "readers"},
        "roleRef": {"kind": "Role", "name": "reader"},
        "subjects": [
            {"kind": "User", "name": "ann"},
            {"kind": "ServiceAccount", "name": "bot", "namespace": "ci"},
            {"kind": "ServiceAccount", "name": "local"},
        ],
    },
)
_READER = post(
    f"roles.{RBAC}",
    {
        "metadata": {"name": "reader"},
        "rules": [
            {"apiGroups": [""], "resources": ["pods", "*/status"], "verbs": ["list"]},
            {
                "apiGroups": ["*"],
                "resources": ["secrets"],
                "resourceNames": ["one"],
                "verbs": ["get", "list"],
            },
        ],
    },
)
_BOT = "system:serviceaccount:ci:bot"


def as_user(method: str, path: str, user: str, body: Any = None) -> Step:
    """A request of somebody else."""
    return Step(method, path, body, user=user)


def ask(resource: str, user: str, **attributes: str) -> Step:
    """Ask whether somebody may do something."""
    asked = {"verb": "list", "resource": resource, **attributes}
    body = {"spec": {"user": user, "groups": ["people"], "resourceAttributes": asked}}
    return Step("POST", f"{REVIEWS}/subjectaccessreviews", body)


def grant(name: str, rule: Any) -> Step:
    """Somebody's attempt to make a Role with this rule."""
    body = {"metadata": {"name": name}, "rules": [rule]}
    return Step("POST", at(f"roles.{RBAC}", "{ns}"), body, user="viewer")


CASES: tuple[Case, ...] = (
    Case(
        "access: reviews",
        (
            _GRANTED,
            ask("pods", "ann", namespace="{ns}"),
            _READER,
            ask("pods", "ann", namespace="{ns}"),
            ask("pods", "ann"),
            ask("pods", "bob", namespace="{ns}"),
            ask("pods", _BOT, namespace="{ns}"),
            ask("pods", "system:serviceaccount:{ns}:local", namespace="{ns}"),
            ask("pods", "system:serviceaccount:ci:local", namespace="{ns}"),
            ask("pods", "ann", namespace="{ns}", verb="get"),
            ask("pods", "ann", namespace="{ns}", subresource="log"),
            ask("services", "ann", namespace="{ns}", subresource="status"),
            ask("secrets", "ann", namespace="{ns}"),
            ask("secrets", "ann", namespace="{ns}", name="one"),
            ask("secrets", "ann", namespace="{ns}", name="two"),
            ask("secrets", "ann", namespace="{ns}", name="one", group="apps"),
        ),
    ),
    Case(
        "access: oneself",
        tuple(
            Step("POST", f"{REVIEWS}/selfsubjectaccessreviews", {"spec": spec}, user=user)
            for user in ("admin", "nobody", "auditor", "namespaced")
            for spec in (
                {"resourceAttributes": {"verb": "list", "resource": "pods"}},
                {"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "team-a"}},
                {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}},
                {"nonResourceAttributes": {"verb": "get", "path": "/logs/x"}},
            )
        ),
    ),
    Case(
        "access: rules of nobody",
        (
            Step(
                "POST",
                f"{REVIEWS}/selfsubjectrulesreviews",
                {"spec": {"namespace": "default"}},
                user="auditor",
            ),
        ),
    ),
    Case(
        "access: odd reviews",
        (
            Step("POST", f"{REVIEWS}/selfsubjectaccessreviews", {"spec": {}}),
            Step(
                "POST",
                f"{REVIEWS}/subjectaccessreviews",
                {"spec": {"resourceAttributes": {"verb": "get"}}},
            ),
            as_user(
                "POST",
                f"{REVIEWS}/subjectaccessreviews",
                "nobody",
                {"spec": {"user": "x", "resourceAttributes": {"verb": "get"}}},
            ),
        ),
        sentences=False,
    ),
    Case(
        "access: refused",
        tuple(
            as_user("GET", path, "nobody")
            for path in (
                "/api/v1/secrets",
                at("secrets", "default"),
                at("secrets", "default", "x"),
                "/api/v1/namespaces/default",
                "/metrics",
                at("deployments.apps"),
                "/nope",
                "/api/v1/nope",
                "/flagz",
                at("pods", "default", "x") + "/log",
            )
        ),
    ),
    Case(
        "access: writes refused",
        (
            CONFIG,
            as_user("POST", at("configmaps", "{ns}"), "nobody", config_map()),
            as_user("DELETE", at("configmaps", "{ns}", "settings"), "nobody"),
            as_user("DELETE", at("configmaps", "{ns}"), "nobody"),
            Step(
                "PATCH",
                at("configmaps", "{ns}", "settings"),
                {},
                "application/merge-patch+json",
                user="nobody",
            ),
            Step("PUT", at("configmaps", "{ns}", "settings"), {}, user="nobody"),
        ),
    ),
    Case(
        "access: no such role",
        (
            post(
                f"rolebindings.{RBAC}",
                {
                    "metadata": {"name": "n"},
                    "roleRef": {"kind": "Role", "name": "gone"},
                    "subjects": [{"kind": "User", "name": "nobody"}],
                },
            ),
            as_user("GET", at("pods", "{ns}"), "nobody"),
        ),
    ),
    Case(
        "access: granting more than one holds",
        (
            post(
                f"roles.{RBAC}",
                {
                    "metadata": {"name": "granter"},
                    "rules": [
                        {
                            "apiGroups": [RBAC],
                            "resources": ["roles", "rolebindings"],
                            "verbs": ["create", "patch"],
                        },
                        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
                        {
                            "apiGroups": [""],
                            "resources": ["secrets"],
                            "resourceNames": ["a"],
                            "verbs": ["get"],
                        },
                    ],
                },
            ),
            post(
                f"rolebindings.{RBAC}",
                {
                    "metadata": {"name": "granters"},
                    "roleRef": {"kind": "Role", "name": "granter"},
                    "subjects": [{"kind": "User", "name": "viewer"}],
                },
            ),
            grant("same", {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}),
            grant(
                "other", {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["list"]}
            ),
            grant("more", {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "delete"]}),
            grant("all", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
            grant(
                "one",
                {
                    "apiGroups": [""],
                    "resources": ["secrets"],
                    "resourceNames": ["a"],
                    "verbs": ["get"],
                },
            ),
            Step(
                "POST",
                at(f"rolebindings.{RBAC}", "{ns}"),
                {
                    "metadata": {"name": "mine"},
                    "roleRef": {"kind": "Role", "name": "same"},
                },
                user="viewer",
            ),
            Step(
                "POST",
                at(f"rolebindings.{RBAC}", "{ns}"),
                {
                    "metadata": {"name": "theirs"},
                    "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
                },
                user="viewer",
            ),
            Step(
                "POST",
                at(f"rolebindings.{RBAC}", "{ns}"),
                {
                    "metadata": {"name": "nobodys"},
                    "roleRef": {"kind": "Role", "name": "gone"},
                },
                user="viewer",
            ),
        ),
    ),
)
