"""What controllers and kubelets make of the manifests: ReplicaSets, Jobs, pods, their status.

Everything is derived from names and contents, so that it is the same each time.
"""

import base64
import hashlib
import itertools
import json
import uuid
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

Object = dict[str, Any]

_BORN = "2026-03-02T08:00:00Z"
_NODES = {
    "control-plane-1": "192.0.2.10",
    "worker-1": "192.0.2.11",
    "worker-2": "192.0.2.12",
    "windows-1": "192.0.2.13",
}
_LINUX = tuple(_NODES)[:3]
_WORKERS = ("worker-1", "worker-2")
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_JOB_RUN = "29371875"
_SPACE = uuid.UUID("6b0c7a52-1f0e-5d0a-9c58-0a4c1d2e3f40")

_NODE_INFO = {
    "architecture": "amd64",
    "bootID": "",
    "containerRuntimeVersion": "containerd://2.1.4",
    "kernelVersion": "6.12.41",
    "kubeProxyVersion": "",
    "kubeletVersion": "v1.36.2",
    "machineID": "",
    "operatingSystem": "linux",
    "osImage": "Debian GNU/Linux 13 (trixie)",
    "systemUUID": "",
}


def settled(written: Object) -> Object:
    """Return a manifest as the server keeps it: with an identity, and what it would fill in."""
    value = deepcopy(written)
    metadata = value["metadata"]
    metadata |= {"uid": _uid(value["kind"], metadata), "creationTimestamp": _BORN}
    for owner in metadata.get("ownerReferences", ()):
        owner["uid"] = _uid(owner["kind"], {**metadata, "name": owner["name"]})
    match value["kind"]:
        case "Namespace":
            value |= {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        case "Node":
            value["status"]["nodeInfo"] = _node_info(value)
        case "Secret":
            plain = value.pop("stringData")
            value["data"] = {key: _base64(text) for key, text in plain.items()}
        case "Job":
            succeeded = value.pop("status")["phase"] == "Succeeded"
            value["status"] = _job_status(succeeded=succeeded)
        case "Pod":
            value["status"] = _pod_status(value, value.get("status", {}).get("phase", "Running"))
    return value


def _node_info(node: Object) -> Object:
    if node["metadata"]["labels"]["kubernetes.io/os"] == "windows":
        return _NODE_INFO | {
            "kernelVersion": "10.0.20348.2849",
            "operatingSystem": "windows",
            "osImage": "Windows Server 2022 Datacenter",
        }
    return _NODE_INFO


def running(written: Iterable[Object]) -> Iterator[Object]:
    """Yield what follows from the manifests: default service accounts, ReplicaSets, Jobs, pods."""
    numbers = itertools.count(10)
    for value in written:
        match value["kind"]:
            case "Namespace":
                name = value["metadata"]["name"]
                yield _made("ServiceAccount", "v1", {"name": "default", "namespace": name}, {})
            case "Deployment":
                replica_set = _replica_set(value)
                yield replica_set
                yield from _pods(replica_set, value["spec"]["replicas"], numbers)
            case "StatefulSet":
                yield from _stateful_pods(value, numbers)
            case "DaemonSet":
                for node in _LINUX:
                    yield _pod(
                        value, value["spec"]["template"], _suffix(value, node), node, numbers
                    )
            case "CronJob":
                job = _job(value)
                yield job
                yield _job_pod(job, "Succeeded", numbers)
            case "Job":
                yield _job_pod(value, "Succeeded" if _ended(value) else "Running", numbers)


def _replica_set(deployment: Object) -> Object:
    kept = ("replicas", "selector", "template")
    spec = deepcopy({name: deployment["spec"][name] for name in kept})
    template = spec["template"]
    name = _hash(json.dumps(template, sort_keys=True), 10)
    spec["selector"]["matchLabels"]["pod-template-hash"] = name
    template["metadata"]["labels"]["pod-template-hash"] = name
    metadata = _owned(deployment, f"{deployment['metadata']['name']}-{name}")
    metadata["labels"] = template["metadata"]["labels"]
    return _made("ReplicaSet", "apps/v1", metadata, {"spec": spec})


def _job(cron: Object) -> Object:
    metadata = _owned(cron, f"{cron['metadata']['name']}-{_JOB_RUN}")
    spec = deepcopy(cron["spec"]["jobTemplate"]["spec"])
    status = _job_status(succeeded=True)
    return _made("Job", "batch/v1", metadata, {"spec": spec, "status": status})


def _job_status(*, succeeded: bool) -> Object:
    if not succeeded:
        return {"active": 1, "ready": 1, "startTime": _BORN}
    return {"succeeded": 1, "startTime": _BORN, "completionTime": _BORN}


def _ended(job: Object) -> bool:
    return "succeeded" in job["status"]


def _job_pod(job: Object, phase: str, numbers: Iterator[int]) -> Object:
    return _pod(
        job, job["spec"]["template"], _suffix(job, "pod"), _WORKERS[0], numbers, phase=phase
    )


def _pods(owner: Object, count: int, numbers: Iterator[int]) -> Iterator[Object]:
    for index in range(count):
        suffix = _suffix(owner, str(index))
        template = owner["spec"]["template"]
        yield _pod(owner, template, suffix, _node(template, index), numbers)


def _node(template: Object, index: int) -> str:
    is_windows = template["spec"].get("os", {}).get("name") == "windows"
    return "windows-1" if is_windows else _WORKERS[index % len(_WORKERS)]


def _stateful_pods(owner: Object, numbers: Iterator[int]) -> Iterator[Object]:
    template = deepcopy(owner["spec"]["template"])
    claims = [claim["metadata"]["name"] for claim in owner["spec"].get("volumeClaimTemplates", ())]
    for index in range(owner["spec"]["replicas"]):
        name = f"{owner['metadata']['name']}-{index}"
        claimed = [
            {"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{name}"}}
            for claim in claims
        ]
        volumes = owner["spec"]["template"]["spec"].get("volumes", [])
        template["spec"]["volumes"] = [*volumes, *claimed]
        yield _pod(owner, template, str(index), _node(template, index), numbers)


def _pod(
    owner: Object,
    template: Object,
    suffix: str,
    node: str,
    numbers: Iterator[int],
    *,
    phase: str = "Running",
) -> Object:
    metadata = _owned(owner, f"{owner['metadata']['name']}-{suffix}")
    metadata["labels"] = template["metadata"]["labels"]
    spec = deepcopy(template["spec"]) | {"nodeName": node}
    spec.setdefault("serviceAccountName", "default")
    made = _made("Pod", "v1", metadata, {"spec": spec})
    made["status"] = _pod_status(made, phase, next(numbers))
    return made


def _pod_status(pod: Object, phase: str, number: int = 5) -> Object:
    """Return what the kubelet reports: the image that each container runs, by its digest."""
    spec = pod["spec"]
    host = _NODES[spec["nodeName"]]
    subnet = list(_NODES).index(spec["nodeName"])
    runs = phase == "Running"
    status: Object = {
        "phase": phase,
        "hostIP": host,
        "podIP": host if spec.get("hostNetwork") else f"10.244.{subnet}.{number}",
        "startTime": _BORN,
        "conditions": [{"type": "Ready", "status": str(runs), "lastTransitionTime": _BORN}],
        "containerStatuses": [_container(each, runs=runs) for each in spec["containers"]],
    }
    if spec.get("initContainers"):
        starts = [_container(each, runs=False) for each in spec["initContainers"]]
        status["initContainerStatuses"] = starts
    return status


def _container(container: Object, *, runs: bool) -> Object:
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": _BORN, "finishedAt": _BORN}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": image_id(container["image"]),
        "ready": runs,
        "restartCount": 0,
        "state": {"running": {"startedAt": _BORN}} if runs else {"terminated": ended},
    }


def image_id(image: str) -> str:
    """Return the repository digest that a node reports for an image, made up from its name."""
    name, at, _ = image.partition("@")
    if at:
        return f"{name.rsplit(':', 1)[0]}@{image.partition('@')[2]}"
    digest = hashlib.sha256(image.encode()).hexdigest()
    return f"{name.rsplit(':', 1)[0]}@sha256:{digest}"


def _made(kind: str, api_version: str, metadata: Object, rest: Object) -> Object:
    value = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}
    metadata |= {"uid": _uid(kind, metadata), "creationTimestamp": _BORN}
    return value


def _owned(owner: Object, name: str) -> Object:
    above = owner["metadata"]
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": above["name"],
        "uid": above["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {"name": name, "namespace": above["namespace"], "ownerReferences": [reference]}


def _uid(kind: str, metadata: Object) -> str:
    # A node has no namespace, also where its reference stands in an object that has one.
    namespace = "" if kind == "Node" else metadata.get("namespace", "")
    return str(uuid.uuid5(_SPACE, f"{kind}/{namespace}/{metadata['name']}"))


def _suffix(owner: Object, salt: str) -> str:
    return _hash(f"{owner['metadata']['name']}/{salt}", 5)


def _hash(text: str, length: int) -> str:
    """Return letters and digits as Kubernetes uses in generated names: none that spell words."""
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:length])


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
