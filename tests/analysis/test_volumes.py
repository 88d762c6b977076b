"""Volumes of a template: where they come from, and who mounts them."""

from typing import Any

import pytest

from k8sharden.analysis.volumes import named_volumes, volume_field, volume_path, volumes_of
from k8sharden.model.change import Change, NoChange, show_path
from k8sharden.model.item import Item
from k8sharden.model.workloads import Workload, workloads
from remediations.pod_security import host_path, volume_types
from remediations.runtime import gitrepo
from tests.remediations import harness


def _workload(*mounts: dict[str, Any]) -> Workload:
    volumes = [
        {"name": "data", "emptyDir": {}},
        {"name": "logs", "hostPath": {"path": "/var/log"}},
        {"name": "none", "hostPath": None},
    ]
    container = {"name": "web", "image": "web", "volumeMounts": list(mounts)}
    document = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [container], "volumes": volumes}}},
    }
    (found,) = workloads(harness.inventory([document]))
    return found


def test_volumes_are_found_by_their_source() -> None:
    """A source that is null is none; the place in the list stays that of the manifest."""
    workload = _workload()
    (logs,) = volumes_of(workload, "hostPath", "nfs")
    assert logs.volume.name == "logs"
    assert volume_field(workload, logs, "hostPath") == "spec.template.spec.volumes[1].hostPath"
    path = volume_path(workload, logs, "hostPath")
    assert show_path(path) == "spec.template.spec.volumes[name=logs].hostPath"


def test_mounts_say_whether_it_is_used_and_written() -> None:
    """One writable mount among others makes a volume writable; none at all makes it unused."""
    read = {"name": "logs", "mountPath": "/logs", "readOnly": True}
    written = {"name": "logs", "mountPath": "/more"}
    other = {"name": "data", "mountPath": "/data"}
    for mounts, unused, read_only in (
        ((other,), True, True),
        ((read,), False, True),
        ((read, written), False, False),
    ):
        (logs,) = volumes_of(_workload(*mounts), "hostPath")
        assert (logs.is_unused, logs.is_read_only) == (unused, read_only)


def test_names_are_listed_as_people_do() -> None:
    """One volume, two volumes."""
    (logs,) = volumes_of(_workload(), "hostPath")
    assert named_volumes([logs]) == "volume logs"
    assert named_volumes([logs, logs]) == "volumes logs, logs"


@pytest.mark.parametrize(
    ("item", "source"),
    [
        (host_path.ITEM, {"hostPath": {"path": "/var/log"}}),
        (volume_types.ITEM, {"nfs": {"server": "files", "path": "/"}}),
        (gitrepo.ITEM, {"gitRepo": {"repository": "https://git.example/x"}}),
    ],
)
def test_a_volume_that_only_an_added_container_mounts_stays(
    item: Item, source: dict[str, Any]
) -> None:
    """Without it the API server would refuse the pods, whose sidecar is in no template."""
    web, volume = {"name": "web", "image": "web"}, {"name": "data", **source}
    template = {"spec": {"containers": [web], "volumes": [volume]}}
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "web", "controller": True}
    owning = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template},
    }
    proxy = {"name": "proxy", "image": "p", "volumeMounts": [{"name": "data", "mountPath": "/d"}]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "ownerReferences": [owner]},
        "spec": {"containers": [web, proxy], "volumes": [volume]},
    }
    assert isinstance(harness.remedy(item, [owning]), Change)
    answer = harness.remedy(item, [owning, pod])
    assert isinstance(answer, NoChange)
    assert "mounts volume data, and one that admission adds" in answer.reason
