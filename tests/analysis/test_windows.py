"""Workloads for Windows that say so by their node selector only."""

from typing import Any

import pytest

from k8sharden.analysis.windows import as_windows, lacks_os
from k8sharden.model.edits import edited
from k8sharden.model.workloads import Workload, workloads
from tests.remediations import harness
from tests.remediations.harness import Document
from tests.servers.control_plane import ControlPlane

SELECTOR = {"kubernetes.io/os": "windows"}
POD: Document = {
    "appArmorProfile": {"type": "RuntimeDefault"},
    "fsGroup": 1,
    "fsGroupChangePolicy": "Always",
    "runAsGroup": 1,
    "runAsNonRoot": True,
    "runAsUser": 0,
    "seLinuxChangePolicy": "Recursive",
    "seLinuxOptions": {"level": "s0"},
    "seccompProfile": {"type": "RuntimeDefault"},
    "supplementalGroups": [1],
    "supplementalGroupsPolicy": "Strict",
    "sysctls": [{"name": "net.core.somaxconn", "value": "1"}],
}
CONTAINER: Document = {
    "allowPrivilegeEscalation": False,
    "appArmorProfile": {"type": "RuntimeDefault"},
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "procMount": "Default",
    "readOnlyRootFilesystem": True,
    "runAsGroup": 1,
    "runAsNonRoot": True,
    "runAsUser": 1,
    "seLinuxOptions": {"level": "s0"},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _document(**pod: Any) -> Document:
    container = {"name": "web", "image": "web:1", "securityContext": CONTAINER}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [container], **pod},
            },
        },
    }


def _workload(document: Document) -> Workload:
    (found,) = workloads(harness.inventory([document]))
    return found


@pytest.mark.parametrize(
    ("pod", "lacks"),
    [
        ({"nodeSelector": SELECTOR}, True),
        ({"nodeSelector": SELECTOR, "os": {"name": "windows"}}, False),
        ({"os": {"name": "windows"}}, False),
        ({"nodeSelector": {"kubernetes.io/os": "linux"}}, False),
        ({}, False),
    ],
)
def test_the_selector_alone_does_not_say_it(pod: dict[str, Any], *, lacks: bool) -> None:
    """Pod Security goes by spec.os, and so does the API server's validation."""
    assert lacks_os(_workload(_document(**pod))) is lacks


def test_the_fields_of_linux_go_and_the_others_stay() -> None:
    """What is written as false goes too, since the API server refuses the field itself."""
    before = _document(
        nodeSelector=SELECTOR,
        securityContext=POD,
        hostPID=True,
        hostIPC=False,
        hostUsers=True,
        shareProcessNamespace=False,
    )
    after = edited(before, as_windows(_workload(before)).edits)["spec"]["template"]["spec"]
    assert after == {
        "containers": [
            {"name": "web", "image": "web:1", "securityContext": {"runAsNonRoot": True}}
        ],
        "hostIPC": False,
        "nodeSelector": SELECTOR,
        "os": {"name": "windows"},
        "securityContext": {"runAsNonRoot": True},
    }


def test_a_workload_without_them_is_told_so_and_no_more() -> None:
    """One edit, and no sentence about what is not there."""
    document = _document(nodeSelector=SELECTOR)
    document["spec"]["template"]["spec"]["containers"][0].pop("securityContext")
    fix = as_windows(_workload(document))
    assert len(fix.edits) == 1
    assert len(fix.warnings) == 1


@pytest.mark.real
def test_a_real_server_takes_what_is_left(control_plane: ControlPlane) -> None:
    """It refuses each of these fields in a pod whose spec.os is windows."""
    path = "/apis/apps/v1/namespaces/default/deployments?dryRun=All&fieldValidation=Strict"
    before = _document(nodeSelector=SELECTOR, securityContext=POD, shareProcessNamespace=False)
    told = edited(before, as_windows(_workload(before)).edits[-1:])
    refused = control_plane.request("POST", path, told)
    assert refused.status == 422
    for name in {*POD, *CONTAINER} - {"runAsNonRoot"}:
        assert name in refused.text
    after = edited(before, as_windows(_workload(before)).edits)
    assert control_plane.request("POST", path, after).status == 201
