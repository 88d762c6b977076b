"""Deletion: preconditions, dry runs, finalizers, namespaces."""

from __future__ import annotations

from tests.contract.cases.steps import (
    CONFIG,
    Case,
    Step,
    delete,
    get,
    merge,
    patch,
    post,
    to,
)
from tests.contract.clusters import at, config_map

_NAMESPACE = at("namespaces", name="{ns}")

CASES: tuple[Case, ...] = (
    Case(
        "delete",
        (
            CONFIG,
            delete("configmaps", "settings"),
            get("configmaps", "settings"),
            delete("configmaps", "settings"),
        ),
    ),
    Case(
        "delete: preconditions",
        (
            CONFIG,
            delete("configmaps", "settings", {"preconditions": {"uid": "x"}}),
            delete("configmaps", "settings", {"preconditions": {"resourceVersion": "1"}}),
            get("configmaps", "settings"),
        ),
        sentences=False,
    ),
    Case(
        "delete: odd policy",
        (CONFIG, delete("configmaps", "settings", {"propagationPolicy": "Foo"})),
    ),
    Case(
        "delete: dry run of the body",
        (
            CONFIG,
            delete("configmaps", "settings", {"dryRun": ["All"]}),
            get("configmaps", "settings"),
        ),
    ),
    Case(
        "delete: dry run of the query",
        (CONFIG, delete("configmaps", "settings", dryRun="All"), get("configmaps", "settings")),
    ),
    Case(
        "delete: a body hides the query",
        (
            CONFIG,
            delete("configmaps", "settings", {"gracePeriodSeconds": 0}, dryRun="All"),
            get("configmaps", "settings"),
        ),
    ),
    Case(
        "delete: orphan",
        (CONFIG, delete("configmaps", "settings", {"propagationPolicy": "Orphan"})),
    ),
    Case(
        "delete: finalizers",
        (
            CONFIG,
            patch("configmaps", "settings", to("/metadata/finalizers", ["a/b"])),
            delete("configmaps", "settings"),
            delete("configmaps", "settings"),
            get("configmaps", "settings"),
            patch("configmaps", "settings", to("/metadata/finalizers", ["a/b", "c/d"])),
            merge("configmaps", "settings", {"metadata": {"finalizers": None}}),
            get("configmaps", "settings"),
        ),
    ),
    Case(
        "delete: a namespace",
        (
            Step("DELETE", _NAMESPACE),
            Step("GET", _NAMESPACE),
            post("configmaps", config_map()),
            Step("DELETE", _NAMESPACE),
        ),
    ),
    Case(
        "delete: the default namespace",
        (Step("DELETE", "/api/v1/namespaces/default", query={"dryRun": "All"}),),
    ),
)
