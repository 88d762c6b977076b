"""Interrupted changes: what became of them is read from the cluster, and only written down."""

from pathlib import Path
from typing import Any

import pytest

from k8sharden.changes.apply import Result
from k8sharden.changes.bind import as_edit, bind
from k8sharden.changes.entry import State
from k8sharden.changes.reverse import reverse
from k8sharden.changes.settle import LATE, arrived, may_arrive
from k8sharden.changes.write import write
from k8sharden.errors import Forbidden
from k8sharden.model.change import SetField
from k8sharden.model.edits import edited
from k8sharden.model.ref import Ref
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session


class Killed(BaseException):
    """The program was killed here."""


def interrupted(
    state: Path, monkeypatch: pytest.MonkeyPatch, check: str, *, after: int, named: str = ""
) -> Session:
    """Apply the fix of one finding, killed before the write of this number; return a fresh session.

    The cluster keeps what was written until then, as a real one does.
    """
    session = Session(TrainingPlace(state), state)
    scan = session.scan()
    finding = next(
        f for f in scan.findings if f.check == check and named in f.resource.label and f.counts
    )
    plan = session.plan(scan, [finding])
    assert plan.changes
    writes = iter(range(100))

    def killed(*arguments: Any, **options: Any) -> Any:
        if next(writes) == after:
            raise Killed
        return write(*arguments, **options)

    from k8sharden.changes import apply  # noqa: PLC0415 - the module whose name is replaced
    from k8sharden.changes import write as writing  # noqa: PLC0415 - the same

    write = writing.write
    monkeypatch.setattr(apply, "write", killed)
    with pytest.raises(Killed):
        session.apply(plan, plan.digest)
    monkeypatch.setattr(apply, "write", write)
    session.close()
    return Session(TrainingPlace(state), state)


def state_of(session: Session) -> State:
    """Return the state of the newest entry."""
    return session.history.entries()[0].state


def settled(session: Session) -> str:
    """Settle the one interrupted change; return the sentence."""
    ((_, said),) = session.history.recover(session.place.source())
    return said


@pytest.mark.parametrize(
    ("check", "named"),
    [("net-no-default-deny-ingress", "shop"), ("rt-rofs", "web"), ("rbac-cluster-admin", "ci-")],
)
def test_what_was_not_begun_is_found_unwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str, named: str
) -> None:
    """Killed before the first write: the cluster is as it was, and nothing is there to undo."""
    session = interrupted(tmp_path, monkeypatch, check, after=0, named=named)
    assert state_of(session) is State.INTENDED
    assert len(session.history.interrupted(session.place.source())) == 1
    assert "before anything of it was written" in settled(session)
    assert state_of(session) is State.FAILED
    assert not session.history.entries()[0].undoable
    assert not session.history.interrupted(session.place.source())


def test_a_write_that_arrives_after_the_look_is_found_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy held it: the entry that was found unwritten stands then, and can be taken back."""
    session = interrupted(tmp_path, monkeypatch, "rt-rofs", after=0, named="web")
    assert "before anything of it was written" in settled(session)
    assert session.history.recover(session.place.source()) == ()
    (entry,) = session.history.entries()
    (record,) = (record for _, record in entry.records)
    assert session.place.writer is not None
    live = session.place.fetch(record.ref)
    assert live is not None
    write(bind(record.write, live), session.place.writer)
    assert "all of it is on the cluster" in settled(session)
    assert state_of(session) is State.VERIFIED
    plan = session.history.undo([entry.id], session.place.source())
    (outcome,) = session.apply(plan, plan.digest)
    assert outcome.result is Result.UNDONE
    assert session.history.recover(session.place.source()) == ()


def test_what_may_not_be_read_again_keeps_nothing_else_from_being_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second look is an extra one: a 403 leaves the entry as it was found first."""
    session = interrupted(tmp_path, monkeypatch, "rt-rofs", after=0, named="web")
    settled(session)
    (entry,) = session.history.entries()

    def refuse(_ref: Ref) -> None:
        raise Forbidden("not for you", status=403)

    assert may_arrive(entry, entry.created + 1)
    assert not may_arrive(entry, entry.created + LATE)
    assert arrived(entry, session.history.journal, refuse) == ""
    assert state_of(session) is State.FAILED


def test_a_group_that_stopped_half_way_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the first of several writes: that one is found, and undo takes it back."""
    session = interrupted(tmp_path, monkeypatch, "rbac-cluster-admin", after=1, named="ci-")
    assert "half-way: 1 of" in settled(session)
    (entry,) = session.history.entries()
    assert len(entry.standing) == 1
    plan = session.history.undo([entry.id], session.place.source())
    session.apply(plan, plan.digest)
    assert session.place.fetch(entry.standing[0].ref) is None


@pytest.mark.parametrize(
    ("check", "state"),
    [
        ("net-no-default-deny-ingress", State.VERIFIED),
        ("rt-rofs", State.VERIFIED),
        ("rbac-cluster-admin", State.APPLIED),
    ],
)
def test_what_was_written_is_found_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str, state: State
) -> None:
    """Killed after the last write, before its verification: found, and undo works.

    It is verified where nobody has to be asked about rights.
    """
    from k8sharden.changes import apply  # noqa: PLC0415 - as above

    session = Session(TrainingPlace(tmp_path), tmp_path)
    scan = session.scan()
    before = len(scan.findings)
    plan = session.plan(scan, [next(f for f in scan.findings if f.check == check and f.counts)])

    def killed(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(apply, "verify", killed)
    with pytest.raises(Killed):
        session.apply(plan, plan.digest)
    monkeypatch.undo()
    session = Session(TrainingPlace(tmp_path), tmp_path)
    assert "all of it is on the cluster" in settled(session)
    (entry,) = session.history.entries()
    assert entry.state is state
    undo = session.history.undo([entry.id], session.place.source())
    assert not undo.unfixed
    session.apply(undo, undo.digest)
    assert len(session.scan().findings) == before


def test_what_somebody_changed_since_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object that is neither as before nor as meant is named; its entry stays until told off."""
    session = interrupted(tmp_path, monkeypatch, "rt-rofs", after=0, named="web")
    (entry,) = session.history.entries()
    record = entry.records[0][1]
    live = session.place.fetch(record.ref)
    after = edited(live or {}, [as_edit(field) for field in record.fields])
    theirs = edited(after, [SetField(record.fields[-1].path, "theirs")])
    monkeypatch.setattr(TrainingPlace, "fetch", property(lambda _: lambda _: theirs))
    assert record.ref.label in settled(session)
    assert state_of(session) is State.INTENDED
    source = session.place.source()
    assert len(session.history.interrupted(source)) == 1
    session.history.recover(source, [entry.id])
    assert state_of(session) is State.FAILED
    assert not session.history.entries()[0].undoable
    assert not session.history.interrupted(source)


@pytest.mark.parametrize("anew", [False, True])
def test_an_object_that_is_gone_leaves_nothing_to_take_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, anew: bool
) -> None:
    """Deleted since, or another one of the same name even if it reads as meant: it is ended."""
    session = interrupted(tmp_path, monkeypatch, "rt-rofs", after=0, named="web")
    record = session.history.entries()[0].records[0][1]
    live = session.place.fetch(record.ref)
    edits = [as_edit(field) for field in record.fields]
    other = edited(live or {}, [*edits, SetField(("metadata", "uid"), "another")])
    monkeypatch.setattr(
        TrainingPlace, "fetch", property(lambda _: lambda _: other if anew else None)
    )
    assert "no longer the object" in settled(session)
    assert state_of(session) is State.FAILED
    assert not session.history.entries()[0].undoable


def test_a_group_that_was_being_taken_back_has_nothing_left_standing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the take-back and before it was written down: nothing is offered for undo."""
    session = interrupted(tmp_path, monkeypatch, "rbac-cluster-admin", after=1, named="ci-")
    (entry,) = session.history.entries()
    (state, record), *_ = entry.records
    assert state is State.APPLIED
    assert session.place.writer is not None
    live = session.place.fetch(record.ref)
    write(bind(reverse(record, live), live), session.place.writer)
    assert "before anything of it was written" in settled(session)
    assert not session.history.entries()[0].undoable


def test_what_the_server_filled_in_does_not_hide_that_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the write and its outcome: defaults inside what we set are the server's."""
    session = interrupted(tmp_path, monkeypatch, "rt-rofs", after=0, named="web")
    record = session.history.entries()[0].records[0][1]
    live = session.place.fetch(record.ref)
    after = edited(live or {}, [as_edit(field) for field in record.fields])
    volume = next(field for field in record.fields if isinstance(field.after, dict))
    filled = edited(after, [SetField((*volume.path, "filledIn"), value=True)])
    monkeypatch.setattr(TrainingPlace, "fetch", property(lambda _: lambda _: filled))
    assert "all of it is on the cluster" in settled(session)
    assert session.history.entries()[0].undoable


def test_asking_makes_no_journal(tmp_path: Path) -> None:
    """A scan asks for interrupted changes, and still writes nothing anywhere."""
    session = Session(TrainingPlace(tmp_path), tmp_path)
    assert session.history.interrupted(session.place.source()) == ()
    assert not list(tmp_path.iterdir())
