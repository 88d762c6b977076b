"""What changed workloads leave behind: the inventory as it will be once they have rolled out."""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.pod_security.evaluate import highest_level
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.workloads import level_of
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import pods_of, workloads


def projected(
    inventory: Inventory,
    after: Mapping[Ref, Mapping[str, Any]],
    rolled: Collection[Ref],
    *,
    before: Inventory | None = None,
) -> Inventory:
    """Return the inventory with workloads as they are ``after`` a change, their pods replaced.

    Pods of those in ``rolled`` are taken to be as their template says by then. One that meets less
    than its template did ``before`` (in this inventory, unless another is given) stays: what a
    webhook or an operator adds to a pod comes back with the next one. A value that does not decode
    leaves its workload as it was.
    """
    objects = {**inventory.objects, **_made(inventory, after)}
    gone = _replaced(inventory, rolled, before or inventory)
    pods = objects.get(kinds.PODS.key, ())
    objects[kinds.PODS.key] = tuple(pod for pod in pods if _place(pod) not in gone)
    return msgspec.structs.replace(inventory, objects=objects, cache={})


_Place = tuple[str, str]


def _place(item: o.Object) -> _Place:
    return item.namespace, item.name


def _made(
    inventory: Inventory, after: Mapping[Ref, Mapping[str, Any]]
) -> dict[str, tuple[o.Object, ...]]:
    """Return the lists that hold changed workloads, with these in the places of the old ones."""
    made: defaultdict[str, dict[_Place, o.Object]] = defaultdict(dict)
    for ref, value in after.items():
        kind = kinds.type_of(ref)
        # One that does not decode stays as it was.
        with contextlib.suppress(msgspec.ValidationError):
            new = convert(dict(value), o.STRUCTS[kind], strict=False)
            made[kind.key][ref.namespace, ref.name] = new
    return {
        key: tuple(changed.get(_place(each), each) for each in inventory.objects.get(key, ()))
        for key, changed in made.items()
    }


def _replaced(inventory: Inventory, rolled: Collection[Ref], before: Inventory) -> set[_Place]:
    """Return the namespace and name of each pod that a rollout replaces by one of its template."""
    met = {each.ref: level_of(each) for each in workloads(before) if each.ref in rolled}
    running = pods_of(inventory)
    return {
        _place(pod)
        for ref in rolled
        for pod in running.get(ref, ())
        if highest_level(pod.spec, pod.metadata) >= met.get(ref, Level.PRIVILEGED)
    }
