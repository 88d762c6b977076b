"""Where a rollout stands: a table of what the cluster can report, and what is made of it."""

from typing import Any

import pytest

from k8sharden.analysis.rollout import Stage, judge
from k8sharden.model.decoding import convert
from k8sharden.model.rolling import RollingPod, RollingWorkload, Seen

Object = dict[str, Any]
DONE: dict[str, Object] = {
    "Deployment": {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2},
    "StatefulSet": {"updatedReplicas": 2, "readyReplicas": 2}
    | dict.fromkeys(("currentRevision", "updateRevision"), "r2"),
    "DaemonSet": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2},
}


def workload(kind: str, spec: Object | None = None, **status: object) -> RollingWorkload:
    """Return a workload of two pods whose rollout is done, but for what is given."""
    value = {
        "kind": kind,
        "metadata": {"name": "web", "generation": 4},
        "spec": {"replicas": 2} | (spec or {}),
        "status": {"observedGeneration": 4} | DONE[kind] | status,
    }
    return convert(value, RollingWorkload)


def pod(uid: str, reason: str = "", **more: object) -> RollingPod:
    """Return a pod whose container waits for a reason, or runs."""
    state = {"waiting": {"reason": reason, "message": "in its words"}} if reason else {}
    status = {"containerStatuses": [{"name": "app", "state": state} | more]}
    return convert({"metadata": {"name": uid, "uid": uid}, "status": status}, RollingPod)


def failing(message: str) -> list[Object]:
    """Return the condition of a Deployment that can make no pod."""
    told = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
    return [told | {"message": message}]


@pytest.mark.parametrize("kind", DONE)
def test_a_rollout_that_is_done(kind: str) -> None:
    """All pods are new, and all of them are there."""
    assert judge(Seen(workload(kind))).stage is Stage.DONE


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("Deployment", {"observedGeneration": 3}, "has not looked at it yet"),
        ("Deployment", {"updatedReplicas": 1}, "1 of 2 pods new"),
        ("Deployment", {"replicas": 3}, "old pods are still there: 1"),
        ("Deployment", {"availableReplicas": 1}, "1 of 2 new pods available"),
        ("StatefulSet", {"updatedReplicas": 1}, "1 of 2 pods new"),
        ("StatefulSet", {"readyReplicas": 1}, "1 of 2 pods ready"),
        ("StatefulSet", {"currentRevision": "r1"}, "has not closed the rollout"),
        ("DaemonSet", {"updatedNumberScheduled": 1}, "1 of 2 nodes with the new pod"),
        ("DaemonSet", {"numberAvailable": 1}, "1 of 2 new pods available"),
    ],
)
def test_a_rollout_under_way_says_what_it_waits_for(kind: str, status: Object, said: str) -> None:
    """The counts are those that `kubectl rollout status` looks at."""
    found = judge(Seen(workload(kind, **status)))
    assert found.stage is Stage.UNDER_WAY
    assert said in found.said


def test_a_partition_holds_pods_back_on_purpose() -> None:
    """Pods below the partition stay old, and the rollout is done all the same."""
    held = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
    seen = Seen(workload("StatefulSet", held, updatedReplicas=1, currentRevision="r1"))
    assert judge(seen).stage is Stage.DONE


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("Deployment", {"paused": True}, "somebody resumes it"),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, "somebody deletes them"),
        ("Deployment", {"replicas": 0}, "somebody scales it up"),
        ("StatefulSet", {"replicas": 0}, "somebody scales it up"),
    ],
)
def test_what_waits_for_a_person_is_not_waited_for(kind: str, spec: Object, said: str) -> None:
    """Its pods change later; nothing failed."""
    found = judge(Seen(workload(kind, spec, observedGeneration=0)))
    assert found.stage is Stage.LATER
    assert said in found.said


def on_nodes(count: int, **status: int) -> Seen:
    """Return a DaemonSet that is rolled out on so many nodes, but for what is given."""
    names = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    counts: Object = {**dict.fromkeys(names, count), **status}
    return Seen(workload("DaemonSet", **counts))


def test_no_pod_on_no_node_is_no_rollout() -> None:
    """Where no node takes a DaemonSet's pods, none was seen to start: nothing is called done."""
    found = judge(on_nodes(0), on_nodes(0))
    assert found.stage is Stage.LATER
    assert "no node takes its pods now" in found.said
    assert judge(on_nodes(0)) == found


@pytest.mark.parametrize("before", [on_nodes(2), on_nodes(0, numberMisscheduled=2)])
def test_nodes_that_were_lost_are_waited_for(before: Seen) -> None:
    """The controller deletes the old pods there all the same, so their nodes are to come back."""
    found = judge(on_nodes(0), before)
    assert found.stage is Stage.UNDER_WAY
    assert found.said == "no node takes its pods now, and before it were 2"


def test_fewer_nodes_than_before_are_told() -> None:
    """A rollout on those that are left is done; more nodes than before are nothing to tell."""
    found = judge(on_nodes(1), on_nodes(3))
    assert found.stage is Stage.DONE
    assert found.said == "fewer nodes take its pods than before: 1 of 3"
    assert judge(on_nodes(3), on_nodes(1)).said == ""


@pytest.mark.parametrize(
    "reason", ["CrashLoopBackOff", "CreateContainerConfigError", "InvalidImageName"]
)
def test_a_new_pod_that_cannot_start_is_a_failure(reason: str) -> None:
    """The container, the reason and the kubelet's message are told."""
    now = Seen(workload("Deployment", updatedReplicas=1), (pod("old"), pod("new", reason)))
    found = judge(now, Seen(workload("Deployment"), (pod("old"),)))
    assert found.stage is Stage.FAILED
    assert found.said == f"container app is in {reason}: in its words"


def test_a_program_s_last_words_say_more_than_its_back_off() -> None:
    """The exit code and the termination message stand where there are some."""
    ended = {"terminated": {"exitCode": 1, "message": "Read-only file system"}}
    found = judge(Seen(workload("Deployment"), (pod("new", "CrashLoopBackOff", lastState=ended),)))
    assert found.said.endswith("it ended with exit code 1, Read-only file system")


def test_init_containers_are_looked_at() -> None:
    """A pod whose init container fails never starts its others."""
    waiting = {"name": "migrate", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    status = {"initContainerStatuses": [waiting]}
    new = convert({"metadata": {"uid": "new"}, "status": status}, RollingPod)
    assert "migrate" in judge(Seen(workload("Deployment"), (new,))).said


def test_what_failed_before_the_change_is_not_held_against_it() -> None:
    """Old pods, and new ones with the same trouble as the old ones had, prove nothing."""
    ill = pod("old", "CrashLoopBackOff")
    before = Seen(workload("Deployment", availableReplicas=0), (ill,))
    again = Seen(workload("Deployment", availableReplicas=0), (ill, pod("new", "CrashLoopBackOff")))
    assert judge(again, before).stage is Stage.UNDER_WAY
    worse = Seen(workload("Deployment"), (ill, pod("new", "CreateContainerConfigError")))
    assert judge(worse, before).stage is Stage.FAILED


def test_pods_that_cannot_be_made_are_a_failure() -> None:
    """A Deployment says so in a condition; one that was there before says nothing of the change."""
    refused = Seen(workload("Deployment", updatedReplicas=0, conditions=failing("violates")))
    assert judge(refused).said == "no new pod can be made: violates"
    assert judge(refused, refused).stage is Stage.UNDER_WAY


def test_events_tell_the_same_of_other_workloads() -> None:
    """StatefulSets and DaemonSets have no condition for it."""
    old, new = ("uid-1/3", "quota"), ("uid-1/4", "violates")
    before = Seen(workload("DaemonSet"), (), (old,))
    assert judge(Seen(workload("DaemonSet"), (), (old, new)), before).said.endswith(": violates")
    assert judge(before, before).stage is Stage.DONE


def test_a_missed_deadline_is_a_failure() -> None:
    """The Deployment's own progress deadline counts."""
    late = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
    assert judge(Seen(workload("Deployment", conditions=late))).stage is Stage.FAILED


def test_a_pod_without_a_node_is_named_while_it_waits() -> None:
    """The scheduler's words say more than a count."""
    told = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    lost = convert({"metadata": {"uid": "a"}, "status": {"conditions": [told]}}, RollingPod)
    found = judge(Seen(workload("Deployment", updatedReplicas=1), (lost,)))
    assert found.stage is Stage.UNDER_WAY
    assert "0/3 nodes" in found.said


def test_words_of_the_cluster_are_made_safe() -> None:
    """A termination message is whatever a program wrote."""
    assert "<U+001B>" in judge(Seen(workload("Deployment", conditions=failing("\x1b[2J")))).said
