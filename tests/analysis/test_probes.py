"""Hosts that the kubelet asks for probes and hooks."""

from typing import Any

import pytest

from k8sharden.analysis.probes import asked_hosts, is_loopback, own_address
from k8sharden.model.change import show_path
from k8sharden.model.workloads import Workload, workloads
from tests.remediations import harness


def _workload(**container: Any) -> Workload:
    template = {"spec": {"containers": [{"name": "web", "image": "web:1", **container}]}}
    document = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template},
    }
    (found,) = workloads(harness.inventory([document]))
    return found


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", True),  # noqa: S104 - asked, not bound
        ("::", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_a_loopback_is_known_however_it_is_written(host: str, *, loopback: bool) -> None:
    """Names and addresses of both families; the unspecified address leads there as well."""
    assert is_loopback(host) is loopback


def test_every_place_of_a_host_is_found() -> None:
    """Three probes and two hooks, each by HTTP or TCP; without a host the pod itself is asked."""
    asks = {"tcpSocket": {"port": 1, "host": "a"}}
    http = {"httpGet": {"port": 1, "host": "b"}}
    workload = _workload(
        livenessProbe=asks,
        readinessProbe=http,
        startupProbe={"tcpSocket": {"port": 1}},
        lifecycle={"postStart": asks, "preStop": http},
    )
    assert [".".join(each.steps) for each in asked_hosts(workload)] == [
        "livenessProbe.tcpSocket.host",
        "readinessProbe.httpGet.host",
        "lifecycle.postStart.tcpSocket.host",
        "lifecycle.preStop.httpGet.host",
    ]
    assert asked_hosts(_workload()) == ()


def test_only_the_loopback_is_taken_away() -> None:
    """What asks another machine was meant by somebody."""
    workload = _workload(
        livenessProbe={"tcpSocket": {"port": 1, "host": "127.0.0.1"}},
        readinessProbe={"tcpSocket": {"port": 1, "host": "files.kestrel.example"}},
    )
    (edit,) = own_address(workload)
    path = "spec.template.spec.containers[name=web].livenessProbe.tcpSocket.host"
    assert show_path(edit.path) == path
