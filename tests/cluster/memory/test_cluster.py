"""The cluster in memory as tests and the training cluster use it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from k8sharden import errors
from k8sharden.cluster.api import Api
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.model import kinds

SETTINGS = kinds.CONFIG_MAPS.ref("default", "settings")


def config_map(**data: str) -> dict[str, Any]:
    """A ConfigMap in the namespace default."""
    metadata = {"name": "settings", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_loaded_objects_keep_what_is_theirs() -> None:
    """Status, uid, owners and the time of creation stay; defaults are filled in."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web",
            "uid": "2",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [owner],
        },
        "spec": {"nodeName": "worker-1", "containers": [{"name": "web", "image": "web"}]},
        "status": {"phase": "Running"},
    }
    found = Api(MemoryCluster([pod]).transport()).get(kinds.PODS.ref("default", "web"))
    assert found["metadata"]["uid"] == "2"
    assert found["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert found["metadata"]["ownerReferences"] == [owner]
    assert found["status"] == {"phase": "Running"}
    assert found["spec"]["restartPolicy"] == "Always"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"apiVersion": "v1", "kind": "Gadget"}, "v1 Gadget is not served"),
        ({}, "None None is not served"),
        (config_map() | {"data": []}, "cannot unmarshal array"),
    ],
)
def test_odd_objects_are_not_loaded(value: dict[str, Any], why: str) -> None:
    """What no API server could hold is refused, with the reason."""
    with pytest.raises(ValueError, match=why):
        MemoryCluster([value])


def test_snapshot_is_a_copy() -> None:
    """Whoever changes what `objects` returned changes nothing in the cluster."""
    cluster = MemoryCluster([config_map(x="1")])
    (found,) = (each for each in cluster.objects() if each["kind"] == "ConfigMap")
    found["data"]["x"] = "2"
    assert Api(cluster.transport()).get(SETTINGS)["data"] == {"x": "1"}


def test_what_was_loaded_is_a_copy() -> None:
    """Whoever changes what was loaded changes nothing in the cluster."""
    given = config_map(x="1")
    cluster = MemoryCluster([given])
    given["data"]["x"] = "2"
    assert Api(cluster.transport()).get(SETTINGS)["data"] == {"x": "1"}


def test_strangers_have_no_transport() -> None:
    """Only the users that were named can ask."""
    with pytest.raises(KeyError):
        MemoryCluster(users={"ann": ()}).transport("bob")


def test_no_write_is_lost_between_threads() -> None:
    """Guarded patches from several threads at once come one after the other."""
    cluster = MemoryCluster([config_map(count="0")])
    rounds, threads = 20, 4

    def work() -> None:
        api = Api(cluster.transport())
        done = 0
        while done < rounds:
            count = api.get(SETTINGS)["data"]["count"]
            guard = {"op": "test", "path": "/data/count", "value": count}
            step = {"op": "replace", "path": "/data/count", "value": str(int(count) + 1)}
            try:
                api.patch(SETTINGS, [guard, step])
            except errors.Invalid:
                continue
            done += 1

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    count = Api(cluster.transport()).get(SETTINGS)["data"]["count"]
    assert count == str(rounds * threads)


def test_versions_only_grow() -> None:
    """Every write gives a new resourceVersion, a write that changes nothing none."""
    api = Api(MemoryCluster([config_map(x="1")]).transport())

    def version_after(value: str) -> int:
        operation = {"op": "replace", "path": "/data/x", "value": value}
        written = api.patch(SETTINGS, [operation]).object
        return int(written["metadata"]["resourceVersion"])

    first = int(api.get(SETTINGS)["metadata"]["resourceVersion"])
    assert version_after("1") == first
    second = version_after("2")
    assert second > first
    assert version_after("3") > second


def test_new_rules_reach_the_roles_that_gather_them() -> None:
    """A ClusterRole that is labelled for `view` becomes a part of it, and leaves with its label."""
    cluster = MemoryCluster()
    api = Api(cluster.transport())
    ref = kinds.CLUSTER_ROLES.ref("", "gadgets")
    rule = {"apiGroups": ["gadgets.example"], "resources": ["gadgets"], "verbs": ["get"]}
    labels = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    api.create({"metadata": {"name": "gadgets", "labels": labels}, "rules": [rule]}, ref)
    view = kinds.CLUSTER_ROLES.ref("", "view")
    assert rule in api.get(view)["rules"]
    api.patch(ref, [{"op": "remove", "path": "/metadata/labels"}])
    assert rule not in api.get(view)["rules"]


def test_owners_are_forgotten_when_a_deletion_orphans() -> None:
    """What a deleted object owned stays, without its reference."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "settings", "uid": "1"}
    child = config_map()
    child["metadata"] |= {"name": "child", "ownerReferences": [owner]}
    parent = config_map()
    parent["metadata"]["uid"] = "1"
    api = Api(MemoryCluster([parent, child]).transport())
    version = api.get(SETTINGS)["metadata"]["resourceVersion"]
    api.delete(SETTINGS, uid="1", resource_version=version)
    with pytest.raises(errors.NotFound):
        api.get(SETTINGS)
    left = api.get(kinds.CONFIG_MAPS.ref("default", "child"))
    assert "ownerReferences" not in left["metadata"]
