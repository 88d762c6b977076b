"""Which pods a changed workload replaces, in which order, and whether anything answers meanwhile.

Source: kubernetes.io, Deployments (rolling update, Recreate; percentages of unavailable pods are
rounded down, of surplus ones up), StatefulSets (update strategies), Perform a Rolling Update on a
DaemonSet; Disruptions: a rollout is not limited by disruption budgets.
"""

from collections.abc import Mapping
from typing import Any

from k8sharden.model.impact import Impact, ImpactKind

Object = Mapping[str, Any]

_BUDGETS = "Disruption budgets do not protect here: a rollout evicts nobody."
_QUARTER = "25%"


def restarts(before: Object, after: Object) -> Impact | None:
    """Return what a change of a workload's pod template restarts; None where it has no effect."""
    kind = str(after.get("kind", ""))
    if template(before) == template(after):
        return None
    match kind:
        case "Deployment":
            return _deployment(before, after)
        case "StatefulSet":
            return _stateful_set(before, after)
        case "DaemonSet":
            return _daemon_set(before, after)
        case "CronJob":
            return _none("No pod restarts: the next run begins with it.")
        case _:
            return _none(f"No pod restarts: a {kind} changes only the pods that it makes later.")


_TEMPLATES = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


def template(value: Object) -> Object:
    """Return the pod template of a workload; an empty one for what has none."""
    path = _TEMPLATES.get(str(value.get("kind", "")))
    return _at(value, *path) if path else {}


def running(value: Object) -> int:
    """Return how many pods a workload has; what its controller has not counted yet, it shall have.

    For a DaemonSet that nothing is known of, 0.
    """
    status, daemon = _at(value, "status"), value.get("kind") == "DaemonSet"
    if status.get("observedGeneration"):
        return _int(status.get("currentNumberScheduled" if daemon else "replicas"), 0)
    return 0 if daemon else _int(_at(value, "spec").get("replicas"), 1)


def replaces_all(value: Object) -> bool:
    """Whether a changed template replaces every pod of a workload, with nobody's help."""
    spec = _at(value, "spec")
    match value.get("kind"):
        case "Deployment":
            return not spec.get("paused")
        case "StatefulSet":
            strategy = _at(spec, "updateStrategy")
            held = _int(_at(strategy, "rollingUpdate").get("partition"), 0)
            return strategy.get("type") != "OnDelete" and not held
        case "DaemonSet":
            return _at(spec, "updateStrategy").get("type") != "OnDelete"
        case _:
            return False


def _deployment(before: Object, after: Object) -> Impact:
    spec, count = _at(after, "spec"), running(before)
    if spec.get("paused"):
        return _none(
            f"No pod restarts now: it is paused, and {_pods(count)} do when it is resumed."
        )
    if not count:
        return _none("No pod restarts: it runs none.")
    if _at(spec, "strategy").get("type") == "Recreate":
        stops = f"{_restart(count)}, all stopped (Recreate) before a new one starts: downtime."
        return _some(count, stops, downtime=True)
    wanted = _int(spec.get("replicas"), 1)
    rolling = _at(spec, "strategy", "rollingUpdate")
    missing = _share(rolling.get("maxUnavailable", _QUARTER), wanted, up=False)
    more = _share(rolling.get("maxSurge", _QUARTER), wanted, up=True)
    missing = missing if missing or more else 1
    if missing >= wanted:
        return _some(count, f"{_restart(count)}, and none has to stay: downtime.", downtime=True)
    if wanted == 1:
        return _only_replica(count, after)
    return _some(count, f"{_restart(count)}, at most {missing} missing and {more} more at a time.")


def _only_replica(count: int, after: Object) -> Impact:
    """Judge a single replica: only a probe can tell that the new pod takes over."""
    containers = _at(after, "spec", "template", "spec").get("containers")
    probed = any(
        isinstance(each, dict) and each.get("readinessProbe")
        for each in (containers if isinstance(containers, list) else ())
    )
    said = f"{_restart(count)}, its only replica: "
    if probed:
        return _some(count, f"{said}the old pod stops when the new one is ready.")
    return _some(
        count,
        f"{said}without a readiness probe the old pod stops before the new one answers: downtime.",
        downtime=True,
    )


def _stateful_set(before: Object, after: Object) -> Impact:
    strategy, count = _at(after, "spec", "updateStrategy"), running(before)
    if strategy.get("type") == "OnDelete":
        return _on_delete(count)
    rolling = _at(strategy, "rollingUpdate")
    held = min(_int(rolling.get("partition"), 0), count)
    at_once = max(1, _share(rolling.get("maxUnavailable", 1), count, up=True))
    if count == held:
        kept = f": all {count} are below the partition." if held else ": it runs none."
        return _none("No pod restarts" + kept)
    said = _restart(count - held)
    said += f" ({held} below the partition do not)" if held else ""
    if at_once >= count:
        return _some(count - held, f"{said}, with none left meanwhile: downtime.", downtime=True)
    each = "one after the other" if at_once == 1 else f"at most {at_once} at a time"
    return _some(count - held, f"{said}, {each} from the highest ordinal down.")


def _daemon_set(before: Object, after: Object) -> Impact:
    strategy, count = _at(after, "spec", "updateStrategy"), running(before)
    if strategy.get("type") == "OnDelete":
        return _on_delete(count)
    if not _at(before, "status").get("observedGeneration"):
        return Impact(ImpactKind.RESTART, None, f"The pod of each node restarts. {_BUDGETS}")
    if not count:
        return _none("No pod restarts: no node runs one.")
    rolling = _at(strategy, "rollingUpdate")
    if _share(rolling.get("maxSurge", 0), count, up=True):
        return _some(count, f"{_restart(count)}, the new one of a node before its old one stops.")
    at_once = max(1, _share(rolling.get("maxUnavailable", 1), count, up=True))
    nodes = "1 node is" if at_once == 1 else f"{at_once} nodes are"
    said = f"{_restart(count)}; {nodes} without its pod at a time."
    return _some(count, said, downtime=at_once >= count)


def _on_delete(count: int) -> Impact:
    return _none(f"No pod restarts now (OnDelete): {_pods(count)} do when somebody deletes them.")


def _none(said: str) -> Impact:
    return Impact(ImpactKind.RESTART, 0, said)


def _some(count: int, said: str, *, downtime: bool = False) -> Impact:
    return Impact(ImpactKind.RESTART, count, f"{said} {_BUDGETS}", downtime)


def _restart(count: int) -> str:
    return "1 pod restarts" if count == 1 else f"{count} pods restart"


def _pods(count: int) -> str:
    return "its pod" if count == 1 else f"its {count} pods"


def _at(value: Any, *path: str) -> Mapping[str, Any]:
    """Return the mapping at a path; an empty one where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _int(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _share(value: object, of: int, *, up: bool) -> int:
    """Return a number of pods that is written as such or as a percentage."""
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdigit():
        hundredths = int(value[:-1]) * of
        return -(-hundredths // 100) if up else hundredths // 100
    return _int(value, 0)
