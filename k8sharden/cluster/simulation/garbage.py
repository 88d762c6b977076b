"""The garbage collector: what belonged to something that is gone, goes as well.

Source: Kubernetes documentation, "Garbage Collection". Owners of kinds that are not served here,
such as an operator's own, are taken to exist.
"""

from k8sharden.cluster.simulation.world import World
from k8sharden.model import kinds

_DEPENDENTS = (kinds.REPLICA_SETS, kinds.JOBS, kinds.PODS)


def collect(world: World) -> None:
    """Delete each ReplicaSet, Job and pod of which every owner is gone."""
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
