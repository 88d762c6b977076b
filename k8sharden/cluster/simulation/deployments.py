"""Deployments roll: a new ReplicaSet grows while the old ones shrink, within their limits.

Source: k8s.io/kubernetes, pkg/controller/deployment, v1.36.
"""

import json
from copy import deepcopy

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation.limits import limits
from k8sharden.cluster.simulation.progress import status
from k8sharden.cluster.simulation.world import World, is_ready, letters
from k8sharden.model import kinds

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


def roll(world: World, value: Object) -> None:
    """Do the next step of a rollout, if there is one to do, and report."""
    spec = value["spec"]
    sets = world.owned(kinds.REPLICA_SETS, value)
    new = next((each for each in sets if template_of(each) == spec["template"]), None)
    made = new is None
    if not spec.get("paused"):
        new = _newest(world, value, sets, new)
        value = _mark(world, value, new)
        old = [each for each in sets if each["metadata"]["uid"] != new["metadata"]["uid"]]
        if spec["strategy"]["type"] == "Recreate":
            _recreate(world, spec["replicas"], new, old)
        else:
            _rolling(world, spec, new, old)
        _forget(world, spec, old)
    world.put_status(kinds.DEPLOYMENTS, value, status(world, value, new, made=made))


def template_of(replica_set: Object) -> Object:
    """Return the template of a ReplicaSet as its Deployment wrote it."""
    template: Object = replica_set["spec"]["template"]
    labels = {
        key: text for key, text in template["metadata"].get("labels", {}).items() if key != HASH
    }
    return template | {"metadata": template["metadata"] | {"labels": labels}}


def _newest(world: World, value: Object, sets: list[Object], found: Object | None) -> Object:
    """Return the ReplicaSet of the template, made if need be, with the highest revision."""
    highest = max((_revision(each) for each in sets), default=0)
    if found is not None and _revision(found) == highest and highest:
        return found
    new = found or _made(world, value)
    notes = (new["metadata"].get("annotations") or {}) | {REVISION: str(highest + 1)}
    return world.put(
        kinds.REPLICA_SETS, new | {"metadata": new["metadata"] | {"annotations": notes}}
    )


def _made(world: World, value: Object) -> Object:
    template = deepcopy(value["spec"]["template"])
    mark = letters(json.dumps(template, sort_keys=True), 10)
    selector = deepcopy(value["spec"]["selector"])
    selector["matchLabels"] = (selector.get("matchLabels") or {}) | {HASH: mark}
    template["metadata"]["labels"] |= {HASH: mark}
    metadata = world.identity(value, "ReplicaSet", f"{value['metadata']['name']}-{mark}")
    metadata |= {"labels": dict(template["metadata"]["labels"]), "generation": 1}
    spec = {"replicas": 0, "selector": selector, "template": template}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec,
            "status": {"replicas": 0}}  # fmt: skip


def _revision(value: Object) -> int:
    return int((value["metadata"].get("annotations") or {}).get(REVISION, 0))


def _mark(world: World, value: Object, new: Object) -> Object:
    """Write the revision to the Deployment, as its controller does."""
    notes = (value["metadata"].get("annotations") or {}) | {REVISION: str(_revision(new))}
    marked = value | {"metadata": value["metadata"] | {"annotations": notes}}
    return world.put(kinds.DEPLOYMENTS, marked)


def _scale(world: World, value: Object, replicas: int) -> Object:
    if value["spec"]["replicas"] == replicas:
        return value
    metadata = value["metadata"] | {"generation": value["metadata"].get("generation", 0) + 1}
    spec = value["spec"] | {"replicas": replicas}
    return world.put(kinds.REPLICA_SETS, value | {"metadata": metadata, "spec": spec})


def _recreate(world: World, wanted: int, new: Object, old: list[Object]) -> None:
    for each in old:
        _scale(world, each, 0)
    if not any(world.owned(kinds.PODS, each) for each in old):
        _scale(world, new, wanted)


def _rolling(world: World, spec: Object, new: Object, old: list[Object]) -> None:
    wanted = spec["replicas"]
    surge, missing = limits(spec["strategy"]["rollingUpdate"], wanted)
    total = sum(each["spec"]["replicas"] for each in (new, *old))
    room = max(0, wanted + surge - total)
    asked = new["spec"]["replicas"]
    grown = wanted if asked > wanted else min(wanted, asked + room)
    new = _scale(world, new, grown)
    total += grown - asked
    spare = total - (wanted - missing) - (grown - _available(world, new))
    _shrink(world, old, spare, _available(world, new) - (wanted - missing))


def _shrink(world: World, old: list[Object], spare: int, extra: int) -> None:
    """Take away what is broken, then what runs, while enough pods stay available.

    ``spare`` is how many may go at all, ``extra`` how many of the new ones are available beyond
    what has to be; it is negative while the old ones are still needed.
    """
    extra += sum(_available(world, each) for each in old)
    for each in sorted(old, key=lambda value: str(value["metadata"]["creationTimestamp"])):
        asked, available = each["spec"]["replicas"], _available(world, each)
        broken = max(0, min(asked - available, spare))
        healthy = max(0, min(available, spare - broken, extra))
        spare, extra = spare - broken - healthy, extra - healthy
        _scale(world, each, asked - broken - healthy)


def _available(world: World, value: Object) -> int:
    return sum(map(is_ready, world.owned(kinds.PODS, value)))


def _forget(world: World, spec: Object, old: list[Object]) -> None:
    """Delete the oldest ReplicaSets that are scaled to zero, beyond the history that is kept."""
    idle = [
        each for each in old if not each["spec"]["replicas"] and not world.owned(kinds.PODS, each)
    ]
    idle.sort(key=_revision, reverse=True)
    for each in idle[spec["revisionHistoryLimit"] :]:
        world.drop(kinds.REPLICA_SETS, each)
