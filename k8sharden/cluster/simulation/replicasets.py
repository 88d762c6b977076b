"""ReplicaSets keep as many pods as they are told.

Source: k8s.io/kubernetes, pkg/controller/replicaset, v1.36. What is deleted is gone at once: the
time that pods take to end is left out.
"""

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation.conditions import condition, find
from k8sharden.cluster.simulation.limits import MOST_PODS
from k8sharden.cluster.simulation.world import World, counts, is_ready
from k8sharden.model import kinds


def keep(world: World, value: Object) -> None:
    """Create or delete pods until there are as many as asked for, and report."""
    pods = world.owned(kinds.PODS, value)
    wanted = min(value["spec"]["replicas"], MOST_PODS)
    for pod in sorted(pods, key=_first_to_go)[: max(0, len(pods) - wanted)]:
        world.drop(kinds.PODS, pod)
    refused = ""
    for _ in range(wanted - len(pods)):
        taken = world.owned(kinds.PODS, value)
        name = world.free_name(value, taken)
        refused = world.start(value, value["spec"]["template"], name)
        if refused:
            break
    world.put_status(kinds.REPLICA_SETS, value, _status(world, value, refused))


def _first_to_go(pod: Object) -> tuple[bool, list[int], str]:
    """Order pods as the controller does: what is not ready first, then the youngest."""
    born = [-ord(letter) for letter in pod["metadata"]["creationTimestamp"]]
    return is_ready(pod), born, pod["metadata"]["name"]


def _status(world: World, value: Object, refused: str) -> Object:
    pods = world.owned(kinds.PODS, value)
    ready = sum(map(is_ready, pods))
    status: Object = {"replicas": len(pods)} | counts(
        fullyLabeledReplicas=len(pods),
        readyReplicas=ready,
        availableReplicas=ready,
        observedGeneration=value["metadata"].get("generation", 0),
    )
    if refused:
        old = find(value, "ReplicaFailure")
        failed = condition(world, old, "ReplicaFailure", "FailedCreate", refused, true=True)
        status["conditions"] = [failed]
    return status
