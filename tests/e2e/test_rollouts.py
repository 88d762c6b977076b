"""Rollouts that fail on a real control plane: seen, explained in words, and taken back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.run import Person, Ran
from tests.servers.control_plane import ControlPlane
from tests.servers.kubelet import CONFIG_ERROR, CRASH_LOOP, Failing, Kubelet, Object, running

pytestmark = pytest.mark.real

QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "pods"}}
TAINT = "maintenance=now:NoSchedule"
ENFORCE = {"pod-security.kubernetes.io/enforce": "restricted"}


def workload(kind: str, namespace: str) -> Object:
    """Return a workload of two pods, or of one on each node."""
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "registry.test/web:1"}]},
    }
    spec: Object = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    if kind != "DaemonSet":
        spec["replicas"] = 2
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


def changed(template: Object) -> bool:
    """Whether a pod or its template carries our change."""
    return "seccompProfile" in json.dumps(template["spec"])


class Rolled:
    """A namespace with one workload that is rolled out, and somebody who hardens it."""

    def __init__(self, server: ControlPlane, kubelet: Kubelet, kind: str, home: Path) -> None:
        self.server, self.kubelet, self.kind = server, kubelet, kind
        self.namespace = server.create_namespace()
        server.kubectl("apply", "-f", "-", input=json.dumps(workload(kind, self.namespace)))
        with kubelet.at_work(self.namespace):
            server.wait_until(self.is_rolled_out, f"the {kind} is rolled out", 60)
        self.before = self.template()
        self.person = Person(home, KUBECONFIG=str(server.kubeconfig()))

    def get(self) -> Object:
        """Return the workload."""
        words = (self.kind.lower(), "web", "-n", self.namespace, "-o", "json")
        found: Object = json.loads(self.server.kubectl("get", *words).stdout)
        return found

    def template(self) -> Object:
        """Return its pod template."""
        found: Object = self.get()["spec"]["template"]
        return found

    def is_rolled_out(self) -> bool:
        """Whether every pod that is wanted runs, by the newest template."""
        found = self.get()
        status: dict[str, Any] = found["status"]
        if status.get("observedGeneration") != found["metadata"]["generation"]:
            return False
        if self.kind == "DaemonSet":
            wanted = status["desiredNumberScheduled"]
            fresh = status.get("updatedNumberScheduled"), status.get("numberAvailable")
            return wanted > 0 and fresh == (wanted, wanted)
        return (status.get("updatedReplicas"), status.get("availableReplicas")) == (2, 2)

    def apply(self, *words: str, seconds: int = 60) -> Ran:
        """Give the workload a seccomp profile, and watch it roll for so long."""
        chosen = ("--check", "rt-seccomp", "--namespace", self.namespace)
        more = ("--timeout", str(seconds), "-o", "json", *words)
        return self.person.approve("apply", *chosen, *more)

    def states(self) -> list[str]:
        """Return the states of the journal's entries, newest first."""
        return [entry["state"] for entry in self.person("journal", "list", "-o", "json").json()]


@pytest.fixture
def node(control_plane_with_controllers: ControlPlane) -> Iterator[None]:
    """A node, for what runs on each of them."""
    body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}
    control_plane_with_controllers.request("POST", "/api/v1/nodes", body).expect(201)
    yield
    control_plane_with_controllers.request("DELETE", "/api/v1/nodes/node-1").expect(200)


@contextmanager
def failing(rolled: Rolled, failure: Failing) -> Iterator[None]:
    """Let the pods that carry our change fail, and all others run."""
    with rolled.kubelet.at_work(
        rolled.namespace, lambda pod: failure(pod) if changed(pod) else running(pod)
    ):
        yield


@pytest.mark.parametrize("failure", [CRASH_LOOP, CONFIG_ERROR], ids=lambda each: each.reason)
def test_pods_that_do_not_come_up(
    control_plane_with_controllers: ControlPlane,
    kubelet: Kubelet,
    tmp_path: Path,
    failure: Failing,
) -> None:
    """The container and its reason are told; the change is taken back, and the old pods run on."""
    rolled = Rolled(control_plane_with_controllers, kubelet, "Deployment", tmp_path)
    with failing(rolled, failure):
        done = rolled.apply("--auto-undo")
        control_plane_with_controllers.wait_until(rolled.is_rolled_out, "the old pods run on", 60)
    assert done.code == 5, done
    assert f"Deployment {rolled.namespace}/web did not roll out" in done.err
    assert f"container web is in {failure.reason}" in done.err
    assert "It was taken back." in done.err
    (change,) = done.json()["changes"]
    assert change["result"] == "undone"
    assert rolled.template() == rolled.before
    assert rolled.states() == ["verified", "undone"]


def test_without_auto_undo_it_stands_and_the_undo_is_offered(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet, tmp_path: Path
) -> None:
    """The command that takes it back is printed, and works."""
    rolled = Rolled(control_plane_with_controllers, kubelet, "Deployment", tmp_path)
    with failing(rolled, CRASH_LOOP):
        done = rolled.apply()
        assert done.code == 5, done
        assert changed(rolled.template())
        assert rolled.states() == ["failed"]
        (entry,) = (change["journal"] for change in done.json()["changes"])
        assert f"k8sharden journal undo {entry}" in done.err
        undone = rolled.person.approve("journal", "undo", entry, "--timeout", "60")
    assert undone.code == 0, undone
    assert rolled.template() == rolled.before
    assert rolled.states() == ["verified", "undone"]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
@pytest.mark.usefixtures("node")
def test_pods_that_admission_refuses(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet, tmp_path: Path, kind: str
) -> None:
    """A level that refuses the new pods is named in the controller's own words."""
    rolled = Rolled(control_plane_with_controllers, kubelet, kind, tmp_path)
    label = [f"{key}={value}" for key, value in ENFORCE.items()]
    control_plane_with_controllers.kubectl("label", "namespace", rolled.namespace, *label)
    with kubelet.at_work(rolled.namespace):
        done = rolled.apply("--auto-undo")
    assert done.code == 5, done
    assert f"{kind} {rolled.namespace}/web did not roll out: no new pod can be made" in done.err
    assert 'violates PodSecurity "restricted:latest"' in done.err
    assert "It was taken back." in done.err
    assert rolled.template() == rolled.before


@pytest.mark.usefixtures("node")
def test_a_node_that_takes_no_new_pods(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet, tmp_path: Path
) -> None:
    """The old pod goes and no new one comes: that is not called rolled out, nor verified."""
    rolled = Rolled(control_plane_with_controllers, kubelet, "DaemonSet", tmp_path)
    control_plane_with_controllers.kubectl("taint", "node", "node-1", TAINT)
    with kubelet.at_work(rolled.namespace):
        done = rolled.apply(seconds=3)
    assert done.code == 5, done
    assert "rolled out" not in done.err
    assert "was still rolling out when the watch ended: no node takes its pods now" in done.err
    assert rolled.states() == ["applied"]


def test_pods_that_a_quota_refuses(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet, tmp_path: Path
) -> None:
    """Where no room is for one pod more, the quota is named."""
    rolled = Rolled(control_plane_with_controllers, kubelet, "Deployment", tmp_path)
    quota = QUOTA | {"spec": {"hard": {"pods": "2"}}}
    server = control_plane_with_controllers
    server.kubectl("apply", "-n", rolled.namespace, "-f", "-", input=json.dumps(quota))
    used = ("get", "quota", "pods", "-n", rolled.namespace, "-o", "jsonpath={.status.used.pods}")
    server.wait_until(lambda: server.kubectl(*used).stdout == "2", "the quota counts", 60)
    with kubelet.at_work(rolled.namespace):
        done = rolled.apply("--auto-undo")
        server.wait_until(rolled.is_rolled_out, "the old pods run on", 60)
    assert done.code == 5, done
    assert "exceeded quota: pods" in done.err
    assert "It was taken back." in done.err
    assert rolled.template() == rolled.before
