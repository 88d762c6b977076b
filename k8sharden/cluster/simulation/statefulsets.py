"""StatefulSets keep pods with numbers, and replace them from the highest down, one at a time.

Source: k8s.io/kubernetes, pkg/controller/statefulset, v1.36. Unlike there, a pod that is broken and
outdated is replaced: a real one waits for a person to delete it, which k8sharden does not do.
"""

import json

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation.limits import MOST_PODS
from k8sharden.cluster.simulation.world import World, counts, is_ready, letters
from k8sharden.model import kinds

REVISION = "controller-revision-hash"


def keep(world: World, value: Object) -> None:
    """Create, delete or replace the next pod, and report."""
    mark = revision(value)
    pods = {_number(pod): pod for pod in world.owned(kinds.PODS, value)}
    wanted = range(min(value["spec"]["replicas"], MOST_PODS))
    parallel = value["spec"].get("podManagementPolicy") == "Parallel"
    for number in sorted(set(pods) - set(wanted)):
        world.drop(kinds.PODS, pods.pop(number))
    for number in wanted:
        if number not in pods:
            _start(world, value, number, mark)
        if not parallel and not (number in pods and is_ready(pods[number])):
            break
    _replace(world, value, pods, mark)
    world.put_status(kinds.STATEFUL_SETS, value, _status(world, value, mark))


def revision(value: Object) -> str:
    """Return the name of the revision that a template makes."""
    text = json.dumps(value["spec"]["template"], sort_keys=True)
    return f"{value['metadata']['name']}-{letters(text, 10)}"


def _number(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _replace(world: World, value: Object, pods: dict[int, Object], mark: str) -> None:
    """Delete the highest pod of another revision, once those above it are ready."""
    if value["spec"]["updateStrategy"]["type"] != "RollingUpdate":
        return
    for number in sorted(pods, reverse=True):
        pod = pods[number]
        if pod["metadata"]["labels"].get(REVISION) != mark:
            others = [each for each in pods.values() if each is not pod]
            if all(map(is_ready, others)) or not is_ready(pod):
                world.drop(kinds.PODS, pod)
                _start(world, value, number, mark)
            return
        if not is_ready(pod):
            return


def _start(world: World, value: Object, number: int, mark: str) -> None:
    name = f"{value['metadata']['name']}-{number}"
    template = value["spec"]["template"]
    claimed = [
        {
            "name": claim["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": f"{claim['metadata']['name']}-{name}"},
        }
        for claim in value["spec"].get("volumeClaimTemplates") or ()
    ]
    spec: Object = {"hostname": name}
    if value["spec"].get("serviceName"):
        spec["subdomain"] = value["spec"]["serviceName"]
    if claimed:
        spec["volumes"] = [*(template["spec"].get("volumes") or ()), *claimed]
    labels = {
        REVISION: mark,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
    }
    refused = world.start(value, template, name, labels=labels, spec=spec)
    if refused:
        whose = f"StatefulSet {value['metadata']['name']}"
        text = f"create Pod {name} in {whose} failed error: {refused}"
        world.refused(value, text, "statefulset-controller")


def _status(world: World, value: Object, mark: str) -> Object:
    pods = world.owned(kinds.PODS, value)
    ready = sum(map(is_ready, pods))
    updated = sum(pod["metadata"]["labels"].get(REVISION) == mark for pod in pods)
    done = updated == ready == value["spec"]["replicas"]
    before = (value.get("status") or {}).get("currentRevision") or mark
    current = mark if done else before
    standing = sum(pod["metadata"]["labels"].get(REVISION) == current for pod in pods)
    return (
        {"replicas": len(pods), "currentRevision": current, "updateRevision": mark}
        | {"availableReplicas": ready, "collisionCount": 0}
        | counts(
            observedGeneration=value["metadata"].get("generation", 0),
            readyReplicas=ready,
            currentReplicas=standing,
            updatedReplicas=updated,
        )
    )
