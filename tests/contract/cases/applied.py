"""Server-side apply: merging, sharing, conflicts."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.steps import (
    Case,
    Step,
    apply,
    get,
    merge,
    post,
)
from tests.contract.clusters import at, config_map, deployment, pod


def config(*names: str, **metadata: Any) -> Any:
    """A ConfigMap to apply, with these names as its data."""
    return config_map(**dict.fromkeys(names, "1")) | {"metadata": {"name": "settings", **metadata}}


CASES: tuple[Case, ...] = (
    Case(
        "apply: new",
        (apply("configmaps", "settings", config("x", "y"), "a"), get("configmaps", "settings")),
    ),
    Case(
        "apply: shared",
        (
            apply("configmaps", "settings", config("x", "y"), "a"),
            apply("configmaps", "settings", config("y", "z"), "b"),
            apply("configmaps", "settings", config("x"), "a"),
            apply("configmaps", "settings", config(), "b"),
            get("configmaps", "settings"),
        ),
    ),
    Case(
        "apply: conflicts",
        (
            apply("configmaps", "settings", config("x", "y"), "a"),
            merge("configmaps", "settings", {"data": {"y": "9", "z": "9"}}, fieldManager="u"),
            # One manager in a conflict at a time: the server names several in no order.
            apply("configmaps", "settings", config_map(y="2", z="2"), "b"),
            apply("configmaps", "settings", config_map(z="2"), "b"),
            apply("configmaps", "settings", config_map(x="2", y="2", z="2"), "b", force="true"),
            apply("configmaps", "settings", config("x", "y"), "a"),
            get("configmaps", "settings"),
        ),
    ),
    Case(
        "apply: containers",
        (
            post("deployments.apps", deployment(), fieldManager="u"),
            apply(
                "deployments.apps",
                "web",
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "spec": {
                        "template": {"spec": {"containers": [{"name": "web", "image": "other"}]}}
                    },
                },
                "a",
            ),
            apply(
                "deployments.apps",
                "web",
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "spec": {
                        "template": {
                            "spec": {
                                "containers": [
                                    {"name": "side", "image": "s", "ports": [{"containerPort": 80}]}
                                ]
                            }
                        }
                    },
                },
                "a",
            ),
            apply(
                "deployments.apps",
                "web",
                {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"a": "b"}}},
                "a",
            ),
            get("deployments.apps", "web"),
        ),
    ),
    Case(
        "apply: dry run",
        (
            apply("configmaps", "settings", config("x"), "a", dryRun="All"),
            get("configmaps", "settings"),
        ),
    ),
    Case(
        "apply: refused",
        (
            Step(
                "PATCH",
                at("configmaps", "{ns}", "settings"),
                config(),
                "application/apply-patch+yaml",
            ),
            apply("configmaps", "settings", pod(), "a"),
            apply("configmaps", "settings", config_map("other"), "a"),
            apply("configmaps", "settings", config() | {"foo": 3}, "a"),
            apply("configmaps", "settings", config(managedFields=[]), "a"),
        ),
    ),
)
