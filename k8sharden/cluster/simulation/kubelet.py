"""Nodes: pods get one, their containers start, and some do not.

Source: k8s.io/kubernetes, pkg/kubelet, v1.36: the reasons and sentences of its status.
"""

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation import containers, times
from k8sharden.cluster.simulation.scheduler import emptiest, fitting
from k8sharden.cluster.simulation.world import World, controller
from k8sharden.model import kinds

STARTING = 3
"""Seconds that a pod takes from its creation until its containers run."""

_FIRST_ADDRESS = 10
_FINISHED = ("Succeeded", "Failed")


def run(world: World) -> None:
    """Bring each pod that is not settled to where it is by now."""
    for pod in world.store.of(kinds.PODS):
        status = pod.get("status") or {}
        if status.get("phase") in _FINISHED or _runs_well(status):
            continue
        placed = pod if pod["spec"].get("nodeName") else _place(world, pod)
        if placed is None:
            continue
        starts = times.read(placed["metadata"]["creationTimestamp"]) + STARTING
        if world.now < starts:
            world.wake(starts)
            world.put_status(kinds.PODS, placed, _pending(world, placed))
        else:
            world.put_status(kinds.PODS, placed, _started(world, placed, starts))


def _runs_well(status: Object) -> bool:
    """Whether the kubelet has nothing to add: a pod that runs stays as it is."""
    states = status.get("containerStatuses") or ()
    return status.get("phase") == "Running" and all(each.get("ready") for each in states)


def _place(world: World, pod: Object) -> Object | None:
    """Give a pod a node; None where none fits."""
    nodes = fitting(world.store.of(kinds.NODES), pod["spec"])
    name = emptiest(nodes, world.store.of(kinds.PODS), controller(pod))
    if name:
        return world.put(kinds.PODS, pod | {"spec": pod["spec"] | {"nodeName": name}})
    text = f"0/{len(world.store.of(kinds.NODES))} nodes are available."
    told = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text,
            "lastTransitionTime": pod["metadata"]["creationTimestamp"]}  # fmt: skip
    world.put_status(kinds.PODS, pod, {"phase": "Pending", "conditions": [told]})
    return None


def _pending(world: World, pod: Object) -> Object:
    waiting = {"state": {"waiting": {"reason": "ContainerCreating"}}}
    status = _where(world, pod) | {"phase": "Pending", "conditions": _conditions(pod, ready=False)}
    return status | containers.statuses(world.images, pod, lambda _: waiting)


def _started(world: World, pod: Object, since: int) -> Object:
    """Return the status once the containers were started, well or not."""
    found = containers.fates(world.images, pod, since, world.now)
    world.refresh = min(world.refresh, found.again)
    old = pod.get("status") or {}
    where = {"podIP": old["podIP"]} if old.get("podIP") else _address(world, pod)
    turned = _conditions(pod, ready=found.ready, at=times.written(since))
    status = _where(world, pod) | where | {"phase": found.phase, "conditions": turned}
    return status | dict(found.statuses)


def _where(world: World, pod: Object) -> Object:
    host = _host(world, pod["spec"]["nodeName"])
    old = pod.get("status") or {}
    kept = {"qosClass": old["qosClass"]} if old.get("qosClass") else {}
    return kept | host | {"startTime": pod["metadata"]["creationTimestamp"]}


def _host(world: World, name: str) -> Object:
    node = world.store.find(kinds.NODES, "", name) or {}
    addresses = (node.get("status") or {}).get("addresses") or ()
    found = next((each["address"] for each in addresses if each["type"] == "InternalIP"), "")
    return {"hostIP": found} if found else {}


def _address(world: World, pod: Object) -> Object:
    """Give a pod the lowest free address of its node, or the node's own."""
    name = pod["spec"]["nodeName"]
    if pod["spec"].get("hostNetwork"):
        host = _host(world, name).get("hostIP")
        return {"podIP": host} if host else {}
    node = world.store.find(kinds.NODES, "", name) or {}
    net = ((node.get("spec") or {}).get("podCIDR") or "10.244.9.0/24").rpartition(".")[0]
    taken = {(each.get("status") or {}).get("podIP") for each in world.store.of(kinds.PODS)}
    number = _FIRST_ADDRESS
    while f"{net}.{number}" in taken:
        number += 1
    return {"podIP": f"{net}.{number}"}


def _conditions(pod: Object, *, ready: bool, at: str = "") -> list[Object]:
    born = at or pod["metadata"]["creationTimestamp"]
    return [
        {"type": name, "status": str(true), "lastTransitionTime": born}
        for name, true in (
            ("PodScheduled", True),
            ("Initialized", ready),
            ("ContainersReady", ready),
            ("Ready", ready),
        )
    ]
