"""A program that is killed at a chosen step, and what must hold once it was started again."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from k8sharden.changes.apply import Result
from k8sharden.changes.bind import look
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.entry import Entry, Record, State
from k8sharden.changes.journal import Journal
from k8sharden.changes.plan import Plan, bind_change, fetcher
from k8sharden.cluster.api import Api
from k8sharden.cluster.transport import Request, Response, Transport
from k8sharden.history import History
from k8sharden.model.change import Change, Patch
from k8sharden.model.kinds import type_of
from k8sharden.model.ref import Ref
from k8sharden.place import Place
from k8sharden.places.cluster import ClusterPlace
from k8sharden.session import Session

Seen = dict[Ref, dict[str, Any] | None]


class Killed(BaseException):
    """The program ends here, and handles nothing any more."""


class Fuse:
    """Counts the steps of a program, and kills it at the last one; 0 never does."""

    def __init__(self, steps: int = 0) -> None:
        self._last = steps
        self.burnt = 0

    def step(self) -> None:
        """Take a step."""
        self.burnt += 1
        if self.burnt == self._last:
            raise Killed


class Witness:
    """Stands at the cluster's side of the line, and writes down every write that was accepted."""

    server = "https://cluster.test"
    fingerprint = "cluster"

    def __init__(self, inner: Transport, refs: Sequence[Ref]) -> None:
        self.api = Api(inner)
        self._inner = inner
        self._refs = refs
        self.accepted: list[tuple[str, str]] = []
        self.states: list[Seen] = [self.look()]

    def look(self) -> Seen:
        """Return every object as a person would write it."""
        found = {ref: fetcher(self.api.get)(ref) for ref in self._refs}
        return {ref: value and essential(value) for ref, value in found.items()}

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Pass a request on."""
        answer = self._inner.send(request, timeout=timeout)
        writes = request.method != "GET" and not _dry(request)
        if writes and answer.status < 300:
            self.accepted.append((request.method, _object(request)))
            self.states.append(self.look())
        return answer

    @property
    def times(self) -> Counter[str]:
        """How often each object was written."""
        return Counter(path for _, path in self.accepted)


def _dry(request: Request) -> bool:
    # A delete says so in its body.
    return request.dry


def _object(request: Request) -> str:
    """Return the path of the object that is written; a new one's name is in its body."""
    if request.method != "POST":
        return request.path
    return f"{request.path}/{json.loads(request.body)['metadata']['name']}"


class Mortal:
    """A line on which the program can be killed before a request and before its answer."""

    def __init__(self, inner: Transport, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse
        self.server, self.fingerprint = inner.server, inner.fingerprint

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Pass a request on."""
        self._fuse.step()
        answer = self._inner.send(request, timeout=timeout)
        if request.method != "GET":
            self._fuse.step()
        return answer


class MortalJournal(Journal):
    """A journal in whose writing the program can be killed, before and after each commit."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path)
        self._fuse = fuse

    @contextmanager
    def _mortal(self) -> Iterator[None]:
        self._fuse.step()
        yield
        self._fuse.step()

    def intend(self, **columns: Any) -> str:
        """Write down an intent."""
        with self._mortal():
            return super().intend(**columns)

    def wrote(self, *words: Any, **more: Any) -> None:
        """Write down a write."""
        with self._mortal():
            super().wrote(*words, **more)

    def settle(self, *words: Any, **more: Any) -> None:
        """Write down an end."""
        with self._mortal():
            super().settle(*words, **more)


class MortalHistory(History):
    """A history whose journal is one that dies with the program."""

    def __init__(self, place: Place, state: Path, fuse: Fuse) -> None:
        super().__init__(place, state)
        self._fuse = fuse

    @property
    def journal(self) -> Journal:
        """The journal."""
        if self._journal is None:
            self._journal = MortalJournal(self._journal_path, self._fuse)
        return self._journal


class Life(Session):
    """The program from a start to its end, which may come early."""

    def __init__(self, line: Transport, state: Path, fuse: Fuse | None = None) -> None:
        burning = fuse or Fuse()
        place = ClusterPlace(Api(Mortal(line, burning)), "test")
        super().__init__(place, state, items=())
        self.history = MortalHistory(place, state, burning)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def plan_of(self, changes: Sequence[Change]) -> Plan:
        """Bind changes to the cluster as it is."""
        planned = (bind_change(change, (), self.place.fetch) for change in changes)
        busy = (each for each in planned if not all(bound.idle for bound in each.bound))
        return Plan(self.place.source(), tuple(busy))

    def do(self, plan: Plan) -> list[Result]:
        """Apply a plan and return what became of each change."""
        return [outcome.result for outcome in self.apply(plan, plan.digest)]


def undo_all(session: Session) -> Plan:
    """Return the plan that brings the start back: of an undo only what is half done."""
    source = session.place.source()
    entries = session.history.entries(source)
    names = [entry.id for entry in entries if entry.undoable and not _ends(entry)]
    return session.history.undo(names, source)


def _ends(entry: Entry) -> bool:
    """Whether an entry is an undo that took all of another one back."""
    return bool(entry.undoes) and entry.state is not State.FAILED


def path_of(ref: Ref) -> str:
    """Return the path of an object."""
    return type_of(ref).path(ref.namespace, ref.name)


def check_settled(session: Session, times: Counter[str]) -> None:
    """Hold the journal against how often each object was written.

    Each write goes to and fro: after an odd number of them a fix stands, after an even one it was
    taken back or never made.
    """
    entries = session.history.entries(session.place.source())
    undone = {entry.undoes for entry in entries if entry.undoes}
    known = {path_of(record.ref) for entry in entries for _, record in entry.records}
    assert set(times) <= known, "a write is not in the journal"
    for entry in entries:
        assert not entry.interrupted, (entry.state, entry.detail)
        stands = {path_of(record.ref) for record in entry.standing if not idle(record)}
        writes = {path_of(record.ref) for _, record in entry.records if not idle(record)}
        odd = {path for path in writes if times[path] % 2}
        if entry.undoes:
            assert stands == writes - odd, (entry.state, entry.detail)
        elif entry.state is State.UNDONE:
            assert not odd, entry
        elif entry.id not in undone:
            assert stands == odd, (entry.state, entry.detail)


def idle(record: Record) -> bool:
    """Whether a record is of a patch that had nothing to do."""
    return isinstance(record.write, Patch) and not record.fields


@contextmanager
def seeded(seed: int, folder: Path) -> Iterator[Path]:
    """Yield a folder for one run, which goes with it; what fails says the seed to repeat it by."""
    place = folder / str(seed)
    try:
        yield place
    except Exception as error:
        raise AssertionError(f"Repeat it with the seed {seed}.") from error
    shutil.rmtree(place)


def stands(record: Record, live: dict[str, Any]) -> bool:
    """Whether an object is as a patch left it."""
    return all(look(live, field.path)[0] == field.after for field in record.fields)
