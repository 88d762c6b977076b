"""Find out what became of a change whose end nobody wrote down, by looking at the cluster.

The program was stopped between the intent, which was on disk, and the outcome. Nothing is written
to the cluster here; only the journal learns what is true.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec

from k8sharden.changes.answers import LOST
from k8sharden.changes.bind import look
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.compare import by_us, ends, holds
from k8sharden.changes.entry import Entry, Record, State
from k8sharden.changes.journal import Journal
from k8sharden.changes.plan import Fetch, Plan
from k8sharden.changes.verify import completed, outlasted
from k8sharden.errors import ApiError, InputError, Refused
from k8sharden.model.change import Create, Delete, Patch
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

LATE = 600.0
"""Seconds after which a write whose answer was lost does not arrive any more, whatever held it."""

_INTERRUPTED = "It was interrupted"


class _Found(StrEnum):
    WRITTEN = "written"
    GOING = "deleted, and still there"
    NOT = "not written"
    GONE = "gone, or made anew"
    OTHER = "other"


class _Looked(msgspec.Struct, frozen=True):
    """One write of the entry as the cluster shows it; ``record`` is completed where it landed."""

    number: int
    state: State
    record: Record
    found: _Found

    @property
    def landed(self) -> bool:
        """Whether the server took the write."""
        return self.found in (_Found.WRITTEN, _Found.GOING)


def refuse_unsettled(plan: Plan, entries: Iterable[Entry]) -> None:
    """Raise `Refused` where a plan writes to an object of which nobody knows what became.

    Two entries would claim the same write then, and both could not be taken back.
    """
    refs = {bound.ref for planned in plan.changes if planned.applies for bound in planned.bound}
    for entry in entries:
        if entry.interrupted and (both := refs & _about(entry)):
            raise Refused(
                f"What became of “{one_line(entry.title, 200)}” ({entry.id}) is not known yet, and "
                f"this plan writes to {min(both).label}, too. `k8sharden journal recover` finds it "
                "out; nothing was changed."
            )


def _about(entry: Entry) -> set[Ref]:
    try:
        return {record.ref for _, record in entry.records}
    except InputError:
        # Without its key nobody can say; that must not stop every other change.
        return set()


def may_arrive(entry: Entry, now: float) -> bool:
    """Whether a write of an entry that was found unwritten may still be on its way.

    A proxy can hold a request for longer than the program lived, or than anybody waited.
    """
    open_ = entry.state is State.FAILED and State.INTENDED in entry.states
    if not open_ or now - entry.created >= LATE:
        return False
    try:
        return entry.detail.startswith(_INTERRUPTED)
    except InputError:
        # Without its key nobody can say; that must not keep the others from being settled.
        return False


def arrived(entry: Entry, journal: Journal, fetch: Fetch) -> str:
    """Look again for such a write; return what was written down, nothing where none is seen."""
    try:
        looked = [
            _look(number, state, record, fetch)
            for number, (state, record) in enumerate(entry.records)
            if state is State.INTENDED and not _idle(record)
        ]
        came = any(item.landed for item in looked)
        return _settle(entry, journal, fetch, close=False) if came else ""
    except (ApiError, InputError):
        return ""


def settle(entry: Entry, journal: Journal, fetch: Fetch, *, close: bool = False) -> str:
    """Write down what became of an interrupted entry, and return it in a sentence.

    An object that reads neither as before nor as meant leaves the entry open, and so does one that
    may not be read or a key that is missing. ``close`` ends it then: what could not be told is not
    ours to take back. Raises `ClusterUnavailable`.
    """
    try:
        return _settle(entry, journal, fetch, close=close)
    except (ApiError, InputError) as error:
        if not close:
            return f"It stays as it is: {error}"
        # Without words, for which its key would be needed.
        journal.settle(entry.id, State.FAILED)
        return f"It was ended without a look at what it left: {error}"


def _settle(entry: Entry, journal: Journal, fetch: Fetch, *, close: bool) -> str:
    looked = [
        _look(number, state, record, fetch) for number, (state, record) in enumerate(entry.records)
    ]
    odd = [item.record.ref.label for item in looked if item.found is _Found.OTHER]
    if odd and not close:
        said = (
            f"It was interrupted, and {odd[0]} reads neither as before nor as it was meant: "
            "compare it with what is shown here."
        )
        if entry.state is State.INTENDED:
            said += f" `k8sharden journal recover --close {entry.id}` leaves it as it is."
        journal.settle(entry.id, entry.state, said)
        return said
    for item in looked:
        if item.landed:
            journal.wrote(entry.id, item.number, item.record)
        elif item.state is State.APPLIED:
            # It stood once, and stands no longer: a group that was being taken back, or drift.
            journal.wrote(entry.id, item.number, item.record, State.UNDONE)
    # A patch that had nothing to do goes with the rest.
    lost = entry.detail if entry.detail.startswith(LOST) else ""
    state, said = _ended([item for item in looked if not _idle(item.record)], lost)
    undone = entry.undoes if state is not State.FAILED else ""
    journal.settle(entry.id, state, said, undone=undone)
    return said


def _ended(looked: list[_Looked], denied: str) -> tuple[State, str]:
    """Return what the entry became, in a state and in words; `_whole` tells what ``denied`` is."""
    found = [item.found for item in looked]
    written = sum(item.landed for item in looked)
    lost = [item.record.ref.label for item in looked if item.found is _Found.GONE]
    lost += [item.record.ref.label for item in looked if item.found is _Found.OTHER]
    if written == len(found):
        return _whole(looked, denied)
    if lost:
        others = f" {written} of {len(found)} writes can be taken back." if written else ""
        return State.FAILED, (
            f"It was interrupted, and {lost[0]} is no longer the object that it was about: "
            f"nothing of that is taken back.{others}"
        )
    if not written:
        return State.FAILED, (
            "It was interrupted before anything of it was written: the cluster is as it was. "
            "Should a write still arrive, the next look finds it."
        )
    return State.FAILED, (
        f"It was interrupted half-way: {written} of {len(found)} writes are on the cluster, "
        "and can be taken back."
    )


def _whole(looked: list[_Looked], denied: str) -> tuple[State, str]:
    """Return what it is that all of it is on the cluster.

    ``denied`` names a right that was lost, for which all of it was about to be taken back.
    """
    going = [item.record.ref.label for item in looked if item.found is _Found.GOING]
    if denied:
        return State.FAILED, (
            f"It was interrupted before what was lost came back: take it back. {denied}"
        )
    if going:
        return State.APPLIED, (
            f"It was interrupted, and all of it is on the cluster; {going[0]} is being deleted, "
            "and still there."
        )
    if any(item.record.reviews for item in looked):
        return State.APPLIED, (
            "It was interrupted, and all of it is on the cluster, as it was meant; whether the "
            "rights are, too, was not asked: try what has to work, or take it back."
        )
    return State.VERIFIED, "It was interrupted, and all of it is on the cluster, as it was meant."


def _look(number: int, state: State, record: Record, fetch: Fetch) -> _Looked:
    deletes = isinstance(record.write, Delete)
    live = outlasted(record, fetch) if deletes else fetch(record.ref)
    found = _find(record, live, known=state is State.APPLIED)
    if live is not None and found is _Found.WRITTEN and state is not State.APPLIED:
        record = completed(record, live)
    return _Looked(number, state, record, found)


def _find(record: Record, live: dict[str, Any] | None, *, known: bool) -> _Found:
    """Compare an object with before and after; ``known`` is that the server's after is recorded."""
    match record.write:
        case Create(manifest=manifest):
            return _Found.NOT if live is None else _made(record, live, manifest, known=known)
        case Delete():
            return _gone(record, live)
        case Patch():
            return _patched(record, live, known=known)


def _made(record: Record, live: dict[str, Any], manifest: dict[str, Any], *, known: bool) -> _Found:
    if known:
        ours = live["metadata"].get("uid") == record.uid and essential(live) == record.after
        return _Found.WRITTEN if ours else _Found.OTHER
    return _Found.WRITTEN if by_us(live, manifest) else _Found.OTHER


def _gone(record: Record, live: dict[str, Any] | None) -> _Found:
    if live is None:
        return _Found.WRITTEN
    metadata = live.get("metadata", {})
    if metadata.get("uid") == record.uid:
        return _Found.GOING if metadata.get("deletionTimestamp") else _Found.NOT
    # A group that was being taken back has made it anew.
    return _Found.NOT if by_us(live, record.before or {}) else _Found.OTHER


def _idle(record: Record) -> bool:
    return isinstance(record.write, Patch) and not record.fields


def _patched(record: Record, live: dict[str, Any] | None, *, known: bool) -> _Found:
    uid = (live or {}).get("metadata", {}).get("uid")
    if live is None or (uid and record.uid and uid != record.uid):
        return _Found.GONE
    before, after = ends(record.fields)
    seen = {path: look(live, path)[0] for path in after}
    if seen == before:
        return _Found.NOT
    same = seen == after if known else all(holds(seen[path], after[path]) for path in after)
    return _Found.WRITTEN if same else _Found.OTHER
