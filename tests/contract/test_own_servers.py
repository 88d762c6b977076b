"""What needs a server of its own: what was taken over from one, what age and flags change."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from k8sharden.cluster.connect import connect
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.transport import Request
from tests.contract.clusters import Cluster, at, config_map, deployment, pod
from tests.servers import binaries
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

RBAC = "rbac.authorization.k8s.io"
OURS = {"viewers", "auditors", "read-everything", "team-a-devs"}


@pytest.mark.real
def test_schema_is_that_of_the_servers_types() -> None:
    """The table of fields is what the program beside the servers prints, from their own types."""
    if shutil.which("go") is None:
        pytest.skip("the table of fields is printed by a Go program, and Go is not installed")
    printed = subprocess.run(
        ["go", "run", "-trimpath", "-buildvcs=false", "./apischema"],
        cwd=binaries.MODULE,
        env=binaries._environment(),
        capture_output=True,
        check=True,
    )
    file = resources.files("k8sharden.cluster.memory").joinpath("schema.json")
    assert json.loads(printed.stdout) == json.loads(file.read_text())


@pytest.mark.parametrize("kind", ["clusterroles", "clusterrolebindings", "roles", "rolebindings"])
@pytest.mark.real
def test_new_clusters_hold_the_same_roles(both: tuple[Cluster, Cluster], kind: str) -> None:
    """The roles and bindings of a new cluster are a real server's, with rules gathered."""
    memory, real = (_bootstrapped(cluster, kind) for cluster in both)
    assert memory == real


def _bootstrapped(cluster: Cluster, kind: str) -> dict[str, Any]:
    label = {"labelSelector": "kubernetes.io/bootstrapping=rbac-defaults"}
    items = cluster.get(at(f"{kind}.{RBAC}"), **label).expect(200)["items"]
    return {item["metadata"]["name"]: _meaning(item) for item in items}


def _meaning(item: dict[str, Any]) -> dict[str, Any]:
    """What a role or binding says; gathered rules come in no order."""
    rules = [json.dumps(rule, sort_keys=True) for rule in item.get("rules") or ()]
    kept = {name: item.get(name) for name in ("aggregationRule", "roleRef", "subjects")}
    labels = item["metadata"].get("labels")
    return {**kept, "rules": sorted(rules), "labels": labels}


def _begin(send: Any) -> tuple[str, dict[str, Any]]:
    """Begin a list of two pages, and return the query of the second."""
    page = json.loads(send("GET", at("configmaps", "default"), {"limit": "1"}).body)
    return at("configmaps", "default"), {"limit": "1", "continue": page["metadata"]["continue"]}


def _expires(path: str, query: dict[str, str], send: Any) -> None:
    """The second page is 410, with a token that goes on without the past."""
    answer = send("GET", path, query)
    status = json.loads(answer.body)
    assert (answer.status, status["reason"]) == (410, "Expired")
    token = status["metadata"]["continue"]
    assert json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["rv"] == -1
    rest = send("GET", path, query | {"continue": token})
    assert rest.status == 200
    assert [each["metadata"]["name"] for each in json.loads(rest.body)["items"]] == ["b"]


def test_old_continue_token_in_memory() -> None:
    """A continue token that is too old is 410 Expired, and the answer tells how to go on."""
    cluster = MemoryCluster([config_map("a"), config_map("b")])
    transport = cluster.transport()

    def send(method: str, path: str, query: dict[str, str]) -> Any:
        return transport.send(Request(method, path, query))

    path, query = _begin(send)
    cluster.load([config_map("c") | {"metadata": {"name": "c", "namespace": "team"}}])
    cluster.compact()
    _expires(path, query, send)


@pytest.mark.real
def test_old_continue_token_on_a_real_server(tmp_path: Path) -> None:
    """The same on a real server, once it has compacted its storage."""
    compacting = {"etcd-compaction-interval": "1s", "disable-admission-plugins": "ServiceAccount"}
    with started(lambda: ControlPlane(tmp_path, api_server_flags=compacting)) as running:
        for name in ("a", "b"):
            running.request("POST", at("configmaps", "default"), config_map(name)).expect(201)
        transport = connect(kubeconfig=running.kubeconfig()).transport

        def send(method: str, path: str, query: dict[str, str]) -> Any:
            return transport.send(Request(method, path, query))

        path, query = _begin(send)
        running.request("POST", at("configmaps", "kube-public"), config_map("c")).expect(201)
        running.wait_until(lambda: send("GET", path, query).status == 410, "the token expired")
        _expires(path, query, send)


def _refuses_privileged(send: Any) -> None:
    """A privileged pod and template are 422, by the cluster's policy."""
    container = {"name": "web", "image": "web", "securityContext": {"privileged": True}}
    for path, body in (
        (at("pods", "default"), pod(containers=[container])),
        (at("deployments.apps", "default"), deployment(containers=[container])),
    ):
        answer = send(Request("POST", path, body=json.dumps(body).encode()))
        status = json.loads(answer.body)
        assert (answer.status, status["reason"]) == (422, "Invalid")
        (cause,) = status["details"]["causes"]
        assert cause["message"] == "Forbidden: disallowed by cluster policy"
        assert cause["field"].endswith("spec.containers[0].securityContext.privileged")


def test_no_privileged_pods_in_memory() -> None:
    """Without `--allow-privileged` a privileged pod is 422."""
    _refuses_privileged(MemoryCluster(flags={"allow-privileged": "false"}).transport().send)


@pytest.mark.real
def test_no_privileged_pods_on_a_real_server(tmp_path: Path) -> None:
    """The same on a real server."""
    refusing = {"allow-privileged": "false", "disable-admission-plugins": "ServiceAccount"}
    with started(lambda: ControlPlane(tmp_path, api_server_flags=refusing)) as running:
        _refuses_privileged(connect(kubeconfig=running.kubeconfig()).transport.send)
