"""What creating and patching does to any object, shown on ConfigMaps."""

from __future__ import annotations

from typing import Any

from k8sharden.cluster.transport import JSON_PATCH
from tests.contract.cases.steps import (
    CONFIG,
    Case,
    Step,
    get,
    merge,
    patch,
    post,
    to,
)
from tests.contract.clusters import at, config_map, pod


def configured(name: str, *steps: Step, sentences: bool = True) -> Case:
    """A case that changes a ConfigMap."""
    return Case(
        f"configmap: {name}", (CONFIG, *steps, get("configmaps", "settings")), sentences=sentences
    )


def settings(*operations: Any, **query: str) -> Step:
    """Send a JSON Patch to the ConfigMap."""
    return patch("configmaps", "settings", *operations, **query)


CASES: tuple[Case, ...] = (
    configured("exists", CONFIG),
    configured("other kind", post("configmaps", pod())),
    configured(
        "other namespace", post("configmaps", {"metadata": {"name": "b", "namespace": "o"}})
    ),
    configured("nameless", post("configmaps", {"metadata": {}})),
    configured("bad name", post("configmaps", {"metadata": {"name": "B_x"}})),
    configured(
        "unknown, strict",
        post("configmaps", config_map("b") | {"foo": 1}, fieldValidation="Strict"),
    ),
    configured("unknown, warn", post("configmaps", config_map("b") | {"foo": 1})),
    configured("bad dry run", post("configmaps", config_map("b"), dryRun="Foo")),
    configured(
        "wrong type", post("configmaps", {"metadata": {"name": "b"}, "data": []}), sentences=False
    ),
    configured("no namespace", Step("POST", "/api/v1/namespaces/nope/configmaps", config_map())),
    configured("not there", get("configmaps", "nope")),
    configured("unknown type", get("nopes")),
    configured("post to a name", Step("POST", at("configmaps", "{ns}", "settings"), {})),
    configured("list of no namespace", Step("GET", "/api/v1/namespaces/nope/configmaps")),
    configured("test fails", settings({"op": "test", "path": "/data/x", "value": "2"})),
    configured("test holds", settings({"op": "test", "path": "/data/x", "value": "1"})),
    configured("test of null", settings({"op": "test", "path": "/data/nope", "value": None})),
    configured(
        "test of null below nothing", settings({"op": "test", "path": "/no/pe", "value": None})
    ),
    configured("remove nothing", settings({"op": "remove", "path": "/data/nope"})),
    configured("replace nothing", settings({"op": "replace", "path": "/data/nope", "value": "k"})),
    configured("add below nothing", settings(to("/foo/bar", "k"))),
    configured("add unknown", settings(to("/foo", "k")), sentences=False),
    configured("add a number", settings(to("/data/n", 3)), sentences=False),
    configured("no such operation", settings({"op": "bogus", "path": "/data/x"})),
    configured("no slash", settings(to("data", "3")), sentences=False),
    configured(
        "replace all", settings({"op": "replace", "path": "", "value": {"a": 1}}), sentences=False
    ),
    configured("rename", settings(to("/metadata/name", "other"))),
    configured("move namespace", settings(to("/metadata/namespace", "other"))),
    configured("another kind", settings(to("/kind", "Pod")), sentences=False),
    configured("bad label", settings(to("/metadata/labels", {"A B": "x"}))),
    configured("bad label value", settings(to("/metadata/labels", {"a": "x y"}))),
    configured("bad annotation", settings(to("/metadata/annotations", {"a b": "x"}))),
    configured("other uid", settings(to("/metadata/uid", "x"))),
    configured("stale version", settings(to("/metadata/resourceVersion", "1"))),
    configured(
        "stale version, merged",
        merge("configmaps", "settings", {"metadata": {"resourceVersion": "1"}}),
    ),
    configured("creation time stays", settings(to("/metadata/creationTimestamp", None))),
    configured(
        "no list of operations",
        Step("PATCH", at("configmaps", "{ns}", "settings"), {}, JSON_PATCH),
        sentences=False,
    ),
    configured("merge of a list", merge("configmaps", "settings", []), sentences=False),
    configured(
        "patch as JSON", Step("PATCH", at("configmaps", "{ns}", "settings"), {}), sentences=False
    ),
    configured(
        "merge",
        merge(
            "configmaps",
            "settings",
            {"data": {"x": None, "y": "2"}, "metadata": {"labels": {"a": "b"}}},
        ),
    ),
    configured("dry run", settings(to("/data/x", "2"), dryRun="All")),
    configured("immutable", settings(to("/immutable", value=True)), settings(to("/data/x", "2"))),
    configured("odd finalizer", settings(to("/metadata/finalizers", ["a"]))),
    configured("odd owner", settings(to("/metadata/ownerReferences", [{"name": "a"}]))),
)
