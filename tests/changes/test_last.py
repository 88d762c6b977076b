"""Workloads first, labels last: a level that counts on rollouts is enforced once these are done."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.landing import Watch
from k8sharden.changes.plan import Plan, Planned
from k8sharden.cluster.api import Api
from k8sharden.cluster.training import training_cluster
from k8sharden.model import kinds
from k8sharden.places.files import open_files
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Scan, Session
from tests.cluster.simulation.company import Clock

STUDIO = kinds.NAMESPACES.ref("", "studio")
EDITOR = kinds.DEPLOYMENTS.ref("studio", "editor")
PROOFS = kinds.DEPLOYMENTS.ref("studio", "proofs")
PREFIX = "pod-security.kubernetes.io/"


def workload(name: str) -> dict[str, Any]:
    """Return a Deployment that lacks only a seccomp profile for restricted."""
    container = {
        "name": name,
        "image": "registry.kestrel.example/shop/web:1.8",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "studio"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that goes on when a watch waits."""
    made = Clock()
    waits = SimpleNamespace(monotonic=made, sleep=made.wait)
    monkeypatch.setattr("k8sharden.changes.landing.time", waits)
    monkeypatch.setattr(
        "k8sharden.places.training.training_cluster", lambda **_: training_cluster(clock=made)
    )
    return made


@pytest.fixture
def session(tmp_path: Path, clock: Clock) -> Iterator[Session]:
    """A session on the training cluster, with one more namespace."""
    opened = Session(TrainingPlace(tmp_path), tmp_path)
    somebody = api(opened)
    named = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "studio"}}
    somebody.create(named, STUDIO)
    for ref in (EDITOR, PROOFS):
        somebody.create(workload(ref.name), ref)
    clock.wait(60)
    yield opened
    opened.close()


def api(session: Session) -> Api:
    """Return somebody else's client of the same cluster."""
    assert isinstance(session.place, TrainingPlace)
    return Api(session.place.cluster.transport())


def planned(session: Session, *checks: str) -> tuple[Plan, Scan]:
    """Plan what these checks find in the namespace."""
    scan = session.scan()
    here = [f for f in scan.findings if "studio" in (f.resource.namespace, f.resource.name)]
    found = [finding for finding in here if finding.check in (checks or BOTH)]
    return session.plan(scan, found), scan


BOTH = ("rt-seccomp", "pss-no-enforce")


def label(plan: Plan) -> Planned:
    """Return the change of the namespace, which comes last."""
    assert plan.changes[-1].ref == STUDIO
    return plan.changes[-1]


def applied(session: Session, plan: Plan, *, waiting: bool = True) -> list[Outcome]:
    """Apply a plan as it was shown."""
    watch = Watch(session.place.observe) if waiting else None
    return list(session.apply(plan, plan.digest, watch=watch))


def enforced(session: Session) -> str:
    """Return the level that the namespace enforces."""
    labels = api(session).get(STUDIO)["metadata"]["labels"]
    return str(labels.get(f"{PREFIX}enforce", ""))


def test_the_level_is_that_after_the_rollouts_and_comes_last(session: Session) -> None:
    """Who marks all of a namespace gets its workloads first, then the level they make possible."""
    alone, _ = planned(session, "pss-no-enforce")
    assert label(alone).change.basis["level"] == "baseline"
    plan, _ = planned(session)
    assert [each.ref for each in plan.changes] == [EDITOR, PROOFS, STUDIO]
    assert label(plan).change.basis["level"] == "restricted"
    assert "counts on the changes before it" in label(plan).change.warnings[0]
    assert [each.result for each in applied(session, plan)] == [Result.VERIFIED] * 3
    assert enforced(session) == "restricted"
    assert [f for f in session.scan().findings if f.resource == STUDIO and "pss" in f.check] == []


def test_while_old_pods_run_the_level_waits(session: Session, clock: Clock) -> None:
    """Nobody waited for the rollouts: the label is left out with the reason, and fits later."""
    plan, _ = planned(session)
    *others, last = applied(session, plan, waiting=False)
    assert [each.result for each in others] == [Result.VERIFIED] * 2
    assert last.result is Result.SKIPPED
    assert "Pods from before the changes of this plan still run there" in last.detail
    assert enforced(session) == ""
    clock.wait(120)
    again, _ = planned(session, "pss-no-enforce")
    assert label(again).change.basis["level"] == "restricted"
    assert [each.result for each in applied(session, again)] == [Result.VERIFIED]


def test_what_came_meanwhile_stops_the_level(session: Session) -> None:
    """A pod that somebody made since review would be refused: the lower level is shown, with it."""
    plan, _ = planned(session)
    ref = kinds.PODS.ref("studio", "late")
    spec = {"containers": [{"name": "late", "image": "registry.kestrel.example/late:1"}]}
    value = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "late"}, "spec": spec}
    value["metadata"] = {"name": "late", "namespace": "studio"}
    api(session).create(value, ref)
    *others, last = applied(session, plan)
    assert [each.result for each in others] == [Result.VERIFIED] * 2
    assert last.result is Result.FAILED
    assert "would refuse pods of Pod studio/late" in last.detail
    assert last.now is not None
    assert last.now.change.basis["level"] == "baseline"
    assert enforced(session) == ""


def test_a_workload_that_is_left_out_takes_its_level_along(session: Session) -> None:
    """What is shown after a change was dropped is what would be applied then."""
    plan, scan = planned(session)
    reviewed = session.review(plan)
    shorter = session.judged(reviewed.without(reviewed.changes[0]), scan)
    assert label(shorter).change.basis["level"] == "baseline"
    assert "since the plan changed" in label(shorter).checked[0]
    assert shorter.digest != plan.digest
    assert [each.result for each in applied(session, shorter)] == [Result.VERIFIED] * 2
    assert enforced(session) == "baseline"


def test_what_does_not_count_on_a_change_stays_as_it_was_tried(session: Session) -> None:
    """Leaving something else out changes nothing of the label, what the server said included."""
    plan, scan = planned(session, *BOTH, "rt-limits")
    reviewed = session.review(plan)
    same = session.judged(reviewed, scan)
    assert label(same).checked == label(reviewed).checked


def test_in_files_the_label_goes_along_with_its_workloads(tmp_path: Path) -> None:
    """Nobody rolls files out but their owner, who is told the order."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "studio"}}
    file = tmp_path / "studio.json"
    file.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [space, workload("editor")]})
    )
    opened = Session(open_files([str(file)]), tmp_path)
    plan, _ = planned(opened)
    assert [each.ref for each in plan.changes] == [EDITOR, STUDIO]
    assert label(plan).change.basis["level"] == "restricted"
    assert "roll those out first" in label(plan).change.warnings[0]
