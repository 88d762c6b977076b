"""Somebody else writes meanwhile: between review and apply, and between apply and undo."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sharden.changes.apply import Result
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.plan import Plan
from k8sharden.cluster.connect import connect
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Create, Delete, Patch, Risk, SetField, Write
from k8sharden.model.kinds import type_of
from k8sharden.model.ref import Ref
from tests.changes.faults.killed import Life, undo_all
from tests.changes.faults.plans import objects, ref_of, role
from tests.contract.clusters import Cluster, Object, unique
from tests.servers.control_plane import ControlPlane

SAME, OTHER, GONE, ANEW = "same field", "another field", "deleted", "deleted and made anew"
KINDS = {"patch": ChangeKind.PATCH, "create": ChangeKind.CREATE, "delete": ChangeKind.DELETE}


@pytest.fixture
def memory() -> Cluster:
    """A cluster in memory."""
    return Cluster(MemoryCluster().transport, is_real=False)


@pytest.fixture
def real(control_plane_with_garbage_collector: ControlPlane) -> Cluster:
    """A real one, which lets go of what is deleted."""
    config = control_plane_with_garbage_collector.kubeconfig()
    return Cluster(lambda _user: connect(kubeconfig=config).transport, is_real=True)


class Stage:
    """A namespace with objects, one write that is planned for it, and somebody else."""

    def __init__(self, cluster: Cluster, kind: str, state: Path) -> None:
        self.cluster = cluster
        namespace = unique("meanwhile")
        for each in objects(namespace):
            cluster.api().create(each, ref_of(each))
        deployments = kinds.DEPLOYMENTS.ref(namespace, "web")
        roles = kinds.ROLES.ref(namespace, "new" if kind == "create" else "old")
        writes: dict[str, Write] = {
            "patch": Patch(deployments, (SetField(("spec", "replicas"), 3),)),
            "create": Create(roles, role(roles)),
            "delete": Delete(roles),
        }
        self.write = writes[kind]
        self.ref: Ref = self.write.ref
        self.life = Life(cluster.transport("admin"), state)
        self.change = Change(KINDS[kind], f"the {kind}", Risk.SAFE, (self.write,))

    @property
    def path(self) -> str:
        """The path of the object."""
        return type_of(self.ref).path(self.ref.namespace, self.ref.name)

    def look(self) -> Object | None:
        """Return the object as a person would write it; None where there is none."""
        answer = self.cluster.get(self.path)
        return None if answer.status == 404 else essential(answer.expect(200))

    def plan(self) -> Plan:
        """Plan the write, as at review."""
        return self.life.plan_of((self.change,))

    def meddle(self, how: str, **fields: Any) -> Object | None:
        """Do something to the object, as another program would; return what is there then."""
        if how in (GONE, ANEW):
            found = self.cluster.get(self.path).expect(200)
            self.cluster.delete(self.path).expect(200)
        if how == ANEW:
            self.make(essential(found) | fields)
        elif how != GONE:
            self.cluster.merge(self.path, _changes(self.ref, how), fieldManager="other").expect(200)
        return self.look()

    def make(self, manifest: Object) -> Object | None:
        """Make the object, as another program would."""
        collection = type_of(self.ref).path(self.ref.namespace)
        self.cluster.post(collection, manifest, fieldManager="other").expect(201)
        return self.look()


def _changes(ref: Ref, how: str) -> Object:
    if how == OTHER:
        return {"metadata": {"labels": {"example.com/other": "theirs"}}}
    if ref.kind == "Deployment":
        return {"spec": {"replicas": 5}}
    return {"rules": [{"apiGroups": [""], "resources": ["services"], "verbs": ["get"]}]}


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.real)])
def either(request: pytest.FixtureRequest) -> Cluster:
    """One cluster, then the other."""
    found: Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def stage(either: Cluster, kind: str, tmp_path: Path) -> Iterator[Stage]:
    """A namespace for one kind of write."""
    made = Stage(either, kind, tmp_path / "state")
    yield made
    made.life.close()


REFUSED = "the object changed since it was reviewed. Nothing was written; scan and review again."
MISSING = "is gone. Scan again."


@pytest.mark.parametrize(
    ("kind", "how", "words"),
    [
        ("patch", SAME, REFUSED),
        ("patch", OTHER, ""),
        ("patch", GONE, MISSING),
        ("patch", ANEW, ""),
        ("delete", SAME, REFUSED),
        ("delete", OTHER, REFUSED),
        ("delete", GONE, MISSING),
        ("delete", ANEW, ""),
    ],
)
def test_between_review_and_apply(stage: Stage, how: str, words: str) -> None:
    """What was approved happens, or nothing; theirs stays, and the journal has no entry for it."""
    plan = stage.plan()
    theirs = stage.meddle(how)
    (outcome,) = stage.life.apply(plan, plan.digest)
    if not words:
        assert outcome.result is Result.VERIFIED, outcome.detail
        assert stage.life.do(undo_all(stage.life)) == [Result.UNDONE]
    else:
        assert outcome.result is Result.FAILED
        assert words in outcome.detail
        assert not stage.life.history.entries()
    assert stage.look() == theirs


def test_made_anew_with_another_value(either: Cluster, tmp_path: Path) -> None:
    """An object of the same name whose field reads differently is not what was approved."""
    stage = Stage(either, "patch", tmp_path)
    plan = stage.plan()
    found = stage.look()
    assert found
    theirs = stage.meddle(ANEW, spec=found["spec"] | {"replicas": 5})
    (outcome,) = stage.life.apply(plan, plan.digest)
    assert (outcome.result, REFUSED in outcome.detail) == (Result.FAILED, True)
    assert stage.look() == theirs
    stage.life.close()


@pytest.mark.parametrize("kind", ["create"])
def test_a_name_that_is_taken_meanwhile(stage: Stage) -> None:
    """Somebody makes an object of the name between review and apply: theirs stays."""
    plan = stage.plan()
    theirs = stage.make(role(stage.ref))
    (outcome,) = stage.life.apply(plan, plan.digest)
    assert outcome.result is Result.FAILED
    assert "exists already; somebody else made it. Scan again." in outcome.detail
    assert stage.look() == theirs


LEFT = "was changed since we made it. It is left alone."
AGAIN = "was deleted and made anew since. It is left alone."


@pytest.mark.parametrize(
    ("kind", "how", "words"),
    [
        ("patch", SAME, "was changed since: spec.replicas is no longer as we left it."),
        ("patch", OTHER, ""),
        ("patch", GONE, "is gone: there is nothing to take back."),
        ("patch", ANEW, AGAIN),
        ("create", SAME, LEFT),
        ("create", OTHER, LEFT),
        ("create", GONE, "is gone already: there is nothing to take back."),
        ("create", ANEW, AGAIN),
    ],
)
def test_between_apply_and_undo(stage: Stage, how: str, words: str) -> None:
    """What is still ours is taken back; where it is not, nothing is, and it says why."""
    before = stage.look()
    assert stage.life.do(stage.plan()) == [Result.VERIFIED]
    theirs = stage.meddle(how)
    undo = undo_all(stage.life)
    if words:
        (unfixed,) = undo.unfixed
        assert words in unfixed.reason
        assert stage.look() == theirs
        return
    assert stage.life.do(undo) == [Result.UNDONE]
    expected = essential(before or {})
    expected["metadata"]["labels"] = {"example.com/other": "theirs"}
    assert stage.look() == expected


@pytest.mark.parametrize("kind", ["delete"])
def test_what_we_deleted_is_made_by_somebody_else(stage: Stage) -> None:
    """A namesake that somebody made since the delete is left alone."""
    assert stage.life.do(stage.plan()) == [Result.VERIFIED]
    theirs = stage.make(role(stage.ref))
    (unfixed,) = undo_all(stage.life).unfixed
    assert "exists again; somebody else made it. It is left alone." in unfixed.reason
    assert stage.look() == theirs


@pytest.mark.parametrize(
    ("kind", "how", "words"),
    [
        ("patch", SAME, REFUSED),
        ("patch", GONE, MISSING),
        ("patch", ANEW, REFUSED),
        ("create", SAME, REFUSED),
        ("create", GONE, MISSING),
        ("create", ANEW, REFUSED),
    ],
)
def test_between_the_review_of_an_undo_and_the_undo(stage: Stage, how: str, words: str) -> None:
    """An undo is a plan like any other: what was approved happens, or nothing."""
    assert stage.life.do(stage.plan()) == [Result.VERIFIED]
    undo = undo_all(stage.life)
    theirs = stage.meddle(how)
    (outcome,) = stage.life.apply(undo, undo.digest)
    assert outcome.result is Result.FAILED
    assert words in outcome.detail
    assert stage.look() == theirs
