"""Single faults that the random runs of this folder found, each by itself."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from k8sharden.changes import verify
from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.entry import State
from k8sharden.changes.journal import Journal
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.transport import Request, Response
from k8sharden.errors import ApiError, ClusterUnavailable, InputError, Refused, Unreached
from k8sharden.model import kinds
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Create,
    Delete,
    Named,
    Patch,
    RemoveField,
    Risk,
    SetField,
    Write,
)
from tests.changes.faults.killed import Killed, Life, Witness, undo_all
from tests.changes.faults.plans import SPEC, WEB, objects, refs, role, swap

DEPLOYMENT = kinds.DEPLOYMENTS.ref("shop", "web")
NEW, OLD = (kinds.ROLES.ref("shop", name) for name in ("new", "old"))
NOWHERE = kinds.ROLES.ref("nowhere", "new")
IMAGE = Patch(DEPLOYMENT, (SetField((*WEB, "image"), "registry.test/web:2"),))


class Line(Witness):
    """A line to a cluster, on which a test decides what becomes of a write."""

    def __init__(self) -> None:
        super().__init__(MemoryCluster(objects("shop")).transport(), refs("shop"))
        self.meddle: Callable[[Request, Callable[[], Response]], Response] = lambda _, go: go()

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Pass a request on, as the test wants it."""

        def go() -> Response:
            return super(Line, self).send(request, timeout=timeout)

        return go() if request.method == "GET" else self.meddle(request, go)


@pytest.fixture
def line() -> Line:
    """A cluster and the line to it."""
    return Line()


@pytest.fixture
def life(line: Line, tmp_path: Path) -> Iterator[Life]:
    """The program."""
    with Life(line, tmp_path) as life:
        yield life


def apply(life: Life, *writes: Write) -> Outcome:
    """Apply writes that stand or fall together."""
    change = Change(ChangeKind.GROUP, "the change", Risk.SAFE, writes)
    plan = life.plan_of([change])
    (outcome,) = life.apply(plan, plan.digest)
    return outcome


def states(life: Life) -> list[State]:
    """Return the states of the journal's entries, newest first."""
    return [entry.state for entry in life.history.entries()]


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (Unreached("The connection was refused."), True),
        (ClusterUnavailable("No answer came in time."), False),
        (ApiError("etcdserver: request timed out", status=500), False),
        (ApiError("the webhook failed", status=500, reason="InternalError"), True),
        (ApiError("Bad Gateway", status=502), False),
        (ApiError("Timeout", status=504, reason="Timeout"), False),
    ],
)
def test_a_write_that_may_still_arrive(
    line: Line, life: Life, error: Exception, *, known: bool
) -> None:
    """It is called failed only where it cannot arrive any more; recover finds out later."""
    late: list[Callable[[], Response]] = []

    def hold(_request: Request, go: Callable[[], Response]) -> Response:
        late.append(go)
        raise error

    line.meddle = hold
    outcome = apply(life, IMAGE)
    assert outcome.result is Result.FAILED
    assert ("can still arrive" in outcome.detail) is not known
    assert states(life) == [State.FAILED if known else State.INTENDED]
    if not known:
        late[0]()
        ((_, said),) = life.history.recover(life.place.source())
        assert "all of it is on the cluster" in said
        assert states(life) == [State.VERIFIED]


def test_a_write_whose_guards_fail_cannot_arrive(line: Line, life: Life) -> None:
    """Somebody changed the object meanwhile: the lost patch is for a version that is gone."""

    def outrun(_request: Request, _go: Callable[[], Response]) -> Response:
        scale = [{"op": "replace", "path": "/spec/replicas", "value": 7}]
        line.api.patch(DEPLOYMENT, scale)
        raise ClusterUnavailable("No answer came in time.")

    line.meddle = outrun
    outcome = apply(life, IMAGE)
    assert outcome.detail == "No answer came in time."
    assert states(life) == [State.FAILED]


def test_an_answer_lost_while_a_group_is_taken_back(line: Line, life: Life) -> None:
    """Whether the first part was taken back is not known: the entry stays open until it is."""
    before = line.look()
    seen: list[str] = []

    def lose_the_second_patch(request: Request, go: Callable[[], Response]) -> Response:
        seen.append(request.method)
        if seen.count("PATCH") == 2:
            raise ClusterUnavailable("No answer came in time.")
        return go()

    line.meddle = lose_the_second_patch
    outcome = apply(life, IMAGE, Create(NOWHERE, role(NOWHERE)))
    assert "could not be taken back: No answer came in time." in outcome.detail
    assert states(life) == [State.INTENDED]
    life.history.recover(life.place.source())
    assert states(life) == [State.FAILED]
    assert [result.value for result in life.do(undo_all(life))] == ["undone"]
    assert line.look() == before


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_a_delete_is_taken_back(line: Line, tmp_path: Path, when: str) -> None:
    """The object that was made anew is told from somebody else's: nothing stands."""

    def kill(request: Request, go: Callable[[], Response]) -> Response:
        again = request.method == "POST" and b'"old"' in request.body
        answer = go() if when == "after" or not again else None
        if again or answer is None:
            raise Killed
        return answer

    line.meddle = kill
    with Life(line, tmp_path) as life, pytest.raises(Killed):
        apply(life, Delete(OLD), Create(NOWHERE, role(NOWHERE)))
    with Life(line, tmp_path) as life:
        life.history.recover(life.place.source())
        (entry,) = life.history.entries()
        assert entry.state is State.FAILED
        assert len(entry.standing) == (when == "before")


def test_a_deletion_that_is_still_under_way(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after a delete that a finalizer holds: written, and not yet done."""
    monkeypatch.setattr(verify, "PATIENCE", 0.0)
    hold = [{"op": "add", "path": "/metadata/finalizers", "value": ["example.com/hold"]}]
    line.api.patch(OLD, hold)

    def kill(_request: Request, go: Callable[[], Response]) -> Response:
        go()
        raise Killed

    line.meddle = kill
    with Life(line, tmp_path) as life, pytest.raises(Killed):
        apply(life, Delete(OLD))
    with Life(line, tmp_path) as life:
        ((_, said),) = life.history.recover(life.place.source())
        assert "Role shop/old is being deleted, and still there" in said
        assert states(life) == [State.APPLIED]
        assert life.history.recover(life.place.source()) == ()


@pytest.mark.parametrize(
    ("path", "method", "state", "said"),
    [
        ("roles", "POST", State.FAILED, "1 of 3 writes are on the cluster"),
        ("rolebindings", "POST", State.FAILED, "2 of 3 writes are on the cluster"),
        ("rolebindings/bot", "DELETE", State.APPLIED, "whether the rights are, too, was not asked"),
        ("subjectaccessreviews", "POST", State.APPLIED, "was not asked to the end"),
    ],
)
def test_a_swap_that_is_killed(
    line: Line, tmp_path: Path, path: str, method: str, state: State, said: str
) -> None:
    """Whatever step it ends at, the journal says what of it stands and what nobody asked."""
    before = line.look()

    def kill(request: Request, go: Callable[[], Response]) -> Response:
        answer = go()
        if request.method == method and request.path.endswith(path):
            raise Killed
        return answer

    line.meddle = kill
    with Life(line, tmp_path) as life, pytest.raises(Killed):
        life.do(life.plan_of([swap("shop")]))
    line.meddle = lambda _, go: go()
    with Life(line, tmp_path) as life:
        life.history.recover(life.place.source())
        (entry,) = life.history.entries()
        assert entry.state is state
        assert said in entry.detail
        assert not entry.interrupted
        assert life.do(undo_all(life)) == [Result.UNDONE]
    assert line.look() == before


@pytest.mark.parametrize("number", range(3))
def test_a_swap_that_is_killed_while_it_is_taken_back(
    line: Line, tmp_path: Path, number: int
) -> None:
    """A right was lost, and the program ends at any step of giving it back: the rest can be had."""
    before = line.look()
    back: list[Request] = []

    def kill(request: Request, go: Callable[[], Response]) -> Response:
        answer = go()
        again = request.method == "POST" and b'"name":"bot",' in request.body
        if back or (again and request.path.endswith("/rolebindings")):
            back.append(request)
        if len(back) > number:
            raise Killed
        return answer

    line.meddle = kill
    with Life(line, tmp_path) as life, pytest.raises(Killed):
        life.do(life.plan_of([swap("shop", lost=True)]))
    line.meddle = lambda _, go: go()
    with Life(line, tmp_path) as life:
        life.history.recover(life.place.source())
        (entry,) = life.history.entries()
        assert entry.state is State.FAILED
        assert len(entry.standing) == 2 - number
        rest = undo_all(life)
        assert life.do(rest) == [Result.UNDONE] * bool(2 - number)
    assert line.look() == before


@pytest.mark.parametrize("error", [Killed(), ClusterUnavailable("No answer came in time.")])
def test_a_loss_is_not_forgotten(line: Line, tmp_path: Path, error: BaseException) -> None:
    """A right was lost, and the line or the program broke before it was back: recover says so."""
    before = line.look()

    def lose(request: Request, go: Callable[[], Response]) -> Response:
        if b'"name":"bot",' in request.body and request.path.endswith("/rolebindings"):
            raise error
        return go()

    line.meddle = lose
    with Life(line, tmp_path) as life, suppress(Killed):
        life.do(life.plan_of([swap("shop", lost=True)]))
    line.meddle = lambda _, go: go()
    with Life(line, tmp_path) as life:
        life.history.recover(life.place.source())
        (entry,) = life.history.entries()
        assert entry.state is State.FAILED
        assert "before what was lost came back: take it back. Denied, though it" in entry.detail
        assert len(entry.standing) == 3
        assert life.do(undo_all(life)) == [Result.UNDONE]
    assert line.look() == before


def test_what_a_server_leaves_out_is_as_it_was_meant(line: Line, life: Life) -> None:
    """The answer to a patch that sets a default is lost: it landed, although nothing shows it."""

    def lose(_request: Request, go: Callable[[], Response]) -> Response:
        go()
        raise ClusterUnavailable("No answer came in time.")

    line.meddle = lose
    outcome = apply(life, Patch(DEPLOYMENT, (SetField((*SPEC, "hostNetwork"), value=False),)))
    assert outcome.result is Result.VERIFIED


def test_an_undo_that_was_taken_back_can_be_tried_again(line: Line, life: Life) -> None:
    """What a half-way undo deleted and made anew is still ours, though its uid is another."""
    before = line.look()
    assert apply(life, Delete(OLD), Create(NEW, role(NEW)), IMAGE).result is Result.VERIFIED
    entry = life.history.entries()[0].id

    def refuse(request: Request, go: Callable[[], Response]) -> Response:
        if request.method == "POST" and b'"old"' in request.body:
            raise ApiError("admission says no", status=403)
        return go()

    line.meddle = refuse
    undo = life.history.undo([entry], life.place.source())
    (half,) = life.apply(undo, undo.digest)
    assert "admission says no. What was written before was taken back." in half.detail
    line.meddle = lambda _, go: go()
    again = life.history.undo([entry], life.place.source())
    assert not again.unfixed
    assert life.do(again) == [Result.UNDONE]
    assert line.look() == before


def test_an_element_comes_back_to_its_place(line: Line, life: Life) -> None:
    """A variable that was removed stands before those that may use it again."""
    before = line.look()
    apply(life, Patch(DEPLOYMENT, (RemoveField((*WEB, "env", Named("name", "DEBUG"))),)))
    assert line.look() != before
    life.do(undo_all(life))
    assert line.look() == before


class Full(Journal):
    """A journal whose disk is full from a number of commits on."""

    left = 10**6

    def _take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise InputError("The journal cannot be used (disk full).")

    def intend(self, **columns: Any) -> str:
        """Write down an intent."""
        self._take()
        return super().intend(**columns)

    def settle(self, *words: Any, **more: Any) -> None:
        """Write down an end."""
        self._take()
        super().settle(*words, **more)


@pytest.mark.parametrize(
    ("left", "results"),
    [
        (3, [Result.VERIFIED, Result.FAILED, Result.SKIPPED]),
        (5, [Result.VERIFIED, Result.APPLIED, Result.SKIPPED]),
    ],
    ids=["intent", "end"],
)
def test_a_disk_that_fills_up_half_way(
    line: Line, life: Life, tmp_path: Path, left: int, results: list[Result]
) -> None:
    """What was done before is told, and what is written is in the journal."""
    full = life.history._journal = Full(tmp_path / "journal.sqlite")
    changes = [
        Change(ChangeKind.GROUP, "change", Risk.SAFE, (write,))
        for write in (IMAGE, Delete(OLD), Create(NEW, role(NEW)))
    ]
    plan = life.plan_of(changes)
    full.left = left
    outcomes = life.apply(plan, plan.digest)
    assert [outcome.result for outcome in outcomes] == results
    assert "disk full" in outcomes[1].detail
    full.left = 10
    life.history.recover(life.place.source())
    assert set(states(life)) == {State.VERIFIED}
    assert len(states(life)) == line.times.total()


def test_no_plan_builds_on_what_nobody_knows(line: Line, life: Life) -> None:
    """A write is lost: other objects may be changed, and this one once it was looked at."""

    def lose(_request: Request, _go: Callable[[], Response]) -> Response:
        raise ClusterUnavailable("No answer came in time.")

    line.meddle = lose
    apply(life, IMAGE)
    line.meddle = lambda _, go: go()
    with pytest.raises(Refused, match="`k8sharden journal recover` finds it out"):
        apply(life, IMAGE)
    assert apply(life, Delete(OLD)).result is Result.VERIFIED
    life.history.recover(life.place.source())
    assert apply(life, IMAGE).result is Result.VERIFIED
    assert line.times.total() == 2
