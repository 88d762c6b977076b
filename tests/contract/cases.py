"""The cases of `test_same_answers`: steps that are sent to both clusters, each to its namespace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from k8sharden.cluster.transport import JSON, JSON_PATCH
from tests.contract.clusters import APPLY_PATCH, MERGE_PATCH, at, config_map, deployment, pod

RBAC = "rbac.authorization.k8s.io"
REVIEWS = "/apis/authorization.k8s.io/v1"


@dataclass(frozen=True)
class Step:
    """One request; ``{ns}`` in its path or body is the case's namespace."""

    method: str
    path: str
    body: Any = None
    content_type: str = JSON
    user: str = "admin"
    query: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Steps in a namespace with these labels.

    Without ``sentences`` only status and reason of a refusal are compared: the server's sentence
    then quotes Go structs or positions that nobody reads.
    """

    name: str
    steps: tuple[Step, ...]
    labels: dict[str, str] = field(default_factory=dict)
    sentences: bool = True


def post(kind: str, body: Any, *, user: str = "admin", **query: str) -> Step:
    """Create an object in the case's namespace."""
    return Step("POST", at(kind, "{ns}"), body, user=user, query=query)


def get(kind: str, name: str = "", **query: str) -> Step:
    """Read an object, or a list, in the case's namespace."""
    return Step("GET", at(kind, "{ns}", name), query=query)


def delete(kind: str, name: str, body: Any = None, **query: str) -> Step:
    """Delete an object in the case's namespace."""
    return Step("DELETE", at(kind, "{ns}", name), body, query=query)


def patch(kind: str, name: str, *operations: Any, **query: str) -> Step:
    """Send a JSON Patch to an object in the case's namespace."""
    query = {"fieldValidation": "Strict", **query}
    return Step("PATCH", at(kind, "{ns}", name), list(operations), JSON_PATCH, query=query)


def merge(kind: str, name: str, body: Any, **query: str) -> Step:
    """Send a merge patch to an object in the case's namespace."""
    return Step("PATCH", at(kind, "{ns}", name), body, MERGE_PATCH, query=query)


def apply(kind: str, name: str, body: Any, manager: str, **query: str) -> Step:
    """Send a server-side apply to an object in the case's namespace."""
    query = {"fieldManager": manager, **query}
    return Step("PATCH", at(kind, "{ns}", name), body, APPLY_PATCH, query=query)


def to(path: str, value: Any) -> dict[str, Any]:
    """A JSON Patch operation that sets a value."""
    return {"op": "add", "path": path, "value": value}


def made(kind: str, body: Any) -> Case:
    """A case that creates an object and reads it back."""
    name = body["metadata"]["name"]
    steps = (post(kind, body, dryRun="All"), post(kind, body), get(kind, name), get(kind))
    return Case(f"create {kind} {name}", steps)


CONTAINERS = "/spec/template/spec/containers"
CONFIG = post("configmaps", config_map(x="1"))
WEB = post("deployments.apps", deployment())


def changed(name: str, *steps: Step, sentences: bool = True) -> Case:
    """A case that changes a Deployment."""
    return Case(
        f"deployment: {name}", (WEB, *steps, get("deployments.apps", "web")), sentences=sentences
    )


def configured(name: str, *steps: Step, sentences: bool = True) -> Case:
    """A case that changes a ConfigMap."""
    return Case(
        f"configmap: {name}", (CONFIG, *steps, get("configmaps", "settings")), sentences=sentences
    )


def web(*operations: Any, **query: str) -> Step:
    """Send a JSON Patch to the Deployment."""
    return patch("deployments.apps", "web", *operations, **query)


def settings(*operations: Any, **query: str) -> Step:
    """Send a JSON Patch to the ConfigMap."""
    return patch("configmaps", "settings", *operations, **query)


from tests.contract.manifests import MANIFESTS  # noqa: E402

CASES: tuple[Case, ...] = (
    *(made(kind, body) for kind, body in MANIFESTS),
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
    configured("immutable", settings(to("/immutable", True)), settings(to("/data/x", "2"))),
    configured("odd finalizer", settings(to("/metadata/finalizers", ["a"]))),
    configured("odd owner", settings(to("/metadata/ownerReferences", [{"name": "a"}]))),
    changed("labels", web(to("/metadata/labels", {"a": "b"}))),
    changed("replicas", web(to("/spec/replicas", 3))),
    changed("status is not touched", web(to("/status/replicas", 3))),
    changed(
        "only status is touched",
        Step(
            "PATCH",
            at("deployments.apps", "{ns}", "web") + "/status",
            [to("/status/replicas", 3), to("/spec/replicas", 9)],
            JSON_PATCH,
        ),
    ),
    changed("selector", web(to("/spec/selector/matchLabels/c", "d"))),
    changed(
        "ephemeral containers",
        web(to("/spec/template/spec/ephemeralContainers", [{"name": "e", "image": "x"}])),
    ),
    changed(
        "privileged, no escalation",
        web(
            to(
                f"{CONTAINERS}/0/securityContext",
                {"privileged": True, "allowPrivilegeEscalation": False},
            )
        ),
        sentences=False,
    ),
    changed("same name twice", web(to(f"{CONTAINERS}/-", {"name": "web", "image": "x"}))),
    changed("no containers", web(to(CONTAINERS, []))),
    changed("no image", web({"op": "remove", "path": f"{CONTAINERS}/0/image"})),
    changed("bad container name", web(to(f"{CONTAINERS}/0/name", "A b"))),
    changed(
        "mount of nothing",
        web(to(f"{CONTAINERS}/0/volumeMounts", [{"name": "v", "mountPath": "/x"}])),
    ),
    changed(
        "two mounts on a path",
        web(
            to("/spec/template/spec/volumes", [{"name": "v", "emptyDir": {}}]),
            to(
                f"{CONTAINERS}/0/volumeMounts",
                [{"name": "v", "mountPath": "/x"}, {"name": "v", "mountPath": "/x"}],
            ),
        ),
    ),
    changed(
        "same volume twice", web(to("/spec/template/spec/volumes", [{"name": "v"}, {"name": "v"}]))
    ),
    changed(
        "odd seccomp type",
        web(to("/spec/template/spec/securityContext/seccompProfile", {"type": "Foo"})),
    ),
    changed(
        "seccomp without profile",
        web(to("/spec/template/spec/securityContext/seccompProfile", {"type": "Localhost"})),
    ),
    changed("negative user", web(to("/spec/template/spec/securityContext/runAsUser", -1))),
    changed("template labels", web(to("/spec/template/metadata/labels", {"q": "b"}))),
    changed("restart policy", web(to("/spec/template/spec/restartPolicy", "Never"))),
    changed(
        "hardened",
        web(
            to(
                "/spec/template/spec/securityContext",
                {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            ),
            to("/spec/template/spec/automountServiceAccountToken", False),
            to(
                "/spec/template/spec/volumes", [{"name": "tmp", "emptyDir": {"sizeLimit": "0.5Gi"}}]
            ),
            to(
                f"{CONTAINERS}/0/volumeMounts",
                [{"name": "tmp", "mountPath": "/tmp", "readOnly": False}],
            ),
            to(
                f"{CONTAINERS}/0/securityContext",
                {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"], "add": []},
                },
            ),
            to(
                f"{CONTAINERS}/0/resources",
                {"limits": {"cpu": "0.5", "memory": "1024Mi"}, "requests": {"cpu": 1}},
            ),
            to(f"{CONTAINERS}/0/image", "registry.test/web@sha256:" + "a" * 64),
        ),
        sentences=False,
    ),
)
