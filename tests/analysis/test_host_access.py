"""Whether a workload needs its node, by what its template shows."""

from typing import Any

import pytest

from k8sharden.analysis.host_access import (
    apart,
    exception,
    host_agents,
    node_work,
    shared_namespaces,
    why_shared,
)
from k8sharden.model.change import show_path
from k8sharden.model.workloads import Workload, workloads
from tests.remediations import harness


def _workload(kind: Any = "DaemonSet", image: Any = "web:1", **fields: Any) -> Workload:
    container = {"name": "agent", "image": image, **fields.pop("container", {})}
    document = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": fields.pop("name", "tool"), "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [container], **fields}}},
    }
    (found,) = workloads(harness.inventory([document]))
    return found


TRACER = {"securityContext": {"capabilities": {"add": ["CAP_SYS_PTRACE"]}}}
ROUTER = {"securityContext": {"capabilities": {"add": ["net_admin"]}}}
ENTRY = {"command": ["sh"], "args": ["-c", "nsenter -t 1 -m -- reboot"]}
WAY_IN = {"ports": [{"containerPort": 443}]}
HOST_PROCESS = {"securityContext": {"windowsOptions": {"hostProcess": True}}}


@pytest.mark.parametrize(
    ("field", "container", "words"),
    [
        ("hostPID", TRACER, "shareProcessNamespace"),
        ("hostPID", ENTRY, "kubectl debug node"),
        ("hostNetwork", ROUTER, "NET_ADMIN"),
        ("hostNetwork", WAY_IN, "LoadBalancer"),
        ("hostNetwork", HOST_PROCESS, "hostProcess"),
    ],
)
def test_a_sign_speaks_for_its_own_namespace_only(
    field: str, container: dict[str, Any], words: str
) -> None:
    """What needs the node's processes says nothing about its network, and the other way round."""
    other = {"hostPID": "hostIPC", "hostNetwork": "hostPID"}[field]
    assert words in why_shared(_workload(container=container, **{field: True}))
    assert why_shared(_workload(container=container, **{other: True})) == ""


def test_the_way_into_the_cluster_stands_on_every_node() -> None:
    """A Deployment that shares the network of some node by chance is no such thing."""
    assert why_shared(_workload("Deployment", container=WAY_IN, hostNetwork=True)) == ""


def test_a_known_agent_gets_an_exception() -> None:
    """It is named, and told to live in a namespace of its own; a builder of images is not one."""
    agent = _workload(name="node-exporter", image="prom/node-exporter:v1", hostPID=True)
    assert "an exporter of the node's measurements" in exception(agent)
    assert why_shared(agent) == exception(agent)
    builder = _workload(name="builder", image="moby/buildkit:v1", hostPID=True)
    assert host_agents(builder) == ()
    assert exception(builder) == ""


PRIVILEGED = {"securityContext": {"privileged": True}}
MODULES = {"securityContext": {"capabilities": {"add": ["SYS_MODULE"]}}}


def _mounting(path: str, **mount: Any) -> dict[str, Any]:
    return {
        "volumes": [{"name": "it", "hostPath": {"path": path}}],
        "container": {"volumeMounts": [{"name": "it", "mountPath": "/it", **mount}]},
    }


def _by(workload: Workload) -> str:
    return node_work(workload, (workload.spec.containers or [])[0])


@pytest.mark.parametrize(
    ("kind", "fields", "by"),
    [
        ("DaemonSet", _mounting("/var/log", readOnly=True), "the node's /var/log"),
        ("DaemonSet", _mounting("/opt/cni/bin"), "the node's /opt/cni/bin"),
        ("DaemonSet", {"container": PRIVILEGED, "hostPID": True}, "privileged, hostPID"),
        ("DaemonSet", {"container": MODULES, "hostIPC": True}, "SYS_MODULE, hostIPC"),
        ("Deployment", {**_mounting("/sys"), "hostPID": True}, "hostPID, the node's /sys"),
        ("DaemonSet", {"container": PRIVILEGED}, ""),
        ("DaemonSet", {"hostNetwork": True}, ""),
        ("DaemonSet", _mounting("/var/log"), ""),
        ("DaemonSet", _mounting("/data"), ""),
        ("DaemonSet", _mounting("/etc/localtime", readOnly=True), ""),
        ("Deployment", {"container": PRIVILEGED, "hostPID": True}, ""),
        ("Deployment", _mounting("/sys"), ""),
    ],
)
def test_what_nobody_knows_works_on_the_node_by_what_it_asks_for(
    kind: str, fields: dict[str, Any], by: str
) -> None:
    """Parts of the node, or two ways there; what may be left from a bad day is not enough."""
    assert _by(_workload(kind, **fields)) == by


def test_an_unknown_agent_keeps_what_it_shares() -> None:
    """It is told apart from a program that shares by habit, by its containers' own words."""
    said = why_shared(_workload(container=PRIVILEGED, hostPID=True))
    assert "by agent (privileged, hostPID)" in said
    assert "a namespace of its own" in said
    assert why_shared(_workload("Deployment", container=PRIVILEGED, hostPID=True)) == ""


def test_what_is_shared_is_told_worst_first() -> None:
    """False and absent fields are no sharing."""
    assert shared_namespaces(_workload(hostNetwork=True, hostPID=True, hostIPC=False)) == (
        "hostPID",
        "hostNetwork",
    )


def test_a_probe_follows_its_pod_out_of_the_nodes_network() -> None:
    """It asked the node's loopback, where the pod listened; now the pod has an address."""
    probe = {"livenessProbe": {"httpGet": {"port": 8080, "host": "127.0.0.1"}}}
    workload = _workload(container=probe, hostNetwork=True, hostPID=True)
    out = [show_path(edit.path) for edit in apart(workload, ("hostNetwork",))]
    assert out == [
        "spec.template.spec.hostNetwork",
        "spec.template.spec.containers[name=agent].livenessProbe.httpGet.host",
    ]
    (processes,) = apart(workload, ("hostPID",))
    assert show_path(processes.path) == "spec.template.spec.hostPID"
