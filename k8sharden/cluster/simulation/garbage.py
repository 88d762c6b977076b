"""The garbage collector: what belonged to something that is gone, goes as well.

Source: Kubernetes documentation, "Garbage Collection". Owners of kinds that are not served here,
such as an operator's own, are taken to exist.
"""

from k8sharden.cluster.simulation import times
from k8sharden.cluster.simulation.world import World
from k8sharden.model import kinds

_EVENTS_LAST = 3_600
"""Seconds after which the API server forgets an event (its --event-ttl)."""
_DEPENDENTS = (kinds.REPLICA_SETS, kinds.JOBS, kinds.PODS)


def collect(world: World) -> None:
    """Delete each ReplicaSet, Job and pod of which every owner is gone, and old events."""
    for event in world.store.of(kinds.EVENTS):
        end = times.read(event.get("lastTimestamp") or "") + _EVENTS_LAST
        if end <= world.now:
            world.drop(kinds.EVENTS, event)
        else:
            world.refresh = min(world.refresh, end)
    for kind in _DEPENDENTS:
        for value in world.store.of(kind):
            owners = value["metadata"].get("ownerReferences") or ()
            if owners and not any(_exists(world, value, each) for each in owners):
                world.drop(kind, value)


def _exists(world: World, value: dict[str, dict[str, str]], owner: dict[str, str]) -> bool:
    kind = kinds.BY_KIND.get((owner["apiVersion"], owner["kind"]))
    if kind is None:
        return True
    namespace = value["metadata"]["namespace"] if kind.namespaced else ""
    found = world.store.find(kind, namespace, owner["name"])
    return found is not None and found["metadata"]["uid"] == owner["uid"]
