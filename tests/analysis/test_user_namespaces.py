"""What a pod with a user namespace needs: of its volumes, of its users, and of the nodes."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.user_namespaces import obstacles, unfit, unsure_volumes
from k8sharden.model.objects import Node
from k8sharden.model.pods import PodSpec

FIT = {
    "kubeletVersion": "v1.36.2",
    "kernelVersion": "6.12.41",
    "containerRuntimeVersion": "containerd://2.1.4",
    "operatingSystem": "linux",
}


def _node(**info: str) -> Node:
    status = {"nodeInfo": FIT | info}
    return msgspec.convert({"metadata": {"name": "worker-1"}, "status": status}, Node)


def _spec(**fields: Any) -> PodSpec:
    return msgspec.convert({"containers": [{"name": "web", "image": "web:1"}], **fields}, PodSpec)


@pytest.mark.parametrize(
    ("info", "why"),
    [
        ({}, ""),
        ({"kernelVersion": "6.3.0"}, ""),
        ({"kernelVersion": "5.15.0-130-generic"}, "Linux 5.15"),
        ({"kernelVersion": "6.2.16"}, "Linux 6.2"),
        ({"containerRuntimeVersion": "containerd://1.7.27"}, "containerd 1.7"),
        ({"containerRuntimeVersion": "cri-o://1.24.6"}, "cri-o 1.24"),
        ({"containerRuntimeVersion": "cri-o://1.36.0"}, ""),
        ({"containerRuntimeVersion": "other://0.1.0"}, ""),
        ({"kubeletVersion": "v1.32.4"}, "kubelet 1.32"),
        ({"kubeletVersion": "v1.33.0"}, ""),
        ({"kubeletVersion": "", "kernelVersion": "", "containerRuntimeVersion": ""}, ""),
        ({"operatingSystem": "windows", "kernelVersion": "1.0"}, ""),
        (
            {"kernelVersion": "4.18.0-553.el8", "containerRuntimeVersion": "containerd://1.6.9"},
            "Linux 4.18, containerd 1.6",
        ),
    ],
)
def test_a_node_is_unfit_by_its_kernel_its_runtime_or_its_kubelet(
    info: dict[str, str], why: str
) -> None:
    """What nobody knows is no reason, and a Windows node gets none of these pods."""
    assert unfit(_node(**info)) == why


def test_a_node_that_says_nothing_of_itself_is_not_called_unfit() -> None:
    """A node that never registered has no status yet."""
    assert unfit(msgspec.convert({"metadata": {"name": "new"}}, Node)) == ""


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"volumes": [{"name": "v", "hostPath": {"path": "/var/log"}}]}, "folder of the node"),
        ({"volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]}, "nfs"),
        ({"securityContext": {"fsGroup": 65_536}}, "65536"),
        ({"securityContext": {"runAsUser": 1_000_650_000}}, "1000650000"),
        ({"securityContext": {"runAsUser": 70_000, "runAsGroup": 70_000}}, "70000"),
        ({"securityContext": {"supplementalGroups": [100, 100_000]}}, "100000"),
        (
            {"containers": [{"name": "web", "securityContext": {"runAsGroup": 65_536}}]},
            "65536",
        ),
        (
            {"initContainers": [{"name": "i", "securityContext": {"privileged": True}}]},
            "privileged",
        ),
    ],
)
def test_what_does_not_go_with_it_is_named(fields: dict[str, Any], word: str) -> None:
    """A patch that would only break the pod is not proposed."""
    (said,) = obstacles(_spec(**fields))
    assert word in said


def test_what_lies_on_the_nodes_own_disk_is_no_obstacle() -> None:
    """Most pods have only these."""
    names = ("configMap", "downwardAPI", "emptyDir", "gitRepo", "image", "projected", "secret")
    spec = _spec(
        volumes=[{"name": each.lower(), each: {}} for each in names],
        securityContext={"runAsUser": 65_535, "fsGroup": 0},
    )
    assert list(obstacles(spec)) == []
    assert unsure_volumes(spec) == ()


def test_claims_are_unsure_also_those_that_a_stateful_set_adds() -> None:
    """The file system behind a claim is the storage's, and a template does not list its claims."""
    spec = _spec(
        volumes=[{"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}],
        containers=[{"name": "db", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
    )
    assert unsure_volumes(spec) == ("data", "shared")
