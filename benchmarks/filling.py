"""Fills a test cluster with Deployments, their ReplicaSets and their running pods.

The objects are as large as real ones: about nine kilobytes for a pod with its status and its
managed fields. They are written straight to the API; there is no kubelet and no controller.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from k8sharden.cluster.api import Api
from k8sharden.cluster.transport import Request
from k8sharden.errors import ClusterUnavailable

PODS_PER_DEPLOYMENT = 5
DEPLOYMENTS_PER_NAMESPACE = 50
WRITERS = 8
_NOW = "2026-01-01T00:00:00Z"
_DIGEST = "sha256:" + "0123456789abcdef" * 4
_MERGE = "application/merge-patch+json"

Object = dict[str, Any]


def fill(api: Api, deployments: Iterable[int]) -> None:
    """Write these Deployments, by number, each with its ReplicaSet, a Secret and five pods."""
    with ThreadPoolExecutor(WRITERS) as pool:
        numbers = list(deployments)
        names = sorted({_namespace(number) for number in numbers})
        list(pool.map(lambda name: _namespace_made(api, name), names))
        list(pool.map(lambda number: _deployment_made(api, number), numbers))


def _namespace(number: int) -> str:
    return f"bench-{number // DEPLOYMENTS_PER_NAMESPACE:03d}"


def _namespace_made(api: Api, name: str) -> None:
    _write(api, "POST", "/api/v1/namespaces", {"metadata": {"name": name}}, may_exist=True)


def _deployment_made(api: Api, number: int) -> None:
    namespace, name = _namespace(number), f"service-{number:04d}"
    apps, core = f"/apis/apps/v1/namespaces/{namespace}", f"/api/v1/namespaces/{namespace}"
    deployment = _write(api, "POST", f"{apps}/deployments", _owner(name, "Deployment"))
    replica_set = _owned(_owner(f"{name}-7d4b9c6f58", "ReplicaSet"), "Deployment", deployment)
    made = _write(api, "POST", f"{apps}/replicasets", replica_set)
    secret = {"metadata": {"name": name}, "stringData": {"password": "not a secret"}}
    _write(api, "POST", f"{core}/secrets", secret)
    for pod_name in _pod_names(made["metadata"]["name"]):
        pod = _owned(_pod(pod_name, name, number), "ReplicaSet", made)
        _write(api, "POST", f"{core}/pods", pod)
        status = {"status": _status(number)}
        _write(api, "PATCH", f"{core}/pods/{pod_name}/status", status)


def _pod_names(replica_set: str) -> Iterator[str]:
    yield from (f"{replica_set}-{number}" for number in range(PODS_PER_DEPLOYMENT))


def _write(api: Api, method: str, path: str, body: Object, *, may_exist: bool = False) -> Object:
    content_type = _MERGE if method == "PATCH" else "application/json"
    request = Request(method, path, body=json.dumps(body).encode(), content_type=content_type)
    answer = api.transport.send(request)
    if answer.status >= 400 and not (may_exist and answer.status == 409):
        raise ClusterUnavailable(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
    written: Object = json.loads(answer.body)
    return written


def _labels(name: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": f"{name}-production",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/part-of": "kestrel-books",
        "helm.sh/chart": f"{name}-4.2.1",
    }


def _owner(name: str, kind: str) -> Object:
    app = name.removesuffix("-7d4b9c6f58")
    labels = _labels(app)
    spec = {
        "replicas": PODS_PER_DEPLOYMENT,
        "selector": {"matchLabels": {"app.kubernetes.io/name": app}},
        "template": {"metadata": {"labels": labels}, "spec": _pod_spec(app)},
    }
    meta = {"name": name, "labels": labels, "annotations": {"meta.helm.sh/release-name": app}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": spec}


def _owned(item: Object, kind: str, owner: Object) -> Object:
    reference = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    item["metadata"]["ownerReferences"] = [reference]
    return item


def _pod(name: str, app: str, number: int) -> Object:
    annotations = {
        "checksum/config": _DIGEST,
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8080",
        "kubectl.kubernetes.io/restartedAt": _NOW,
        "cni.example/network-status": json.dumps([{"name": "default", "ips": ["10.0.0.1"]}] * 4),
    }
    spec = _pod_spec(app) | {"nodeName": f"worker-{number % 100}", "serviceAccountName": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": _labels(app), "annotations": annotations},
        "spec": spec,
    }


def _pod_spec(app: str) -> Object:
    return {
        "initContainers": [_container("migrate", app)],
        "containers": [_container(app, app)],
        "volumes": [
            {"name": "config", "configMap": {"name": app}},
            {"name": "secret", "secret": {"secretName": app}},
            {"name": "tmp", "emptyDir": {}},
        ],
        "securityContext": {"runAsNonRoot": True, "fsGroup": 1000},
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
    }


def _container(name: str, image: str) -> Object:
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    plain = [{"name": f"SETTING_{number}", "value": f"value-{number}"} for number in range(6)]
    key = {"secretKeyRef": {"name": "database", "key": "password"}}
    probes = {} if name == "migrate" else {"livenessProbe": probe, "readinessProbe": probe}
    return probes | {
        "name": name,
        "image": f"registry.kestrel.example/{image}:1.8",
        "args": ["--listen=:8080", "--log-format=json", "--log-level=info"],
        "env": [*plain, {"name": "PASSWORD", "valueFrom": key}],
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {
            "limits": {"cpu": "500m", "memory": "256Mi"},
            "requests": {"cpu": "100m", "memory": "128Mi"},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/service", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a path in a container
        ],
    }


def _status(number: int) -> Object:
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": _NOW} for kind in kinds]
    address = f"10.{number % 200}.{number // 200}.7"
    return {
        "phase": "Running",
        "conditions": conditions,
        "hostIP": "192.0.2.1",
        "hostIPs": [{"ip": "192.0.2.1"}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": _NOW,
        "qosClass": "Burstable",
        "containerStatuses": [_running(f"service-{number:04d}")],
        "initContainerStatuses": [_ended("migrate")],
    }


def _running(name: str) -> Object:
    return _container_status(name) | {"state": {"running": {"startedAt": _NOW}}, "started": True}


def _ended(name: str) -> Object:
    end = {"exitCode": 0, "reason": "Completed", "startedAt": _NOW, "finishedAt": _NOW}
    return _container_status(name) | {"state": {"terminated": end}}


def _container_status(name: str) -> Object:
    return {
        "name": name,
        "image": f"registry.kestrel.example/{name}:1.8",
        "imageID": f"registry.kestrel.example/{name}@{_DIGEST}",
        "containerID": f"containerd://{_DIGEST[7:]}",
        "ready": True,
        "restartCount": 0,
    }
