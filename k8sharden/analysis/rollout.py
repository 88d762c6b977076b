"""How far a rollout came: done, under way, failed, or later; with the reason in words.

Source: the conditions under which ``kubectl rollout status`` is content, and the kubelet's reasons
for which a container waits. Unlike that command, a rollout that started no pod is not called done.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from k8sharden.model.rolling import (
    Condition,
    RollingPod,
    RollingStatus,
    RollingWorkload,
    Seen,
    Terminated,
    Waiting,
)
from k8sharden.model.text import one_line

_HOPELESS = frozenset(
    {
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "InvalidImageName",
        "RunContainerError",
    }
)
"""The reasons for which a container waits and that waiting alone rarely ends."""


class Stage(StrEnum):
    """Where a rollout stands; ``later`` is one that waits for a person or the next run."""

    DONE = "done"
    UNDER_WAY = "under way"
    FAILED = "failed"
    LATER = "later"


class Rollout(msgspec.Struct, frozen=True):
    """Where a rollout stands, and a sentence about it.

    ``stay`` is whether pods of an older template run on, although it is done or waits.
    """

    stage: Stage
    said: str = ""
    stay: bool = False


def judge(now: Seen, before: Seen | None = None) -> Rollout:
    """Return where a rollout stands; what was so ``before`` the change is not held against it."""
    later = _later(now.workload)
    if later:
        return Rollout(Stage.LATER, later, stay=any(map(_runs, now.pods)))
    if now.workload.metadata.generation > now.workload.status.observed_generation:
        return Rollout(Stage.UNDER_WAY, "its controller has not looked at it yet")
    failure = _refused(now, before) or _overdue(now.workload) or _hopeless(now, before)
    if failure:
        return Rollout(Stage.FAILED, one_line(failure, 600))
    waits = _counts(now.workload)
    if waits:
        return Rollout(Stage.UNDER_WAY, one_line(_unscheduled(now.pods) or waits, 300))
    if now.workload.kind == "DaemonSet":
        return _on_nodes(now, before)
    return Rollout(Stage.DONE, stay=now.workload.status.updated_replicas < _wanted(now.workload))


def _runs(pod: RollingPod) -> bool:
    return pod.metadata.deletion_timestamp is None


def _later(workload: RollingWorkload) -> str:
    if workload.spec.paused:
        return "it is paused: its pods change when somebody resumes it"
    strategy = workload.spec.update_strategy
    if strategy and strategy.type == "OnDelete":
        return "its strategy is OnDelete: its pods change when somebody deletes them"
    if workload.kind != "DaemonSet" and not _wanted(workload):
        return "it is scaled to 0: its new pods come when somebody scales it up"
    return ""


def _refused(now: Seen, before: Seen | None) -> str:
    """Say why no new pod can be made, where the controller says so."""
    told = now.workload.condition("ReplicaFailure")
    old = before.workload.condition("ReplicaFailure") if before else Condition()
    if told.status == "True" and told.message != old.message:
        return f"no new pod can be made: {told.message}"
    known = {name for name, _ in before.refusals} if before else set()
    fresh = [message for name, message in now.refusals if name not in known]
    return f"no new pod can be made: {fresh[-1]}" if fresh else ""


def _overdue(workload: RollingWorkload) -> str:
    late = workload.condition("Progressing").reason == "ProgressDeadlineExceeded"
    return "it did not get on within its progress deadline" if late else ""


def _hopeless(now: Seen, before: Seen | None) -> str:
    """Say what ails a new pod; the old ones may well have failed before."""
    known = {pod.metadata.uid for pod in before.pods} if before else set()
    ailed = {trouble[:2] for trouble in _troubles(before.pods)} if before else set()
    fresh = [pod for pod in now.pods if pod.metadata.uid not in known]
    for container, reason, message in _troubles(fresh):
        if (container, reason) not in ailed:
            return f"container {container} is in {reason}" + (f": {message}" if message else "")
    return ""


def _troubles(pods: Sequence[RollingPod]) -> Iterator[tuple[str, str, str]]:
    for pod in pods:
        for container in pod.status.containers if pod.status else ():
            waiting = container.state.waiting if container.state else None
            if waiting and waiting.reason in _HOPELESS:
                ended = container.last_state.terminated if container.last_state else None
                yield container.name, waiting.reason, _why(waiting, ended)


def _why(waiting: Waiting, ended: Terminated | None) -> str:
    """Return the program's own last words where there are some, which say more than a back-off."""
    if ended is None:
        return waiting.message
    said = f", {ended.message}" if ended.message else ""
    return f"it ended with exit code {ended.exit_code}{said}"


def _unscheduled(pods: Sequence[RollingPod]) -> str:
    for pod in pods:
        for condition in (pod.status.conditions if pod.status else None) or ():
            if (condition.type, condition.status) == ("PodScheduled", "False"):
                return f"a pod finds no node: {condition.message}"
    return ""


def _counts(workload: RollingWorkload) -> str:
    """Say what a rollout still waits for; nothing where it is done."""
    match workload.kind:
        case "Deployment":
            return _deployment(workload)
        case "StatefulSet":
            return _stateful_set(workload)
        case _:
            return _daemon_set(workload.status)


def _deployment(workload: RollingWorkload) -> str:
    status, wanted = workload.status, _wanted(workload)
    if status.updated_replicas < wanted:
        return f"{status.updated_replicas} of {wanted} pods new"
    if status.replicas > status.updated_replicas:
        return f"old pods are still there: {status.replicas - status.updated_replicas}"
    if status.available_replicas < status.updated_replicas:
        return f"{status.available_replicas} of {status.updated_replicas} new pods available"
    return ""


def _stateful_set(workload: RollingWorkload) -> str:
    status, wanted = workload.status, _wanted(workload)
    strategy = workload.spec.update_strategy
    rolling = strategy.rolling_update if strategy else None
    held = (rolling.partition or 0) if rolling else 0
    if status.updated_replicas < wanted - held:
        return f"{status.updated_replicas} of {wanted - held} pods new"
    if status.ready_replicas < wanted:
        return f"{status.ready_replicas} of {wanted} pods ready"
    if not held and status.update_revision != status.current_revision:
        return "its controller has not closed the rollout yet"
    return ""


def _daemon_set(status: RollingStatus) -> str:
    wanted = status.desired_number_scheduled
    if status.updated_number_scheduled < wanted:
        return f"{status.updated_number_scheduled} of {wanted} nodes with the new pod"
    if status.number_available < wanted:
        return f"{status.number_available} of {wanted} new pods available"
    return ""


def _on_nodes(now: Seen, before: Seen | None) -> Rollout:
    """Judge by the nodes: the controller deletes old pods even where it may start no new one."""
    wanted = now.workload.status.desired_number_scheduled
    # A pod whose node would take no new one is counted as misscheduled, or not yet so.
    was = before.workload.status if before else RollingStatus()
    lost = was.desired_number_scheduled + was.number_misscheduled - wanted
    if wanted:
        said = f"fewer nodes take its pods than before: {wanted} of {wanted + lost}"
        return Rollout(Stage.DONE, said if lost > 0 else "")
    if lost > 0:
        return Rollout(Stage.UNDER_WAY, f"no node takes its pods now, and before it were {lost}")
    return Rollout(Stage.LATER, "no node takes its pods now: new ones come with a node that does")


def _wanted(workload: RollingWorkload) -> int:
    return 1 if workload.spec.replicas is None else workload.spec.replicas
