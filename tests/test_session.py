"""The guards of the session, which hold whoever calls it: the app, a command, or a script."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click
import msgspec
import pytest

import remediations
from k8sharden.changes.journal import Journal
from k8sharden.changes.plan import Plan
from k8sharden.cli import cli
from k8sharden.errors import Refused
from k8sharden.evidence.files import named
from k8sharden.evidence.given import Evidence
from k8sharden.model.finding import Status
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on the training cluster."""
    opened = Session(TrainingPlace(tmp_path), tmp_path)
    yield opened
    opened.close()


def plan_of(session: Session) -> Plan:
    """Plan one field of one workload."""
    scan = session.scan()
    found = [f for f in scan.findings if f.check == "rt-seccomp" and f.resource.name == "web"]
    return session.plan(scan, found)


def test_a_check_that_fails_is_unknown_and_stops_no_other(tmp_path: Path) -> None:
    """A defect of one item, as a foreign one may have, leaves the verdicts of all others."""

    def fail(*_words: object) -> NoReturn:
        raise KeyError("hunter2")

    items = [
        msgspec.structs.replace(item, evaluate=fail)
        if item.id == "rt-rofs"
        else msgspec.structs.replace(item, remediate=fail)
        for item in remediations.catalogue()
    ]
    session = Session(TrainingPlace(tmp_path), tmp_path, items=items)
    scan = session.scan()
    (failed,) = [finding for finding in scan.findings if finding.check == "rt-rofs"]
    assert failed.status is Status.UNKNOWN
    assert failed.message == "Cannot tell: the check itself failed (KeyError). Report it."
    found = [finding for finding in scan.findings if finding.check == "rt-seccomp"]
    assert found[0].status is Status.FAIL
    assert "The fix itself failed" in session.plan(scan, found).unfixed[0].reason


def test_only_the_approved_digest_is_applied(session: Session) -> None:
    """Another plan than the one that was approved is refused, and nothing is journalled."""
    plan = plan_of(session)
    with pytest.raises(Refused, match="no longer the one that was approved"):
        session.apply(plan, plan.without(plan.changes[0]).digest)
    assert not session.history.entries()


def test_what_the_server_would_refuse_is_not_tried(session: Session) -> None:
    """One refusal at the dry run stops the plan until that change is dropped."""
    plan = plan_of(session)
    bad = msgspec.structs.replace(plan.changes[0], rejected="admission says no")
    blocked = msgspec.structs.replace(plan, changes=(bad,))
    with pytest.raises(Refused, match="admission says no"):
        session.apply(blocked, blocked.digest)
    assert not session.history.entries()


def test_read_only_is_refused_before_anything_else(tmp_path: Path) -> None:
    """A read-only session plans, and neither dry-runs nor applies."""
    session = Session(TrainingPlace(tmp_path, read_only=True), tmp_path)
    plan = plan_of(session)
    assert session.review(plan) == plan
    with pytest.raises(Refused, match="Read-only"):
        session.apply(plan, plan.digest)
    assert not list(tmp_path.iterdir())


def test_another_clusters_entry_is_not_undone_here(session: Session) -> None:
    """An entry belongs to the cluster that it was made on, whatever the context is called."""
    plan = plan_of(session)
    (outcome,) = session.apply(plan, plan.digest)
    here = session.place.source()
    elsewhere = msgspec.structs.replace(here, cluster_uid="another")
    with pytest.raises(Refused, match="another cluster"):
        session.history.undo([outcome.entry], elsewhere)
    assert session.history.undo([outcome.entry], here).changes


def test_threads_share_the_journal(session: Session) -> None:
    """A screen and an apply that need it first at the same time do not lock each other out."""
    together = threading.Barrier(8)
    opened: list[Journal] = []

    def need() -> None:
        together.wait()
        opened.append(session.history.journal)

    threads = [threading.Thread(target=need) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in opened}) == 1


@pytest.mark.parametrize(
    ("command", "repeated"),
    [
        ("plan", "--registries --audit-log a.log --flows b.json --widen names"),
        ("rights", "--audit-log a.log --widen names"),
        ("paths", "--audit-log a.log"),
        ("images", "--registries"),
        ("who-can", ""),
        ("journal", ""),
    ],
)
def test_a_command_repeats_the_options_that_it_takes(
    tmp_path: Path, command: str, repeated: str
) -> None:
    """What was given for a reading is given again, and never to a command that refuses it."""
    evidence = Evidence(named(("a.log",), ("b.json",)))
    place = TrainingPlace(tmp_path)
    session = Session(place, tmp_path, asks=True, evidence=evidence, widen=("names", "names"))
    assert session.command(command) == " ".join(f"k8sharden {command} {repeated} --demo".split())
    main = click.Context(cli)
    found = cli.get_command(main, command)
    assert found is not None
    taken = {name for option in found.params for name in option.opts}
    assert {word for word in repeated.split() if word.startswith("--")} <= taken
    session.close()
