"""What a Deployment reports of its rollout: counts, and whether it gets on.

Source: k8s.io/kubernetes, pkg/controller/deployment/{sync,progress}.go, v1.36.
"""

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation import times
from k8sharden.cluster.simulation.conditions import condition, find
from k8sharden.cluster.simulation.limits import limits
from k8sharden.cluster.simulation.world import World, counts, is_ready
from k8sharden.model import kinds

_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
_DONE = "NewReplicaSetAvailable"


def status(world: World, value: Object, new: Object | None, *, made: bool) -> Object:
    """Return the status of a Deployment; ``made`` says that its new ReplicaSet is new."""
    sets = world.owned(kinds.REPLICA_SETS, value)
    pods = [pod for each in sets for pod in world.owned(kinds.PODS, each)]
    ready = sum(map(is_ready, pods))
    updated = len(world.owned(kinds.PODS, new)) if new else 0
    found = counts(
        replicas=len(pods), updatedReplicas=updated, readyReplicas=ready, availableReplicas=ready
    )
    seen = counts(observedGeneration=value["metadata"].get("generation", 0))
    lacking = counts(unavailableReplicas=max(0, value["spec"]["replicas"] - ready))
    told = [_available(world, value, ready)]
    if new is not None:
        moved = made or _moved(value, found)
        told.append(_progressing(world, value, new, found, moved=moved))
    failures = (find(each, "ReplicaFailure") for each in sets)
    told += [failure for failure in failures if failure][:1]
    return seen | found | lacking | {"conditions": told}


def _available(world: World, value: Object, ready: int) -> Object:
    wanted = value["spec"]["replicas"]
    strategy = value["spec"]["strategy"]
    missing = limits(strategy["rollingUpdate"], wanted)[1] if strategy.get("rollingUpdate") else 0
    old = find(value, "Available")
    enough = ready >= wanted - missing
    word = "Available" if enough else "Unavailable"
    text = f"Deployment {'has' if enough else 'does not have'} minimum availability."
    found = condition(world, old, "Available", f"MinimumReplicas{word}", text, true=enough)
    return found | {"lastUpdateTime": found["lastTransitionTime"]}


def _moved(value: Object, found: Object) -> bool:
    """Whether the rollout came further since it was last looked at."""
    before = value.get("status") or {}
    return any(before.get(name, 0) != found.get(name, 0) for name in _COUNTS)


def _progressing(world: World, value: Object, new: Object, found: Object, *, moved: bool) -> Object:
    old, wanted = find(value, "Progressing"), value["spec"]["replicas"]
    name = new["metadata"]["name"]
    since = old.get("lastUpdateTime") or world.time
    limit = times.read(since) + value["spec"]["progressDeadlineSeconds"]
    if all(found.get(each, 0) == wanted for each in _COUNTS):
        reason, text = _DONE, f'ReplicaSet "{name}" has successfully progressed.'
        moved = old.get("reason") != _DONE or old.get("message") != text
    elif not moved and old.get("reason") != _DONE and world.now >= limit:
        reason, text = "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.'
    else:
        # A rollout that was done begins anew with the first step of the next one.
        moved = moved or old.get("reason") == _DONE
        reason, text = "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'
        limit = (world.now if moved else times.read(since)) + value["spec"][
            "progressDeadlineSeconds"
        ]
        world.wake(limit)
    true = reason != "ProgressDeadlineExceeded"
    told = condition(world, old, "Progressing", reason, text, true=true)
    return told | {"lastUpdateTime": world.time if moved or not old else since}
