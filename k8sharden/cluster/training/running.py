"""What follows from the manifests: identities, default service accounts, Jobs, and all that runs.

Everything is derived from names and contents, so that it is the same each time. The ReplicaSets and
pods are those that the simulated controllers make, on the day on which the cluster was born.
"""

import base64
import uuid
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from k8sharden.cluster.memory.admission import Admission
from k8sharden.cluster.memory.bootstrap import loaded
from k8sharden.cluster.memory.store import Store
from k8sharden.cluster.simulation import Controllers, Image, Images, times
from k8sharden.cluster.training import scanned
from k8sharden.model import kinds
from k8sharden.model.decoding import convert

Object = dict[str, Any]

BORN = "2026-03-02T08:00:00Z"
_OLD_ENOUGH = 3600
_JOB_RUN = "29371875"
_SPACE = uuid.UUID("6b0c7a52-1f0e-5d0a-9c58-0a4c1d2e3f40")
SERVED: tuple[kinds.ResourceType, ...] = (
    *kinds.BUILT_IN,
    kinds.EVENTS,
    kinds.VULNERABILITY_REPORTS,
    kinds.KYVERNO_CLUSTER_POLICIES,
    kinds.KYVERNO_POLICIES,
    kinds.KYVERNO_VALIDATING_POLICIES,
    kinds.KYVERNO_IMAGE_POLICIES,
)
"""The types of the cluster: Kyverno and Trivy Operator are installed there."""

_GENERATED = ("CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet")

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
# It came with the bookshop that Kestrel bought, and has been as it was since.
_WINDOWS = {
    "containerRuntimeVersion": "containerd://1.7.27",
    "kubeletVersion": "v1.32.4",
    "kernelVersion": "10.0.20348.2849",
    "operatingSystem": "windows",
    "osImage": "Windows Server 2022 Datacenter",
}


def settled(written: Object) -> Object:
    """Return a manifest as the server keeps it: with an identity, and what it would fill in."""
    value = deepcopy(written)
    metadata = value["metadata"]
    metadata |= {"uid": _uid(value["kind"], metadata), "creationTimestamp": BORN}
    if value["kind"] in _GENERATED:
        metadata["generation"] = 1
    for owner in metadata.get("ownerReferences", ()):
        owner["uid"] = _uid(owner["kind"], {**metadata, "name": owner["name"]})
    match value["kind"]:
        case "Namespace":
            value |= {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        case "Node":
            is_windows = metadata["labels"]["kubernetes.io/os"] == "windows"
            value["status"]["nodeInfo"] = _NODE_INFO | (_WINDOWS if is_windows else {})
        case "Secret":
            plain = value.pop("stringData")
            value["data"] = {key: _base64(text) for key, text in plain.items()}
        case "Job":
            value["status"] = _job_status(running=value.pop("status", {}).get("active", 0))
    return value


def running(written: Iterable[Object], minor: int) -> list[Object]:
    """Return the manifests with all that follows from them, owners before what they own.

    ``minor`` is the server's minor version, by which Pod Security judges.
    """
    store = Store()
    order: dict[str, int] = {}
    for each in _with_jobs(written):
        kind, value = loaded(each, SERVED)
        order.setdefault(str(store.put(kind, value)["metadata"]["uid"]), len(order))
    admission = Admission(store, minor, allow_privileged=True)
    clock = times.read(BORN)
    controllers = Controllers(store, admission, images(), lambda: clock)
    controllers.act()
    clock += _OLD_ENOUGH
    controllers.act()
    for each in list(scanned.reports(store.all(), BORN)):
        store.put(*loaded(settled(each), SERVED))
    made = ("ReplicaSet", "Pod")
    found = [_unversioned(each) for each in store.all()]
    found.sort(key=lambda each: order.get(each["metadata"]["uid"], len(order)))
    return sorted(found, key=lambda each: each["kind"] in made and 1 + made.index(each["kind"]))


@cache
def images() -> Images:
    """Return what the programs in the company's images do."""
    text = (files(__package__) / "images.yaml").read_text("utf-8")
    return convert(yaml.safe_load(text), dict[str, Image])


def _with_jobs(written: Iterable[Object]) -> Iterator[Object]:
    """Yield the manifests, default service accounts, and Jobs with their pods."""
    for value in written:
        yield value
        match value["kind"]:
            case "Namespace":
                name = value["metadata"]["name"]
                yield _made("ServiceAccount", "v1", {"name": "default", "namespace": name}, {})
            case "CronJob":
                job = _job(value)
                yield job
                yield _job_pod(job)
            case "Job":
                yield _job_pod(value)


def _job(cron: Object) -> Object:
    metadata = _owned(cron, f"{cron['metadata']['name']}-{_JOB_RUN}")
    spec = deepcopy(cron["spec"]["jobTemplate"]["spec"])
    return _made("Job", "batch/v1", metadata, {"spec": spec, "status": _job_status(running=0)})


def _job_status(*, running: int) -> Object:
    if running:
        return {"active": running, "ready": running, "startTime": BORN}
    done = {"type": "Complete", "status": "True", "lastTransitionTime": BORN}
    return {"succeeded": 1, "startTime": BORN, "completionTime": BORN, "conditions": [done]}


def _job_pod(job: Object) -> Object:
    template = job["spec"]["template"]
    metadata = _owned(job, f"{job['metadata']['name']}-{_uid('Job', job['metadata'])[:5]}")
    metadata["labels"] = {**template["metadata"]["labels"], "job-name": job["metadata"]["name"]}
    pod = _made("Pod", "v1", metadata, {"spec": deepcopy(template["spec"])})
    if "succeeded" in job["status"]:
        pod["spec"]["nodeName"] = "worker-1"
        pod["status"] = {"phase": "Succeeded"}
    return pod


def _made(kind: str, api_version: str, metadata: Object, rest: Object) -> Object:
    value = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}
    metadata |= {"uid": _uid(kind, metadata), "creationTimestamp": BORN}
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


def uid_of(kind: str, namespace: str, name: str) -> str:
    """Return the uid that an object of the cluster has from its birth."""
    return str(uuid.uuid5(_SPACE, f"{kind}/{namespace}/{name}"))


def _uid(kind: str, metadata: Object) -> str:
    # A node has no namespace, also where its reference stands in an object that has one.
    namespace = "" if kind == "Node" else metadata.get("namespace", "")
    return uid_of(kind, namespace, metadata["name"])


def _unversioned(value: Object) -> Object:
    kept = {key: each for key, each in value["metadata"].items() if key != "resourceVersion"}
    return value | {"metadata": kept}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
