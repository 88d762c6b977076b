"""What shows that a container works on the node, and what happens where nothing does."""

from typing import Any

import pytest

from k8sharden.analysis.node_access import node_access, unprivileged, why_on_node
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import Workload, workloads
from tests.remediations import harness


def _workload(container: dict[str, Any], **pod: Any) -> Workload:
    spec = {"containers": [{"name": "web", "image": "web:1", **container}], **pod}
    (found,) = workloads(
        harness.inventory(
            [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": {"name": "web", "namespace": "shop"},
                    "spec": {"template": {"spec": spec}},
                }
            ]
        )
    )
    return found


def _signs(container: dict[str, Any], **pod: Any) -> tuple[str, ...]:
    workload = _workload(container, **pod)
    return node_access(workload, (workload.spec.containers or [])[0])


VOLUMES = [
    {"name": "root", "hostPath": {"path": "/"}},
    {"name": "scratch", "emptyDir": {}},
]


@pytest.mark.parametrize(
    ("container", "pod", "said"),
    [
        (
            {},
            {"hostNetwork": True},
            "it shares the node's hostNetwork (end that first, then scan again)",
        ),
        ({}, {"hostPID": True}, "it shares the node's hostPID (end that first, then scan again)"),
        ({}, {"hostIPC": True}, "it shares the node's hostIPC (end that first, then scan again)"),
        (
            {"volumeMounts": [{"name": "root", "mountPath": "/host"}]},
            {"volumes": VOLUMES},
            "it mounts the node's /",
        ),
        (
            {
                "volumeMounts": [
                    {
                        "name": "scratch",
                        "mountPath": "/mnt",
                        "mountPropagation": "Bidirectional",
                    }
                ]
            },
            {"volumes": VOLUMES},
            "it hands mounts back to the node at /mnt",
        ),
        ({"volumeDevices": [{"name": "d", "devicePath": "/dev/d"}]}, {}, "it uses a block device"),
        (
            {"name": "falco", "image": "falcosecurity/falco:1"},
            {},
            "its image and name are those of a runtime detector",
        ),
        (
            {"command": ["nsenter", "-t", "1"]},
            {},
            "nsenter mounts file systems or enters other namespaces",
        ),
        (
            {"command": ["sh", "-c", "sysctl -w vm.max_map_count=262144"]},
            {},
            "sysctl sets a kernel parameter",
        ),
    ],
)
def test_a_sign_is_named(container: dict[str, Any], pod: dict[str, Any], said: str) -> None:
    """Each in a few words, so that whoever reads it can look it up in the manifest."""
    assert _signs(container, **pod) == (said,)


@pytest.mark.parametrize(
    ("container", "pod"),
    [
        ({}, {}),
        ({}, {"hostNetwork": False, "volumes": VOLUMES}),
        (
            {"volumeMounts": [{"name": "scratch", "mountPath": "/x", "mountPropagation": "None"}]},
            {"volumes": VOLUMES},
        ),
        ({"command": ["sysctl", "vm.max_map_count"]}, {}),
        ({"volumeDevices": []}, {}),
    ],
)
def test_what_only_looks_like_a_sign_is_none(
    container: dict[str, Any], pod: dict[str, Any]
) -> None:
    """A folder of the node that another container mounts, or a parameter that is only read."""
    assert _signs(container, **pod) == ()


def test_a_namespace_that_is_needed_is_a_sign_that_stays() -> None:
    """Who looks into other processes of the node is not told to leave their namespace first."""
    tracer = {"securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}}
    assert _signs(tracer, hostPID=True) == ("it shares the node's hostPID",)


def test_the_reason_names_every_container_with_all_of_its_signs() -> None:
    """Nobody should have to ask twice."""
    workload = _workload({"command": ["mount"]}, hostPID=True)
    reason = why_on_node(workload, visit_containers(workload.spec))
    assert reason is not None
    assert reason.reason.startswith(
        "Container web needs the node: it shares the node's hostPID (end that first, then scan "
        "again), mount mounts file systems"
    )


def test_a_hostile_path_is_made_visible() -> None:
    """What a manifest says never drives the terminal."""
    volumes = [{"name": "x", "hostPath": {"path": "/\x1b[2J"}}]
    (sign,) = _signs({"volumeMounts": [{"name": "x", "mountPath": "/x"}]}, volumes=volumes)
    assert "\x1b" not in sign


def test_only_who_is_privileged_loses_it() -> None:
    """A field that says false, or that nobody wrote, is no reason to touch the template."""
    for context, edits in (({"privileged": True}, 1), ({"privileged": False}, 0), ({}, 0)):
        workload = _workload({"securityContext": context})
        (seen,) = visit_containers(workload.spec)
        assert len(list(unprivileged(workload, seen))) == edits
