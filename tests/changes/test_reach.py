"""The levels of namespaces: enforced, possible today and after the fixes; what is in the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import remediations
from k8sharden.analysis.assess import assess
from k8sharden.analysis.pod_security import Level
from k8sharden.changes.reach import NamespaceReach, reaches
from k8sharden.model.inventory import Inventory
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from tests.remediations import harness
from tests.remediations.harness import Document

PLAIN = {"containers": [{"name": "web", "image": "web"}]}
ALMOST = {
    "securityContext": {"runAsNonRoot": True},
    "containers": [
        {
            "name": "web",
            "image": "web",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
LOGS = {**ALMOST, "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}]}


def namespace(name: str, enforce: str = "") -> Document:
    """Return a namespace, with an enforce label where one is given."""
    labels = {"pod-security.kubernetes.io/enforce": enforce} if enforce else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def workload(kind: str, name: str, spec: Document, **metadata: Any) -> Document:
    """Return a workload in namespace shop; for a Pod the spec is its own."""
    return {
        "apiVersion": "v1" if kind == "Pod" else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": spec if kind == "Pod" else {"template": {"spec": spec}},
    }


def of(inventory: Inventory) -> dict[str, NamespaceReach]:
    """Return the levels of an inventory's namespaces."""
    items = remediations.catalogue()
    found = assess(items, inventory).findings
    made = reaches(found, inventory, {item.id: item for item in items})
    return {each.name: each for each in made}


@pytest.mark.parametrize(
    ("docs", "levels"),
    [
        ([namespace("shop")], (None, Level.RESTRICTED, Level.RESTRICTED)),
        ([namespace("shop", "baseline")], (Level.BASELINE, Level.RESTRICTED, Level.RESTRICTED)),
        ([namespace("shop", "Baseline")], (Level.RESTRICTED, Level.RESTRICTED, Level.RESTRICTED)),
        (
            [namespace("shop"), workload("Deployment", "web", ALMOST)],
            (None, Level.BASELINE, Level.RESTRICTED),
        ),
        (
            [namespace("shop"), workload("Pod", "web", ALMOST)],
            (None, Level.BASELINE, Level.BASELINE),
        ),
    ],
)
def test_levels_now_today_and_after(
    docs: list[Document], levels: tuple[Level | None, Level, Level]
) -> None:
    """What is enforced by effect, what everything meets, and what it meets once it is mended."""
    found = of(harness.inventory(docs))["shop"]
    assert (found.enforced, found.today, found.after) == levels


def test_what_stands_in_the_way_is_said_of_each_workload() -> None:
    """A reason there is no fix for, in its own words; nothing where restricted is reached."""
    bare = workload("Pod", "probe", ALMOST)
    docs = [namespace("shop"), bare, workload("Deployment", "web", ALMOST)]
    found = {each.ref.name: each for each in of(harness.inventory(docs))["shop"].workloads}
    assert found["web"].reasons == ()
    (reason,) = found["probe"].reasons
    assert "A running Pod cannot be changed" in reason
    assert (found["probe"].today, found["probe"].after) == (Level.BASELINE, Level.BASELINE)


def test_a_reason_that_brings_another_along_is_told_once() -> None:
    """What keeps a container privileged also keeps its escalation: one sentence says both."""
    container = {
        "name": "web",
        "image": "web",
        "securityContext": {"privileged": True},
        "volumeMounts": [{"name": "logs", "mountPath": "/logs"}],
    }
    spec = {**LOGS, "containers": [container]}
    docs = [namespace("shop"), workload("Deployment", "web", spec)]
    (found,) = of(harness.inventory(docs))["shop"].workloads
    needing = [reason for reason in found.reasons if "needs the node" in reason]
    assert len(needing) == 1
    assert needing[0].startswith("Container web needs the node")


def test_a_pod_that_is_worse_than_its_template_holds_its_namespace_back() -> None:
    """What a webhook adds comes back with the next pod, whatever the template says."""
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    pod = workload("Pod", "web-1", {**ALMOST, "hostNetwork": True}, ownerReferences=[owner])
    docs = [namespace("shop"), workload("Deployment", "web", ALMOST), pod]
    found = of(harness.inventory(docs))["shop"]
    assert (found.today, found.after) == (Level.PRIVILEGED, Level.PRIVILEGED)
    assert "not as its template says" in found.workloads[0].reasons[0]


def test_what_was_not_read_is_unknown() -> None:
    """No level is guessed where workloads may be hidden."""
    hidden: Document = {
        "apiVersion": harness.OURS, "kind": "Evidence", "unread": {"deployments.apps": "forbidden"}
    }  # fmt: skip
    found = of(harness.inventory([namespace("shop"), hidden]))["shop"]
    assert (found.enforced, found.today, found.after) == (None, None, None)
    assert "deployments.apps could not be read" in found.unknown


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on the training cluster."""
    opened = Session(TrainingPlace(tmp_path), tmp_path)
    yield opened
    opened.close()


def test_every_workload_reaches_restricted_or_says_why_not(session: Session) -> None:
    """In the training cluster, too: there is a reason exactly where the level is missed."""
    found = session.reaches(session.scan())
    workloads = [each for namespace in found for each in namespace.workloads]
    assert len(workloads) > 40
    assert all(bool(each.reasons) == (each.after < Level.RESTRICTED) for each in workloads)
    assert all(each.after >= each.today for each in workloads)
    names = [each.name for each in found]
    assert names.index("shop") < names.index("kube-system")
    assert {each.name: each.after for each in found}["office"] is Level.RESTRICTED
