"""The control plane that other tests rely on does what it promises them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.servers.binaries import kubernetes_version
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started
from tests.servers.kubelet import CONFIG_ERROR, CRASH_LOOP, Failing, Kubelet
from tests.servers.processes import ServerDied, free_ports

pytestmark = pytest.mark.real

AUDIT_POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: Metadata}]
"""
ENCRYPTION = """
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - secretbox: {keys: [{name: key1, secret: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=}]}
  - identity: {}
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs: one that ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def deployment(name: str, replicas: int = 2) -> str:
    """A deployment of one container."""
    labels = {"app": name}
    container = {"name": "web", "image": "nginx:1.29"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": name}
    return json.dumps(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}
    )


def pods(cluster: ControlPlane, namespace: str) -> list[dict[str, Any]]:
    """The pods of a namespace."""
    listed: Mapping[str, Any] = cluster.request(
        "GET", f"/api/v1/namespaces/{namespace}/pods"
    ).json()
    return list(listed["items"])


def test_it_says_its_real_version(control_plane: ControlPlane) -> None:
    """Checks differ by version, so the server must not call itself v0.0.0-master."""
    major, minor, _ = kubernetes_version()
    said = control_plane.request("GET", "/version").expect(200).json()
    assert said["gitVersion"] == control_plane.version
    assert (said["major"], said["minor"]) == (major, minor)
    versions = json.loads(control_plane.kubectl("version", "-o", "json").stdout)
    assert versions["serverVersion"]["gitVersion"] == control_plane.version
    assert versions["clientVersion"]["gitVersion"].startswith(f"v{major}.{minor}.")


def test_kubectl_reaches_it(control_plane: ControlPlane) -> None:
    """Kubectl works with the kubeconfig that tests get."""
    names = control_plane.kubectl("get", "namespaces", "-o", "name").stdout.split()
    assert {"namespace/default", "namespace/kube-system"} <= set(names)


def test_a_viewer_cannot_list_secrets(control_plane: ControlPlane) -> None:
    """RBAC decides: the users of the fixture have the rights that their names promise."""
    viewer, auditor = control_plane.client("viewer"), control_plane.client("auditor")
    assert viewer("GET", "/api/v1/pods").status == 200
    refused = viewer("GET", "/api/v1/secrets").expect(403).json()
    assert 'User "viewer" cannot list resource "secrets"' in refused["message"]
    assert auditor("GET", "/api/v1/secrets").status == 200
    assert control_plane.client("nobody")("GET", "/api/v1/pods").status == 403


def test_a_namespaced_user_is_confined(control_plane: ControlPlane) -> None:
    """The user `namespaced` may work in its own namespace and see no other."""
    user = control_plane.client("namespaced")
    assert user("GET", "/api/v1/namespaces/team-a/pods").status == 200
    assert user("GET", "/api/v1/namespaces/default/pods").status == 403
    assert user("GET", "/api/v1/namespaces").status == 403


def test_a_client_certificate_names_user_and_groups(control_plane: ControlPlane) -> None:
    """A certificate is the second way in, and its groups count."""
    config = control_plane.client_cert_kubeconfig("cert-user", ["viewers", "more"])
    kubeconfig = f"--kubeconfig={config}"
    answer = control_plane.kubectl(kubeconfig, "auth", "whoami", "-o", "json").stdout
    user = json.loads(answer)["status"]["userInfo"]
    assert user["username"] == "cert-user"
    assert {"viewers", "more", "system:authenticated"} == set(user["groups"])


def test_kubectl_failures_say_why(control_plane: ControlPlane) -> None:
    """A failing command shows what kubectl said, unless the test wants to look itself."""
    with pytest.raises(AssertionError, match="NotFound"):
        control_plane.kubectl("get", "pod", "absent")
    assert control_plane.kubectl("get", "pod", "absent", check=False).returncode == 1


def test_pods_can_be_created_without_controllers(control_plane: ControlPlane) -> None:
    """Without controllers there are no service accounts, which must not stand in the way."""
    namespace = control_plane.create_namespace({"purpose": "test"})
    control_plane.kubectl("run", "web", "--image=nginx", "-n", namespace)
    assert [pod["metadata"]["name"] for pod in pods(control_plane, namespace)] == ["web"]


def test_controllers_and_kubelet_roll_a_deployment_out(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet
) -> None:
    """The controllers make replica sets and pods; the kubelet's part makes them count as ready."""
    cluster = control_plane_with_controllers
    namespace = cluster.create_namespace()
    cluster.kubectl("apply", "-n", namespace, "-f", "-", input=deployment("web"))
    with kubelet.at_work(namespace):
        done = cluster.kubectl("rollout", "status", "deployment/web", "-n", namespace)
    assert "successfully rolled out" in done.stdout
    assert len(pods(cluster, namespace)) == 2
    for pod in pods(cluster, namespace):
        assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
        image = pod["status"]["containerStatuses"][0]["imageID"]
        assert image.startswith("docker.io/library/nginx@sha256:")


def test_a_second_rollout_replaces_the_pods(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet
) -> None:
    """A changed template is rolled out too, and the pods of the first one go."""
    cluster = control_plane_with_controllers
    namespace = cluster.create_namespace()
    cluster.kubectl("apply", "-n", namespace, "-f", "-", input=deployment("web"))
    kubelet.roll_out(namespace, "web")
    cluster.kubectl("set", "image", "deployment/web", "web=nginx:1.30", "-n", namespace)
    kubelet.roll_out(namespace, "web")
    ready = [pod for pod in pods(cluster, namespace) if pod["status"]["phase"] == "Running"]
    assert {pod["spec"]["containers"][0]["image"] for pod in ready} == {"nginx:1.30"}


@pytest.mark.parametrize("failure", [CRASH_LOOP, CONFIG_ERROR], ids=lambda each: each.reason)
def test_the_kubelet_reports_failures(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet, failure: Failing
) -> None:
    """A failing container waits with its reason, and its pod is not ready."""
    cluster = control_plane_with_controllers
    namespace = cluster.create_namespace()
    cluster.kubectl("run", "web", "--image=nginx", "-n", namespace)
    assert kubelet.report(namespace, failure) == 1
    assert kubelet.report(namespace, failure) == 0, "a second report changes nothing"
    status = pods(cluster, namespace)[0]["status"]
    assert status["containerStatuses"][0]["state"]["waiting"]["reason"] == failure.reason
    assert {"type": "Ready", "status": "False"}.items() <= status["conditions"][-1].items()
    kubelet.report(namespace)
    state = pods(cluster, namespace)[0]["status"]["containerStatuses"][0]["state"]
    assert list(state) == ["running"]


def test_namespaces_go_where_there_are_controllers(
    control_plane_with_controllers: ControlPlane,
) -> None:
    """The namespace controller works, so a deleted namespace ends."""
    cluster = control_plane_with_controllers
    namespace = cluster.create_namespace()
    cluster.kubectl("delete", "namespace", namespace, "--timeout=60s")
    assert cluster.request("GET", f"/api/v1/namespaces/{namespace}").status == 404


def test_audit_and_encryption_are_honoured_and_nothing_stays(tmp_path: Path) -> None:
    """The server's own metrics show both, and stopping leaves no process."""
    with started(
        lambda: ControlPlane(tmp_path, audit_policy=AUDIT_POLICY, encryption_config=ENCRYPTION)
    ) as cluster:
        cluster.kubectl("create", "secret", "generic", "s", "--from-literal=a=b")
        metrics = cluster.request("GET", "/metrics").expect(200).text
        pids = list(cluster.processes.values())
        assert all(is_alive(pid) for pid in pids)
    assert len(pids) == 2
    assert not any(is_alive(pid) for pid in pids)
    assert 'apiserver_audit_level_total{level="Metadata"}' in metrics
    assert 'transformer_prefix="k8s:enc:secretbox:v1:"' in metrics
    assert '"resource":"secrets"' in cluster.audit_log.read_text()


def test_neither_shows_where_none_is_configured(control_plane: ControlPlane) -> None:
    """The metrics of a server on defaults say so, or the test above would prove nothing."""
    metrics = control_plane.request("GET", "/metrics").expect(200).text
    assert "apiserver_audit_level_total{" not in metrics
    assert "k8s:enc:" not in metrics


@pytest.mark.usefixtures("control_plane")  # skips where there are no servers
def test_a_server_that_dies_shows_its_log(tmp_path: Path) -> None:
    """A bad flag fails at once with the reason, not after the deadline, and leaves nothing."""
    cluster = ControlPlane(tmp_path, api_server_flags={"no-such-flag": "1"})
    with pytest.raises(ServerDied, match="unknown flag: --no-such-flag"), cluster:
        pass
    assert not cluster.processes


def test_a_taken_port_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losing the race for a port means new ports, not a failed test run."""
    calls: list[int] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        def first_one_taken(count: int) -> list[int]:
            calls.append(count)
            ports = free_ports(count)
            return [*ports[:-1], taken.getsockname()[1]] if len(calls) == 1 else ports

        monkeypatch.setattr("tests.servers.control_plane.free_ports", first_one_taken)
        with started(lambda: ControlPlane(tmp_path)) as cluster:
            assert cluster.request("GET", "/readyz").status == 200
    assert len(calls) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal is Linux's")
def test_servers_end_with_a_killed_parent(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A test run killed without cleanup leaves no server behind."""
    script = """
        import os, pathlib, signal, sys
        from tests.servers.control_plane import ControlPlane
        with ControlPlane(pathlib.Path(sys.argv[1])) as cluster:
            print(*cluster.processes.values(), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    control_plane.wait_until(lambda: not any(map(is_alive, pids)), "the orphans are gone", 10)
