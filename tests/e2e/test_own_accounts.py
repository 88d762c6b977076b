"""Accounts of their own for workloads of a real cluster: no pod is ever without its rights."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.run import Person
from tests.servers.control_plane import ControlPlane
from tests.servers.kubelet import CRASH_LOOP, Kubelet, Object, Play, running

pytestmark = pytest.mark.real

READER = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
DEFAULT = {"kind": "ServiceAccount", "name": "default"}


def objects(namespace: str) -> list[Object]:
    """Return a workload of two pods that runs as `default`, which may read the settings."""
    rbac = "rbac.authorization.k8s.io/v1"
    metadata = {"name": "reader", "namespace": namespace}
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    subjects = [DEFAULT | {"namespace": namespace}]
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "registry.test/web:1"}]},
    }
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return [
        {"apiVersion": rbac, "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": rbac,
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": READER,
            "subjects": subjects,
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": spec,
        },
    ]


class Reading:
    """A namespace whose pods read settings, and somebody who takes the right from `default`."""

    def __init__(self, server: ControlPlane, kubelet: Kubelet, home: Path) -> None:
        self.server, self.kubelet = server, kubelet
        self.namespace = server.create_namespace()
        listed = {"apiVersion": "v1", "kind": "List", "items": objects(self.namespace)}
        server.kubectl("apply", "-f", "-", input=json.dumps(listed))
        self.denied: list[str] = []
        self.moves = 0
        self.person = Person(home, KUBECONFIG=str(server.kubeconfig()))
        with kubelet.at_work(self.namespace):
            server.wait_until(lambda: self.ready("default") == 2, "two pods run", 60)

    def get(self, *words: str) -> Any:
        """Return what kubectl reads."""
        return json.loads(
            self.server.kubectl("get", *words, "-n", self.namespace, "-o", "json").stdout
        )

    def accounts(self) -> list[tuple[str, bool]]:
        """Return the accounts of the pods that nobody has told to end, and if each is ready."""
        return [
            (pod["spec"]["serviceAccountName"], "True" in _ready(pod))
            for pod in self.get("pods")["items"]
            if "deletionTimestamp" not in pod["metadata"]
        ]

    def ready(self, account: str) -> int:
        """Return how many pods of an account are ready."""
        return self.accounts().count((account, True))

    def allowed(self, account: str) -> bool:
        """Whether an account may read the settings."""
        user = f"--as=system:serviceaccount:{self.namespace}:{account}"
        words = ("auth", "can-i", "get", "configmaps", "-n", self.namespace, user)
        return self.server.kubectl(*words, check=False).stdout.strip() == "yes"

    def watching(self, play: Play) -> Play:
        """Look, whenever a pod comes up, whether each that runs has its right."""

        def played(pod: Object) -> Object:
            self.moves += 1
            for account in {account for account, _ in self.accounts()}:
                if not self.allowed(account):
                    self.denied.append(account)
            return play(pod)

        return played

    def apply(self) -> Any:
        """Answer the finding."""
        chosen = ("--check", "rbac-default-sa", "--namespace", self.namespace)
        return self.person.approve("apply", *chosen, "--timeout", "120", "-o", "json")


def _ready(pod: Object) -> list[str]:
    conditions = pod.get("status", {}).get("conditions", ())
    return [each["status"] for each in conditions if each["type"] == "Ready"]


@pytest.fixture
def reading(
    control_plane_with_controllers: ControlPlane, kubelet: Kubelet, tmp_path: Path
) -> Reading:
    """Return the namespace, with its two pods running."""
    return Reading(control_plane_with_controllers, kubelet, tmp_path)


def test_no_pod_is_without_its_right_there_and_back(reading: Reading) -> None:
    """The right leaves `default` when the new pods have taken over, and comes back before them."""
    with reading.kubelet.at_work(reading.namespace, reading.watching(running)):
        done = reading.apply()
        assert done.code == 0, done
        assert (reading.ready("web"), reading.ready("default")) == (2, 0)
        assert (reading.allowed("web"), reading.allowed("default")) == (True, False)
        (entry,) = (change["journal"] for change in done.json()["changes"])
        undone = reading.person.approve("journal", "undo", entry, "--timeout", "120")
        assert undone.code == 0, undone
    assert reading.moves >= 4
    assert reading.denied == []
    assert (reading.ready("web"), reading.ready("default")) == (0, 2)
    assert (reading.allowed("web"), reading.allowed("default")) == (False, True)
    assert {each["metadata"]["name"] for each in reading.get("rolebindings")["items"]} == {"reader"}


def test_pods_that_do_not_come_up_take_nothing_from_the_old_ones(reading: Reading) -> None:
    """The binding is not touched, and all that was made is taken back."""
    before = reading.get("rolebinding", "reader")

    def play(pod: Object) -> Object:
        return CRASH_LOOP(pod) if pod["spec"]["serviceAccountName"] == "web" else running(pod)

    with reading.kubelet.at_work(reading.namespace, reading.watching(play)):
        done = reading.apply()
        assert done.code == 4, done
        reading.server.wait_until(lambda: reading.ready("default") == 2, "old pods run on", 60)
    assert "is in CrashLoopBackOff" in done.err + done.out
    assert "What was written before was taken back." in done.err + done.out
    assert reading.denied == []
    assert reading.get("rolebinding", "reader") == before
    assert {each["metadata"]["name"] for each in reading.get("rolebindings")["items"]} == {"reader"}
    assert {account for account, _ in reading.accounts()} == {"default"}
