"""Workloads first, labels last, on a real control plane: the level follows its rollouts."""

import json
from pathlib import Path

import pytest

from tests.e2e.run import Person
from tests.servers.control_plane import ControlPlane
from tests.servers.kubelet import CRASH_LOOP, Kubelet, Object, running

pytestmark = pytest.mark.real

ENFORCE = "pod-security.kubernetes.io/enforce"
ALMOST: Object = {
    "name": "web",
    "image": "registry.test/web:1",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    },
}


class Studio:
    """A namespace whose two Deployments lack one thing for restricted, and who hardens it."""

    def __init__(self, server: ControlPlane, kubelet: Kubelet, home: Path) -> None:
        self.server, self.kubelet = server, kubelet
        self.namespace = server.create_namespace()
        for name in ("editor", "proofs"):
            server.kubectl("apply", "-f", "-", input=json.dumps(self._deployment(name)))
        with kubelet.at_work(self.namespace):
            server.wait_until(self._runs, "both run", 60)
        self.person = Person(home, KUBECONFIG=str(server.kubeconfig()))
        checks = ("--check", "rt-seccomp", "--check", "pss-no-enforce")
        self.words = ("--namespace", self.namespace, *checks)

    def _deployment(self, name: str) -> Object:
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [ALMOST], "terminationGracePeriodSeconds": 0},
                },
            },
        }

    def _runs(self) -> bool:
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments"
        items = self.server.request("GET", path).expect(200).json()["items"]
        return len(items) == 2 and all(
            each["status"].get("availableReplicas") == 2 for each in items
        )

    def label(self) -> str:
        """Return the level that the namespace enforces; empty for none."""
        path = f"/api/v1/namespaces/{self.namespace}"
        metadata = self.server.request("GET", path).expect(200).json()["metadata"]
        return str(metadata["labels"].get(ENFORCE, ""))


@pytest.fixture
def studio(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet, tmp_path: Path
) -> Studio:
    """A namespace that runs."""
    return Studio(control_plane_with_controllers, kubelet, tmp_path)


def test_the_level_follows_the_rollouts(studio: Studio) -> None:
    """One plan: both roll out, then restricted is enforced, and a pod that falls short refused."""
    with studio.kubelet.at_work(studio.namespace):
        done = studio.person.approve("apply", *studio.words, "--timeout", "60", "-o", "json")
    assert done.code == 0, done.err
    changes = done.json()["changes"]
    assert [each["resource"]["name"] for each in changes] == ["editor", "proofs", studio.namespace]
    assert {each["result"] for each in changes} == {"verified"}
    assert studio.label() == "restricted"
    pod = {"metadata": {"name": "short"}, "spec": {"containers": [ALMOST]}}
    path = f"/api/v1/namespaces/{studio.namespace}/pods?dryRun=All"
    answer = studio.server.request("POST", path, pod)
    assert (answer.status, "violates PodSecurity" in answer.text) == (403, True)


def test_a_level_is_not_enforced_over_pods_that_nobody_replaced(studio: Studio) -> None:
    """Nobody waits, and no kubelet brings new pods up: the label is left out, with the reason."""
    done = studio.person.approve("apply", *studio.words, "--no-wait", "-o", "json")
    assert done.code == 5, done.err
    *others, last = done.json()["changes"]
    assert {each["result"] for each in others} == {"verified"}
    assert last["result"] == "skipped"
    assert "still run there, and would not be admitted" in done.err
    assert studio.label() == ""


def test_a_rollout_that_fails_keeps_the_level_as_it_was(studio: Studio) -> None:
    """The label is not begun after a failure, and what failed can be taken back."""
    changed = "seccompProfile"
    with studio.kubelet.at_work(
        studio.namespace,
        lambda pod: CRASH_LOOP(pod) if changed in json.dumps(pod["spec"]) else running(pod),
    ):
        words = ("--timeout", "60", "--auto-undo", "-o", "json")
        done = studio.person.approve("apply", *studio.words, *words)
    assert done.code == 5, done.err
    assert done.json()["changes"][-1]["result"] == "skipped"
    assert studio.label() == ""
