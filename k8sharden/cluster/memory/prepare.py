"""The bookkeeping of a write: what the server sets, keeps and clears itself.

Source: k8s.io/apiserver, pkg/registry/rest/{create,update}.go, and the strategies of each kind in
k8s.io/kubernetes, pkg/registry, v1.36.
"""

import secrets
from typing import Any

from k8sharden.cluster.memory.store import Object, new_uid, now
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

_GENERATED = (
    kinds.PODS, kinds.REPLICATION_CONTROLLERS, kinds.DEPLOYMENTS, kinds.DAEMON_SETS,
    kinds.STATEFUL_SETS, kinds.REPLICA_SETS, kinds.JOBS, kinds.CRON_JOBS, kinds.NETWORK_POLICIES,
    kinds.ADMISSION_POLICIES, kinds.ADMISSION_POLICY_BINDINGS, kinds.VALIDATING_WEBHOOKS,
    kinds.MUTATING_WEBHOOKS, *kinds.CUSTOM,
)  # fmt: skip
_EMPTY_STATUS: dict[str, dict[str, Any]] = {
    kinds.REPLICATION_CONTROLLERS.key: {"replicas": 0},
    kinds.REPLICA_SETS.key: {"replicas": 0},
    kinds.STATEFUL_SETS.key: {"replicas": 0, "availableReplicas": 0},
    kinds.DAEMON_SETS.key: {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    kinds.NAMESPACES.key: {"phase": "Active"},
    kinds.SERVICES.key: {"loadBalancer": {}},
}
_TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"


def for_create(kind: ResourceType, value: Object) -> None:
    """Give a new object its identity, and an empty status."""
    metadata = value["metadata"]
    for name in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        metadata.pop(name, None)
    metadata.pop("generation", None)
    metadata |= {"uid": new_uid(), "creationTimestamp": now()}
    if kind in _GENERATED:
        metadata["generation"] = 1
    if "status" in value and kind is not kinds.NODES:
        value["status"] = dict(_EMPTY_STATUS.get(kind.key, {}))
    act = _ON_CREATE.get(kind.key)
    if act is not None:
        act(value)


def name_it(value: Object) -> None:
    """Make a name where only the beginning of one is given."""
    metadata = value["metadata"]
    if not metadata.get("name") and metadata.get("generateName"):
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
        metadata["name"] = metadata["generateName"] + suffix


def _pod(value: Object) -> None:
    value["status"] = {"phase": "Pending", "qosClass": _quality(value["spec"])}
    spec = value["spec"]
    _tolerate_lost_nodes(spec)
    spec |= {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"} | {
        name: spec[name] for name in ("priority", "preemptionPolicy") if name in spec
    }


def _tolerate_lost_nodes(spec: Object) -> None:
    """Keep a pod for five minutes on a node that is gone, unless it says otherwise."""
    tolerations = list(spec.get("tolerations") or ())
    for condition in ("not-ready", "unreachable"):
        key = f"node.kubernetes.io/{condition}"
        if not any(_tolerates(each, key) for each in tolerations):
            tolerations.append(
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            )
    spec["tolerations"] = tolerations


def _tolerates(toleration: Object, key: str) -> bool:
    return toleration.get("key") in (None, "", key) and toleration.get("effect") in (
        None,
        "",
        "NoExecute",
    )


def _quality(spec: Object) -> str:
    """Return the quality-of-service class that follows from requests and limits."""
    found = [
        each["resources"] for each in (*(spec.get("initContainers") or ()), *spec["containers"])
    ]
    bounded = [(each.get("requests") or {}, each.get("limits") or {}) for each in found]
    names = ("cpu", "memory")
    if not any(name in part for pair in bounded for part in pair for name in names):
        return "BestEffort"
    fixed = all(
        name in limits and requests.get(name, limits[name]) == limits[name]
        for requests, limits in bounded
        for name in names
    )
    return "Guaranteed" if fixed else "Burstable"


def _daemon_set(value: Object) -> None:
    value["metadata"].setdefault("annotations", {})[_TEMPLATE_GENERATION] = "1"


def _job(value: Object) -> None:
    uid, name = value["metadata"]["uid"], value["metadata"]["name"]
    if value["spec"].get("manualSelector"):
        return
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = value["spec"]["template"]["metadata"]
    template["labels"] = (template.get("labels") or {}) | labels
    if not value["metadata"].get("labels"):
        value["metadata"]["labels"] = dict(template["labels"])
    value["spec"]["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def _service(value: Object) -> None:
    """Give it an address; which one matters to nobody here, only that it stays."""
    spec = value["spec"]
    if spec["type"] != "ExternalName" and not spec.get("clusterIP"):
        number = int(value["metadata"]["uid"][:4], 16)
        spec["clusterIP"] = f"10.96.{number >> 8}.{number & 0xFF}"
    if spec.get("clusterIP"):
        spec["clusterIPs"] = [spec["clusterIP"]]


def _node(value: Object) -> None:
    taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    value["spec"].setdefault("taints", []).append(taint)


_ON_CREATE = {
    kinds.PODS.key: _pod,
    kinds.DAEMON_SETS.key: _daemon_set,
    kinds.JOBS.key: _job,
    kinds.NODES.key: _node,
    kinds.SERVICES.key: _service,
}


def for_update(kind: ResourceType, value: Object, old: Object, subresource: str = "") -> None:
    """Keep what an update may not touch, and count the generation."""
    metadata, before = value["metadata"], old["metadata"]
    for name in ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        metadata.pop(name, None)
        if name in before:
            metadata[name] = before[name]
    for name in ("uid", "generation"):
        if name in before and not (name == "uid" and metadata.get("uid")):
            metadata[name] = before[name]
    if subresource == "status":
        value |= {name: each for name, each in old.items() if name not in ("status", "metadata")}
    elif "status" in old:
        value["status"] = old["status"]
    if kind is kinds.PODS and not subresource:
        _tolerate_lost_nodes(value["spec"])
    if kind in _GENERATED and _intent(kind, value) != _intent(kind, old):
        metadata["generation"] = int(before.get("generation", 0)) + 1
    if kind is kinds.DAEMON_SETS:
        _count_template(value, old)


def _intent(kind: ResourceType, value: Object) -> Any:
    """Return what a controller has to look at anew when it changes."""
    if kind is kinds.DEPLOYMENTS:
        # It copies its annotations to its ReplicaSets.
        return value.get("spec"), value["metadata"].get("annotations")
    # Only webhook configurations have webhooks, and those have no spec.
    return value.get("spec", value.get("webhooks"))


def _count_template(value: Object, old: Object) -> None:
    annotations = value["metadata"].setdefault("annotations", {})
    before = (old["metadata"].get("annotations") or {}).get(_TEMPLATE_GENERATION, "1")
    changed = value["spec"]["template"] != old["spec"]["template"]
    annotations[_TEMPLATE_GENERATION] = str(int(before) + changed)
