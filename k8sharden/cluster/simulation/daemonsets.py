"""DaemonSets keep a pod on each node that they may run on, and replace them node by node.

Source: k8s.io/kubernetes, pkg/controller/daemon, v1.36.
"""

import json

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation.limits import share
from k8sharden.cluster.simulation.scheduler import fitting
from k8sharden.cluster.simulation.world import World, counts, is_ready, letters
from k8sharden.model import kinds

REVISION = "controller-revision-hash"
_LOST = [
    {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
    for name, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
]


def keep(world: World, value: Object) -> None:
    """Create the pods that are missing, replace some that are outdated, and report."""
    mark = letters(json.dumps(value["spec"]["template"], sort_keys=True), 10)
    spec = _tolerant(value)
    nodes = [node["metadata"]["name"] for node in fitting(world.store.of(kinds.NODES), spec)]
    here = {pod["spec"].get("nodeName", ""): pod for pod in world.owned(kinds.PODS, value)}
    for name in sorted(set(here) - set(nodes)):
        world.drop(kinds.PODS, here.pop(name))
    _replace(world, value, here, len(nodes), mark)
    for node in nodes:
        if node not in here:
            _start(world, value, node, mark, spec)
    world.put_status(kinds.DAEMON_SETS, value, _status(world, value, len(nodes), mark))


def _tolerant(value: Object) -> Object:
    spec: Object = value["spec"]["template"]["spec"]
    return spec | {"tolerations": [*(spec.get("tolerations") or ()), *_LOST]}


def _replace(world: World, value: Object, here: dict[str, Object], wanted: int, mark: str) -> None:
    """Delete outdated pods: broken ones at once, the others while enough run elsewhere."""
    strategy = value["spec"]["updateStrategy"]
    if strategy["type"] != "RollingUpdate":
        return
    rolling = strategy.get("rollingUpdate") or {}
    most = max(1, share(rolling.get("maxUnavailable", 1), wanted, up=True))
    missing = wanted - sum(map(is_ready, here.values()))
    outdated = [n for n, p in here.items() if p["metadata"]["labels"].get(REVISION) != mark]
    for node in sorted(outdated):
        if is_ready(here[node]):
            if missing >= most:
                continue
            missing += 1
        world.drop(kinds.PODS, here.pop(node))


def _start(world: World, value: Object, node: str, mark: str, spec: Object) -> None:
    name = f"{value['metadata']['name']}-{letters(f'{node}/{world.now}', 5)}"
    more = {"nodeName": node, "tolerations": spec["tolerations"]}
    labels = {REVISION: mark, "pod-template-generation": "1"}
    refused = world.start(value, value["spec"]["template"], name, labels=labels, spec=more)
    if refused:
        world.refused(value, f"Error creating: {refused}", "daemonset-controller")


def _status(world: World, value: Object, nodes: int, mark: str) -> Object:
    pods = world.owned(kinds.PODS, value)
    ready = sum(map(is_ready, pods))
    updated = sum(pod["metadata"]["labels"].get(REVISION) == mark for pod in pods)
    return {
        "currentNumberScheduled": len(pods),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": nodes,
        "numberReady": ready,
    } | counts(
        observedGeneration=value["metadata"].get("generation", 0),
        updatedNumberScheduled=updated,
        numberAvailable=ready,
        numberUnavailable=nodes - ready,
    )
