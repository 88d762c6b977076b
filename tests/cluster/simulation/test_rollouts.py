"""Workloads roll when their template changes, in steps, and nothing is lost on the way."""

import json

from k8sharden.cluster.transport import Request
from k8sharden.model import kinds
from tests.cluster.simulation.company import ACCOUNTS, Company, condition


def test_at_rest_nothing_moves(company: Company) -> None:
    """The cluster as it comes is what its controllers want: years pass, and no object changes."""
    before = company.cluster.objects()
    company.clock.wait(10 * 365 * 86_400)
    assert company.cluster.objects() == before


def test_a_deployment_rolls_without_a_gap(company: Company) -> None:
    """New pods replace the old ones step by step, and never fewer are ready than were asked for."""
    before = {pod["metadata"]["uid"] for pod in company.pods("shop", "accounts")}
    company.harden(ACCOUNTS, "readOnlyRootFilesystem", value=True)
    seen = company.watch("shop", "accounts", 10)
    assert min(seen) == 2
    pods = company.pods("shop", "accounts")
    assert len(pods) == 2
    assert not before & {pod["metadata"]["uid"] for pod in pods}
    for pod in pods:
        (container,) = pod["spec"]["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["status"]["containerStatuses"][0]["ready"] is True


def test_a_rollout_is_reported_as_it_goes(company: Company) -> None:
    """`observedGeneration`, counts and conditions are those that kubectl waits for."""
    company.harden(ACCOUNTS, "readOnlyRootFilesystem", value=True)
    under_way = company.get(kinds.DEPLOYMENTS, "shop", "accounts")
    assert under_way["status"]["observedGeneration"] == under_way["metadata"]["generation"] == 2
    assert under_way["status"]["updatedReplicas"] == 1
    assert under_way["status"]["replicas"] == 3
    assert condition(under_way, "Progressing")["reason"] == "ReplicaSetUpdated"
    company.clock.wait(60)
    done = company.get(kinds.DEPLOYMENTS, "shop", "accounts")["status"]
    assert {done[name] for name in ("replicas", "updatedReplicas", "availableReplicas")} == {2}
    assert "unavailableReplicas" not in done
    reason = [each["reason"] for each in done["conditions"]]
    assert reason == ["MinimumReplicasAvailable", "NewReplicaSetAvailable"]


def test_the_old_replica_set_stays_at_zero(company: Company) -> None:
    """A rollout keeps the old ReplicaSet for the way back, and takes it when that is chosen."""
    first = _sets(company, "accounts")
    company.harden(ACCOUNTS, "readOnlyRootFilesystem", value=True)
    company.clock.wait(60)
    assert sorted(_sets(company, "accounts").values()) == [0, 2]
    company.harden(ACCOUNTS, "readOnlyRootFilesystem", value=False)
    company.patch(
        ACCOUNTS,
        {
            "op": "remove",
            "path": "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
        },
    )
    company.clock.wait(60)
    assert {name for name, count in _sets(company, "accounts").items() if count} == set(first)


def _sets(company: Company, app: str) -> dict[str, int]:
    return {
        each["metadata"]["name"]: each["spec"]["replicas"]
        for each in company.cluster.objects()
        if each["kind"] == "ReplicaSet" and each["metadata"].get("labels", {}).get("app") == app
    }


def test_the_history_is_bounded(company: Company) -> None:
    """However often somebody tries, at most ten old ReplicaSets are kept."""
    for number in range(14):
        value = {"name": "TRY", "value": str(number)}
        path = "/spec/template/spec/containers/0/env/-"
        company.patch(ACCOUNTS, {"op": "add", "path": path, "value": value})
        company.clock.wait(60)
    assert len(_sets(company, "accounts")) == 11


def test_recreate_ends_the_old_pods_first(company: Company) -> None:
    """A Deployment that recreates has a moment without any pod, as it chose."""
    company.harden(
        kinds.DEPLOYMENTS.ref("ci", "image-builder"), "readOnlyRootFilesystem", value=True
    )
    assert company.watch("ci", "image-builder", 6) == [0, 0, 1, 1, 1, 1]


def test_a_stateful_set_rolls_from_the_highest_number(company: Company) -> None:
    """One pod at a time is replaced, under its own name, and the others stay ready."""
    ref = kinds.STATEFUL_SETS.ref("shop", "session-cache")
    before = _uids(company)
    company.harden(ref, "readOnlyRootFilesystem", value=True)
    changed = []
    for _ in range(15):
        company.clock.wait(1)
        assert company.ready("shop", "session-cache") >= 2
        now = _uids(company)
        changed += [name for name in now if now[name] != before[name] and name not in changed]
    assert changed == ["session-cache-2", "session-cache-1", "session-cache-0"]
    status = company.get(kinds.STATEFUL_SETS, "shop", "session-cache")["status"]
    assert status["currentRevision"] == status["updateRevision"]
    assert status["updatedReplicas"] == status["readyReplicas"] == 3


def _uids(company: Company) -> dict[str, str]:
    pods = company.pods("shop", "session-cache")
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods}


def test_a_daemon_set_rolls_node_by_node(company: Company) -> None:
    """At most one node is without its pod, and Windows nodes never get one of Linux."""
    ref = kinds.DAEMON_SETS.ref("monitoring", "node-exporter")
    before = {pod["metadata"]["uid"] for pod in company.pods("monitoring", "node-exporter")}
    company.harden(ref, "runAsUser", 65533)
    assert min(company.watch("monitoring", "node-exporter", 15)) == 2
    pods = company.pods("monitoring", "node-exporter")
    assert not before & {pod["metadata"]["uid"] for pod in pods}
    assert [pod["spec"]["nodeName"] for pod in sorted(pods, key=_node)] == [
        "control-plane-1",
        "worker-1",
        "worker-2",
    ]


def _node(pod: dict[str, dict[str, str]]) -> str:
    return pod["spec"]["nodeName"]


def test_the_digest_that_runs_follows_the_image(company: Company) -> None:
    """A pinned image is reported by its digest, a tag by the digest it stands for."""
    (pod, _) = company.pods("shop", "accounts")
    tagged = pod["status"]["containerStatuses"][0]
    digest = tagged["imageID"].partition("@")[2]
    image = f"{tagged['image']}@{digest}"
    path = "/spec/template/spec/containers/0/image"
    company.patch(ACCOUNTS, {"op": "replace", "path": path, "value": image})
    company.clock.wait(60)
    for pod in company.pods("shop", "accounts"):
        assert pod["status"]["containerStatuses"][0]["imageID"] == tagged["imageID"]


def test_what_a_deleted_owner_leaves_is_collected(company: Company) -> None:
    """Deleting a Deployment in the background takes its ReplicaSets and pods along."""
    value = company.get(kinds.DEPLOYMENTS, "shop", "accounts")
    path = kinds.DEPLOYMENTS.path("shop", "accounts")
    request = Request("DELETE", path, {"propagationPolicy": "Background"})
    assert company.cluster.transport().send(request).status == 200
    assert company.pods("shop", "accounts") == []
    assert _sets(company, "accounts") == {}
    assert value["metadata"]["uid"] not in json.dumps(company.cluster.objects())


def test_a_wish_for_too_many_pods_is_bounded(company: Company) -> None:
    """A slip of the finger in `replicas` does not fill the memory of whoever learns."""
    company.patch(ACCOUNTS, {"op": "replace", "path": "/spec/replicas", "value": 2_000_000})
    company.clock.wait(1)
    assert len(company.pods("shop", "accounts")) == 330


def test_a_rollout_goes_on_after_a_restart(company: Company) -> None:
    """Closing the app in the middle changes nothing: later, all is as if it had stayed open."""
    other = Company()
    for each in (company, other):
        each.harden(ACCOUNTS, "readOnlyRootFilesystem", value=True)
        each.clock.wait(4)
    other.restart()
    for each in (company, other):
        each.clock.wait(300)
    assert _bare(other) == _bare(company)
    assert other.ready("shop", "accounts") == 2


def _bare(company: Company) -> list[str]:
    found = [each for each in company.cluster.objects() if each["kind"] in ("Pod", "ReplicaSet")]
    for each in found:
        del each["metadata"]["resourceVersion"]
    return [json.dumps(each, sort_keys=True) for each in found]
