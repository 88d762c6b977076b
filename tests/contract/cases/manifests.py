"""Objects that leave most fields out, so that the server's defaults show; and some that do not."""

from __future__ import annotations

from typing import Any

RBAC = "rbac.authorization.k8s.io"
_M = {"metadata": {"name": "m"}}
_LABELS = {"a": "b"}
_SELECTOR = {"matchLabels": _LABELS}
_PLAIN: dict[str, Any] = {
    "metadata": {"labels": _LABELS},
    "spec": {"containers": [{"name": "c", "image": "x"}]},
}
_HOST = {
    "metadata": {"labels": _LABELS},
    "spec": {
        "serviceAccountName": "node",
        "hostNetwork": True,
        "containers": [{"name": "c", "image": "x", "ports": [{"containerPort": 80}]}],
    },
}
_ONCE = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}
_FIELD = {"fieldRef": {"fieldPath": "metadata.name"}}
_FULL = {
    "metadata": {"labels": _LABELS},
    "spec": {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "c",
                "image": "nginx",
                "args": ["--flag=a&b", "<x>"],
                "env": [{"name": "A", "value": ""}, {"name": "B", "valueFrom": _FIELD}],
                "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}],
                "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}},
                "livenessProbe": {"httpGet": {"port": 80}},
                "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 5},
                "startupProbe": {"grpc": {"port": 80}},
                "lifecycle": {"preStop": {"httpGet": {"path": "/x", "port": "web"}}},
                "securityContext": {},
                "volumeMounts": [{"name": "v", "mountPath": "/x", "readOnly": True}],
            },
            {"name": "d", "image": "host:5000/foo/bar:1.8", "imagePullPolicy": "Never"},
        ],
        "initContainers": [
            {"name": "i", "image": "x@sha256:" + "a" * 64},
            {"name": "j", "image": "x:latest", "restartPolicy": "Always"},
        ],
        "volumes": [
            {"name": "v", "secret": {"secretName": "s"}},
            {"name": "w", "configMap": {"name": "s", "defaultMode": 0o400}},
            {"name": "e", "emptyDir": {}},
            {"name": "n", "emptyDir": None},
            {"name": "h", "hostPath": {"path": "/x"}},
            {"name": "d", "downwardAPI": {"items": [{"path": "a", **_FIELD}]}},
            {
                "name": "p",
                "projected": {
                    "sources": [
                        {"serviceAccountToken": {"path": "token"}},
                        {"downwardAPI": {"items": [{"path": "a", **_FIELD}]}},
                    ]
                },
            },
        ],
    },
}
_CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def _of(name: str = "m", **rest: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, **rest}


def _spec(name: str = "m", **spec: Any) -> dict[str, Any]:
    return _of(name, spec=spec)


MANIFESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("deployments.apps", _spec(selector=_SELECTOR, template=_FULL)),
    (
        "deployments.apps",
        _spec(
            "recreate",
            selector=_SELECTOR,
            template=_PLAIN,
            strategy={"type": "Recreate"},
            replicas=0,
        ),
    ),
    ("daemonsets.apps", _spec(selector=_SELECTOR, template=_HOST)),
    (
        "statefulsets.apps",
        _spec(selector=_SELECTOR, serviceName="x", template=_PLAIN, volumeClaimTemplates=[_CLAIM]),
    ),
    ("replicasets.apps", _spec(selector=_SELECTOR, template=_PLAIN)),
    ("replicationcontrollers", _spec(template=_PLAIN)),
    ("jobs.batch", _spec(template=_ONCE)),
    ("jobs.batch", _spec("wide", template=_ONCE, parallelism=3)),
    ("cronjobs.batch", _spec(schedule="@daily", jobTemplate={"spec": {"template": _ONCE}})),
    ("pods", _spec(**_PLAIN["spec"])),
    (
        "pods",
        _spec(
            "guaranteed",
            containers=[
                {"name": "c", "image": "x", "resources": {"limits": {"cpu": 1, "memory": "1e3"}}}
            ],
        ),
    ),
    (
        "pods",
        _spec(
            "burstable",
            containers=[{"name": "c", "image": "x", "resources": {"requests": {"cpu": "1500m"}}}],
            terminationGracePeriodSeconds=0,
            tolerations=[{"operator": "Exists"}],
        ),
    ),
    ("networkpolicies.networking.k8s.io", _spec(podSelector={})),
    (
        "networkpolicies.networking.k8s.io",
        _spec(
            "both", podSelector={}, egress=[{}], ingress=[{"ports": [{"port": 80}, {"port": "x"}]}]
        ),
    ),
    (
        "networkpolicies.networking.k8s.io",
        _spec("deny", podSelector={}, policyTypes=["Ingress"], ingress=[]),
    ),
    ("services", _spec(selector=_LABELS, ports=[{"port": 80}])),
    ("serviceaccounts", _of(automountServiceAccountToken=False)),
    ("secrets", _of(stringData={"a": "b"}, data={"c": "ZA=="})),
    ("configmaps", _of()),
    (
        "configmaps",
        _of("empty", data={}) | {"metadata": {"name": "empty", "labels": {}, "annotations": None}},
    ),
    (f"roles.{RBAC}", _of(rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])),
    (f"roles.{RBAC}", _of("empty", rules=[])),
    (
        f"rolebindings.{RBAC}",
        _of(
            roleRef={"kind": "Role", "name": "m"},
            subjects=[
                {"kind": "User", "name": "u"},
                {"kind": "ServiceAccount", "name": "s", "namespace": "d"},
                {"kind": "Group", "name": "g"},
            ],
        ),
    ),
    (
        f"rolebindings.{RBAC}",
        _of("nobody", roleRef={"kind": "ClusterRole", "name": "view"}, subjects=None),
    ),
)
