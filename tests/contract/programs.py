"""Random programs of patches: what hypothesis sends to both clusters.

Paths come from the object and go astray a little; values are such as people and tools write.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from k8sharden.cluster.transport import JSON_PATCH
from tests.contract.cases.steps import Step
from tests.contract.clusters import MERGE_PATCH, Object, at

DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "labels": {"app": "web", "tier": "front"},
        "annotations": {"n": "1"},
    },
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "automountServiceAccountToken": True,
                "securityContext": {"runAsNonRoot": True},
                "containers": [
                    {
                        "name": "web",
                        "image": "registry.test/web:1.8",
                        "args": ["--a", "b && c"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "<2>"}],
                        "ports": [{"containerPort": 80}, {"containerPort": 81, "name": "two"}],
                        "resources": {"limits": {"memory": "64Mi"}},
                        "securityContext": {"privileged": False, "capabilities": {"add": ["X"]}},
                        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                    },
                    {"name": "side", "image": "registry.test/side"},
                ],
                "initContainers": [{"name": "migrate", "image": "registry.test/migrate:2"}],
                "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
            },
        },
    },
}


_RBAC = "rbac.authorization.k8s.io"
OTHERS: tuple[tuple[str, Object], ...] = (
    (
        "networkpolicies.networking.k8s.io",
        {
            "metadata": {"name": "n"},
            "spec": {
                "podSelector": {"matchLabels": {"a": "b"}},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}],
                "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": []}}]}],
            },
        },
    ),
    (
        f"rolebindings.{_RBAC}",
        {
            "metadata": {"name": "b", "labels": {"a": "b"}},
            "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": "r"},
            "subjects": [
                {"kind": "ServiceAccount", "name": "s", "namespace": "n"},
                {"apiGroup": _RBAC, "kind": "User", "name": "u"},
            ],
        },
    ),
    (
        f"roles.{_RBAC}",
        {
            "metadata": {"name": "r", "annotations": {"a": "b"}},
            "rules": [
                {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
                {"apiGroups": ["apps"], "resources": ["*"], "resourceNames": ["x"], "verbs": ["*"]},
            ],
        },
    ),
    ("configmaps", {"metadata": {"name": "c"}, "data": {"a": "b & c", "d": ""}}),
    (
        "serviceaccounts",
        {
            "metadata": {"name": "s"},
            "automountServiceAccountToken": False,
            "imagePullSecrets": [{"name": "pull"}],
        },
    ),
    (
        "pods",
        {
            "metadata": {"name": "p", "labels": {"a": "b"}},
            "spec": {
                "containers": [{"name": "web", "image": "x:1", "resources": {}}],
                "tolerations": [{"operator": "Exists"}],
            },
        },
    ),
    (
        "cronjobs.batch",
        {
            "metadata": {"name": "j"},
            "spec": {
                "schedule": "5 4 * * *",
                "jobTemplate": {
                    "spec": {
                        "backoffLimit": 1,
                        "template": {
                            "spec": {
                                "restartPolicy": "OnFailure",
                                "containers": [{"name": "web", "image": "x"}],
                            }
                        },
                    }
                },
            },
        },
    ),
)


def _paths(value: Any, path: str = "") -> list[str]:
    found = [path]
    if isinstance(value, dict):
        for key, each in value.items():
            found += _paths(each, f"{path}/{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            found += _paths(each, f"{path}/{number}")
    return found


_CONTAINER = "/spec/template/spec/containers/0"
_ABSENT = (
    "/metadata/labels/new",
    "/metadata/annotations/k8sharden.example~1note",
    "/metadata/finalizers",
    "/spec/paused",
    "/spec/template/metadata/annotations",
    "/spec/template/spec/hostNetwork",
    "/spec/template/spec/serviceAccountName",
    "/spec/template/spec/securityContext/seccompProfile",
    "/spec/template/spec/securityContext/seccompProfile/type",
    "/spec/template/spec/nodeSelector",
    "/spec/template/spec/tolerations",
    "/spec/template/spec/tolerations/-",
    "/spec/template/spec/containers/-",
    "/spec/template/spec/containers/2",
    "/spec/template/spec/containers/-1",
    "/spec/template/spec/volumes/-",
    f"{_CONTAINER}/args/-",
    f"{_CONTAINER}/env/-",
    f"{_CONTAINER}/securityContext/allowPrivilegeEscalation",
    f"{_CONTAINER}/securityContext/readOnlyRootFilesystem",
    f"{_CONTAINER}/securityContext/runAsUser",
    f"{_CONTAINER}/securityContext/capabilities/drop",
    f"{_CONTAINER}/resources/requests",
    f"{_CONTAINER}/command",
    f"{_CONTAINER}/tty",
)
_TEXTS = st.sampled_from(
    [
        "",
        "web",
        "a-b",
        "two words",
        "a & b",
        "<tag>",
        "é",
        "RuntimeDefault",
        "Always",
        "50%",
        "128Mi",
    ]
)
_CONTAINERS = st.builds(
    lambda name, image: {"name": name, "image": image},
    st.sampled_from(["web", "extra", "Bad Name", ""]),
    st.sampled_from(["registry.test/x:1", "x", "x@sha256:" + "a" * 64]),
)
_VALUES = st.one_of(
    _TEXTS,
    st.sampled_from(
        [None, True, False, 0, 1, 3, -1, 1.5, {}, [], [""], {"a": "b"}, {"app": "web"}]
    ),
    st.sampled_from([["ALL"], {"type": "RuntimeDefault"}, {"drop": ["ALL"], "add": None}]),
    _CONTAINERS,
    st.lists(_CONTAINERS, max_size=2),
    st.sampled_from([{"name": "cache", "emptyDir": {}}, {"name": "V", "value": "x & y"}]),
    st.sampled_from([{"operator": "Exists"}, {"key": "a", "value": "b"}]),
)
_POD = "/spec/template/spec"
_QUANTITIES = ["1", "0.5", "100m", "1500m", "1e3", "64Mi", "1024Ki", "1.5Gi", "0", 2]
_SENSIBLE: tuple[tuple[str, list[Any]], ...] = (
    ("/metadata/labels", [{}, None, {"a": "b"}]),
    ("/metadata/labels/new", ["", "x", None]),
    ("/metadata/annotations", [{}, None, {"a": ""}, {"x/y": "free text & <more>"}]),
    ("/spec/replicas", [0, 1, 5, None]),
    ("/spec/paused", [True, False, None]),
    ("/spec/minReadySeconds", [0, 5]),
    ("/spec/strategy", [{}, {"type": "Recreate"}, None, {"rollingUpdate": {"maxSurge": "10%"}}]),
    ("/spec/template/metadata/annotations", [{"a": "b"}, {}, None]),
    (f"{_POD}/automountServiceAccountToken", [True, False, None]),
    (f"{_POD}/hostNetwork", [True, False, None]),
    (f"{_POD}/hostPID", [True, False]),
    (f"{_POD}/hostUsers", [True, None]),
    (f"{_POD}/serviceAccountName", ["bot", "", None]),
    (f"{_POD}/nodeSelector", [{}, {"a": "b"}, None]),
    (f"{_POD}/tolerations", [[], None, [{"operator": "Exists"}]]),
    (f"{_POD}/tolerations/-", [{"key": "a", "value": "b", "effect": "NoSchedule"}]),
    (f"{_POD}/securityContext", [{}, None, {"runAsUser": 0}, {"fsGroup": 7, "sysctls": []}]),
    (f"{_POD}/securityContext/seccompProfile", [{"type": "RuntimeDefault"}, None]),
    (f"{_POD}/securityContext/supplementalGroups", [[], [1, 2]]),
    (f"{_POD}/terminationGracePeriodSeconds", [0, 5, None]),
    (f"{_POD}/imagePullSecrets", [[], [{"name": "pull"}], [{}]]),
    (f"{_POD}/volumes/-", [{"name": "c", "emptyDir": {"sizeLimit": "0.5Gi"}}, {"name": "bare"}]),
    (f"{_POD}/containers/-", [{"name": "new", "image": "x"}, {"name": "new", "tty": False}]),
    (f"{_POD}/containers/-1", [{"name": "last", "image": "registry.test:5000/x"}]),
    (f"{_POD}/initContainers", [None, [], [{"name": "a", "image": "x"}]]),
    (f"{_CONTAINER}/image", ["x", "x:latest", "x:1", "x@sha256:" + "a" * 64]),
    (f"{_CONTAINER}/imagePullPolicy", ["Always", "", None]),
    (f"{_CONTAINER}/args", [[], None, ["a & b", ""]]),
    (f"{_CONTAINER}/args/-", ["<last>"]),
    (f"{_CONTAINER}/env/-", [{"name": "C"}, {"name": "A", "value": "again"}]),
    (f"{_CONTAINER}/env/0/value", ["", "é", None]),
    (f"{_CONTAINER}/ports", [[], None, [{"containerPort": 9, "protocol": "UDP"}]]),
    (f"{_CONTAINER}/resources", [{}, None]),
    *((f"{_CONTAINER}/resources/limits/{name}", _QUANTITIES) for name in ("cpu", "memory")),
    (f"{_CONTAINER}/resources/requests", [{"cpu": "0.001"}, {"memory": "1M"}, {}]),
    (f"{_CONTAINER}/securityContext", [{}, None, {"capabilities": {"drop": ["ALL"], "add": []}}]),
    *((f"{_CONTAINER}/securityContext/{name}", [True, False, None]) for name in (
        "allowPrivilegeEscalation", "readOnlyRootFilesystem", "privileged", "runAsNonRoot")),
    (f"{_CONTAINER}/securityContext/runAsUser", [0, 1000, None]),
    (f"{_CONTAINER}/volumeMounts/-", [{"name": "tmp", "mountPath": "/tmp", "readOnly": False}]),
    (f"{_CONTAINER}/livenessProbe", [None, {"httpGet": {"port": 80}}, {"grpc": {"port": 1}}]),
)  # fmt: skip


def programs(kind: str, base: Object) -> st.SearchStrategy[list[Step]]:
    """Programs that patch one object, which is like ``base`` at first."""
    target = at(kind, "{ns}", base["metadata"]["name"])
    paths = _astray(base, _ABSENT if base is DEPLOYMENT else ())
    # What stands elsewhere in the object often fits, where a made-up value seldom does.
    values = st.one_of(_VALUES, st.sampled_from([_at(base, path) for path in _paths(base)]))
    operations = st.lists(_operation(base, paths, values), min_size=1, max_size=2)
    changes = st.tuples(paths, values)
    if base is DEPLOYMENT:
        sensible = st.lists(_sensible(), min_size=1, max_size=4)
        operations = st.one_of(operations, sensible, sensible)
        changes = st.one_of(changes, _sensible().map(lambda each: (each["path"], each["value"])))
    merges = changes.map(lambda change: _nested(*change))
    bodies = st.one_of(
        _typed(operations, JSON_PATCH), _typed(operations, JSON_PATCH), _typed(merges, MERGE_PATCH)
    )
    step = st.builds(
        lambda body, strict: Step(
            "PATCH", target, body[0], body[1], query={"fieldValidation": strict}
        ),
        bodies,
        st.sampled_from(["Strict", "Strict", "Ignore", "Warn"]),
    )
    return st.lists(step, min_size=1, max_size=5)


def _typed(bodies: st.SearchStrategy[Any], content_type: str) -> st.SearchStrategy[Any]:
    return bodies.map(lambda body: (body, content_type))


def _astray(base: Object, absent: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Paths of an object, some that it lacks, and some that lead nowhere."""
    own = [path for path in _paths(base) if path not in ("", "/kind", "/apiVersion", "/spec")]
    known = st.sampled_from([*own, *absent])
    return st.one_of(
        known, known, st.builds(str.__add__, known, st.sampled_from(["/no", "/0", "/-"]))
    )


@st.composite
def _sensible(draw: st.DrawFn) -> Object:
    path, values = draw(st.sampled_from(_SENSIBLE))
    kind = draw(st.sampled_from(["add", "add", "add", "replace"]))
    return {"op": kind, "path": path, "value": draw(st.sampled_from(values))}


@st.composite
def _operation(
    draw: st.DrawFn, base: Object, paths: st.SearchStrategy[str], values: st.SearchStrategy[Any]
) -> Object:
    kind = draw(st.sampled_from(["add", "add", "replace", "remove", "test", "copy", "move"]))
    operation = {"op": kind, "path": draw(paths)}
    if kind in ("copy", "move"):
        return operation | {"from": draw(paths)}
    if kind == "test" and draw(st.booleans()):
        return operation | {"value": draw(st.sampled_from([_at(base, operation["path"]), None]))}
    return operation if kind == "remove" else operation | {"value": draw(values)}


def _at(base: Object, path: str) -> Any:
    """What stands at a path at first; None where nothing does."""
    value: Any = base
    for part in path.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(part.replace("~1", "/"))
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _nested(path: str, value: Any) -> Any:
    """A merge patch that sets what is at a path; lists are replaced whole."""
    parts = [part.replace("~1", "/") for part in path.split("/")[1:]]
    for part in reversed(
        [part for part in parts if not part.lstrip("-").isdigit() and part != "-"]
    ):
        value = {part: value}
    return value if isinstance(value, dict) else {"metadata": {"labels": None}}
