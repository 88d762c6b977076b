"""Changes that a real cluster would punish fail here as well, and can be taken back."""

import pytest

from k8sharden.cluster.observe import observer
from k8sharden.model import kinds
from k8sharden.model.ref import Ref
from tests.cluster.simulation.company import ACCOUNTS, THUMBNAILS, Company, condition

CONTEXT = "/spec/template/spec/containers/0/securityContext"


@pytest.fixture
def broken(company: Company) -> Company:
    """Return the company after the tempting fix: a root filesystem that is read-only."""
    company.harden(THUMBNAILS, "readOnlyRootFilesystem", value=True)
    company.clock.wait(45)
    return company


def test_a_program_that_cannot_write_keeps_falling(broken: Company) -> None:
    """The new pod says why it ends, and waits longer from start to start."""
    (new,) = [pod for pod in broken.pods("shop", "thumbnails") if not _ready(pod)]
    (status,) = new["status"]["containerStatuses"]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    said = status["lastState"]["terminated"]
    assert said["exitCode"] == 1
    assert "Read-only file system: /app/cache/" in said["message"]
    assert status["restartCount"] == 2
    broken.clock.wait(3600)
    (new,) = [pod for pod in broken.pods("shop", "thumbnails") if not _ready(pod)]
    assert new["status"]["containerStatuses"][0]["restartCount"] == 16


def test_the_old_pods_stay_up_meanwhile(broken: Company) -> None:
    """Nobody loses a picture: a rolling update waits for pods that never become ready."""
    assert broken.ready("shop", "thumbnails") == 2
    status = broken.get(kinds.DEPLOYMENTS, "shop", "thumbnails")["status"]
    assert status["availableReplicas"] == 2
    assert condition({"status": status}, "Available")["status"] == "True"


def test_the_deployment_reports_that_it_does_not_get_on(broken: Company) -> None:
    """Once its deadline passed, the rollout counts as failed."""
    before = broken.get(kinds.DEPLOYMENTS, "shop", "thumbnails")
    assert condition(before, "Progressing")["reason"] == "ReplicaSetUpdated"
    broken.clock.wait(60)
    late = condition(broken.get(kinds.DEPLOYMENTS, "shop", "thumbnails"), "Progressing")
    assert (late["status"], late["reason"]) == ("False", "ProgressDeadlineExceeded")


def test_taking_it_back_makes_it_whole(broken: Company) -> None:
    """The old ReplicaSet is chosen again, the broken pod goes, and nobody was without service."""
    broken.clock.wait(600)
    broken.patch(THUMBNAILS, {"op": "remove", "path": f"{CONTEXT}/readOnlyRootFilesystem"})
    assert min(broken.watch("shop", "thumbnails", 5)) == 2
    assert len(broken.pods("shop", "thumbnails")) == 2
    value = broken.get(kinds.DEPLOYMENTS, "shop", "thumbnails")
    assert condition(value, "Progressing")["reason"] == "NewReplicaSetAvailable"


def test_a_volume_where_it_writes_is_the_better_fix(broken: Company) -> None:
    """With an empty volume at the folder, the same setting works."""
    spec = "/spec/template/spec"
    broken.patch(
        THUMBNAILS,
        {"op": "add", "path": f"{spec}/volumes", "value": [{"name": "cache", "emptyDir": {}}]},
        {
            "op": "add",
            "path": f"{spec}/containers/0/volumeMounts",
            "value": [{"name": "cache", "mountPath": "/app/cache"}],
        },
    )
    broken.clock.wait(60)
    pods = broken.pods("shop", "thumbnails")
    assert [_ready(pod) for pod in pods] == [True, True]


def test_an_image_that_runs_as_root_is_not_started(company: Company) -> None:
    """`runAsNonRoot` without a user is refused by the kubelet, with its words."""
    company.patch(
        ACCOUNTS, {"op": "remove", "path": "/spec/template/spec/securityContext/runAsUser"}
    )
    company.clock.wait(30)
    (new,) = [pod for pod in company.pods("shop", "accounts") if not _ready(pod)]
    waiting = new["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] == "CreateContainerConfigError"
    assert "runAsNonRoot and image will run as root" in waiting["message"]
    assert company.ready("shop", "accounts") == 2


def test_a_namespace_that_enforces_refuses_new_pods(company: Company) -> None:
    """The Deployment is taken, its pods are not; without the label they come by themselves."""
    label = "/metadata/labels/pod-security.kubernetes.io~1enforce"
    space = kinds.NAMESPACES.ref("", "shop")
    company.patch(space, {"op": "add", "path": label, "value": "restricted"})
    company.patch(
        ACCOUNTS,
        {"op": "add", "path": "/spec/template/metadata/annotations", "value": {"restarted": "now"}},
    )
    company.clock.wait(30)
    assert company.ready("shop", "accounts") == 2
    failed = condition(company.get(kinds.DEPLOYMENTS, "shop", "accounts"), "ReplicaFailure")
    assert failed["reason"] == "FailedCreate"
    assert 'violates PodSecurity "restricted:latest"' in failed["message"]
    company.patch(space, {"op": "remove", "path": label})
    company.clock.wait(30)
    pods = company.pods("shop", "accounts")
    assert [pod["metadata"].get("annotations") for pod in pods] == [{"restarted": "now"}] * 2
    value = company.get(kinds.DEPLOYMENTS, "shop", "accounts")
    assert condition(value, "ReplicaFailure") == {}


@pytest.mark.parametrize(
    ("ref", "begin"),
    [
        (
            kinds.STATEFUL_SETS.ref("payments", "ledger"),
            'create Pod ledger-0 in StatefulSet ledger failed error: pods "ledger-0" is forbidden:',
        ),
        (
            kinds.DAEMON_SETS.ref("monitoring", "node-exporter"),
            'Error creating: pods "node-exporter-',
        ),
    ],
    ids=["StatefulSet", "DaemonSet"],
)
def test_events_tell_of_pods_that_sets_could_not_make(
    company: Company, ref: Ref, begin: str
) -> None:
    """Unlike a Deployment these say it in an event only: one for each version, for an hour."""
    label = "/metadata/labels/pod-security.kubernetes.io~1enforce"
    space = kinds.NAMESPACES.ref("", ref.namespace)
    company.patch(space, {"op": "add", "path": label, "value": "restricted"})
    assert observer(company.api)(ref).refusals == ()
    marks = "/spec/template/metadata/annotations"
    for number in range(2):
        again = {"op": "add", "path": marks, "value": {"restarted": str(number)}}
        company.patch(ref, again)
        company.clock.wait(60)
        told = [message for _, message in observer(company.api)(ref).refusals]
        assert len(told) == number + 1
        assert all(message.startswith(begin) for message in told)
        assert all('violates PodSecurity "restricted:latest"' in message for message in told)
    names = {name for name, _ in observer(company.api)(ref).refusals}
    company.restart()
    assert {name for name, _ in observer(company.api)(ref).refusals} == names
    company.patch(space, {"op": "remove", "path": label})
    company.clock.wait(3_700)
    assert observer(company.api)(ref).refusals == ()


def test_a_broken_rollout_is_still_broken_after_a_restart(broken: Company) -> None:
    """What was left broken is found broken, a year later too, and at once."""
    broken.clock.wait(365 * 86_400)
    broken.restart()
    assert broken.ready("shop", "thumbnails") == 2
    value = broken.get(kinds.DEPLOYMENTS, "shop", "thumbnails")
    assert condition(value, "Progressing")["reason"] == "ProgressDeadlineExceeded"


def test_a_pod_that_no_node_takes_waits(company: Company) -> None:
    """A pod for a node that does not exist stays pending, and says so."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "lost", "namespace": "shop", "labels": {"app": "lost"}},
        "spec": {
            "nodeSelector": {"kubernetes.io/arch": "riscv64"},
            "containers": [{"name": "lost", "image": "registry.kestrel.example/shop/web:1.8"}],
        },
    }
    company.api.create(manifest, kinds.PODS.ref("shop", "lost"))
    company.clock.wait(60)
    (pod,) = company.pods("shop", "lost")
    assert pod["status"]["phase"] == "Pending"
    assert condition(pod, "PodScheduled")["reason"] == "Unschedulable"


def _ready(pod: dict[str, dict[str, str]]) -> bool:
    return condition(pod, "Ready").get("status") == "True"
