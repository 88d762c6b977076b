"""Five hundred objects: progress is told, a stop falls between two, the rest is done later."""

import copy
from pathlib import Path

import pytest

from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.entry import State
from k8sharden.changes.plan import Plan
from k8sharden.cluster.api import Api
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.model import kinds
from k8sharden.places.cluster import ClusterPlace
from k8sharden.session import Session
from tests.changes.faults.killed import Killed, Witness, undo_all
from tests.changes.faults.plans import objects

MANY = 500
HALF = 200
NAMES = [f"web-{number}" for number in range(MANY)]


@pytest.fixture
def cluster() -> Witness:
    """A cluster with as many Deployments that lack a seccomp profile."""
    namespace, one, *_ = objects("shop")
    made = []
    for name in NAMES:
        made.append(copy.deepcopy(one))
        made[-1]["metadata"]["name"] = name
    # A witness that looks at one object only: to look at all after each write would take minutes.
    return Witness(
        MemoryCluster([namespace, *made]).transport(), [kinds.DEPLOYMENTS.ref("shop", NAMES[0])]
    )


def started(cluster: Witness, state: Path) -> tuple[Session, Plan]:
    """Start the program, and plan what is left to do."""
    session = Session(ClusterPlace(Api(cluster), "test"), state)
    scan = session.scan()
    told: list[int] = []
    plan = session.plan(
        scan,
        [finding for finding in scan.findings if finding.check == "rt-seccomp"],
        lambda done, _total: told.append(done),
    )
    assert told == list(range(len(plan.changes)))
    return session, plan


def test_stopped_and_gone_on_with(cluster: Witness, tmp_path: Path) -> None:
    """Each outcome is told as it is reached; a second apply does the rest, and no more."""
    session, plan = started(cluster, tmp_path)
    assert len(plan.changes) == MANY
    tried: list[int] = []
    session.review(plan, tried.append)
    assert tried == list(range(MANY))
    told: list[Outcome] = []
    outcomes = session.apply(plan, plan.digest, told.append, lambda: len(told) >= HALF)
    assert list(outcomes) == told
    assert [outcome.result for outcome in told] == (
        [Result.VERIFIED] * HALF + [Result.SKIPPED] * (MANY - HALF)
    )
    assert told[-1].detail == "Stopped on request before this change."
    assert len(cluster.accepted) == HALF
    session.close()

    session, rest = started(cluster, tmp_path)
    assert len(rest.changes) == MANY - HALF
    assert {outcome.result for outcome in session.apply(rest, rest.digest)} == {Result.VERIFIED}
    assert set(cluster.times.values()) == {1}
    assert len(cluster.times) == MANY
    session.close()

    session, nothing = started(cluster, tmp_path)
    assert not nothing.changes
    undo = undo_all(session)
    assert {outcome.result for outcome in session.apply(undo, undo.digest)} == {Result.UNDONE}
    assert set(cluster.times.values()) == {2}
    assert cluster.look() == cluster.states[0]
    session.close()


def test_killed_and_gone_on_with(cluster: Witness, tmp_path: Path) -> None:
    """After a kill half-way nothing is done twice: recover, and do what is left."""
    session, plan = started(cluster, tmp_path)

    def told(_outcome: Outcome) -> None:
        if len(cluster.accepted) == HALF:
            raise Killed

    with pytest.raises(Killed):
        session.apply(plan, plan.digest, told)
    session.close()
    session, rest = started(cluster, tmp_path)
    assert session.history.interrupted(session.place.source()) == ()
    assert {entry.state for entry in session.history.entries()} == {State.VERIFIED}
    assert len(rest.changes) == MANY - HALF
    session.apply(rest, rest.digest)
    assert set(cluster.times.values()) == {1}
    assert len(cluster.times) == MANY
    session.close()
