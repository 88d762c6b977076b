"""What stands in the journal: an entry for each change, and a record for each of its writes."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from k8sharden.changes.bind import Bound, FieldChange
from k8sharden.changes.bookkeeping import restorable
from k8sharden.model.change import AccessReview, Change, Write
from k8sharden.model.ref import Ref


class State(StrEnum):
    """How far an entry, or one of its writes, came."""

    INTENDED = "intended"
    APPLIED = "applied"
    VERIFIED = "verified"
    FAILED = "failed"
    UNDONE = "undone"


class Record(msgspec.Struct, frozen=True):
    """One write as it was made: enough to take it back, and nothing else.

    ``before`` is the object that a delete took away; ``after`` the one that a create made, as the
    server returned it. ``reviews`` stand with the last write of a change, which makes them true.
    """

    write: Write
    fields: tuple[FieldChange, ...] = ()
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    uid: str = ""
    reviews: tuple[AccessReview, ...] = ()

    @property
    def ref(self) -> Ref:
        """The object that was written."""
        return self.write.ref


def record_of(bound: Bound) -> Record:
    """Return the record of a write that is about to be made."""
    return Record(
        bound.write,
        bound.fields,
        before=restorable(bound.before) if bound.after is None and bound.before else None,
        uid=str((bound.before or {}).get("metadata", {}).get("uid", "")),
    )


def records_of(change: Change, bound: Sequence[Bound]) -> list[Record]:
    """Return the records of a change that is about to be made, and of what is asked after it."""
    records = [record_of(each) for each in bound]
    if records and change.reviews:
        records[-1] = msgspec.structs.replace(records[-1], reviews=change.reviews)
    return records


class Contents(msgspec.Struct, frozen=True):
    """What of an entry is sealed: the writes, and how it ended in words, which may quote values."""

    records: tuple[Record, ...]
    detail: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One change in the journal.

    ``created`` is in seconds since 1970; ``undoes`` names the entry that this one took back, and is
    empty for all others. ``states`` are those of its writes, ``explained`` is whether there is a
    detail, and ``key`` names the key that it is sealed with. ``contents`` unseals it, once; what
    needs that raises `InputError` where the key is not to be had.
    """

    id: str
    cluster: str
    place: str
    created: float
    state: State
    kind: str
    title: str
    digest: str
    findings: tuple[str, ...]
    undoes: str
    key: str
    states: tuple[State, ...]
    explained: bool
    contents: Callable[[], Contents]

    @property
    def records(self) -> tuple[tuple[State, Record], ...]:
        """Each write with its state. Raises `InputError` where it cannot be unsealed."""
        return tuple(zip(self.states, self.contents().records, strict=True))

    @property
    def reviews(self) -> tuple[AccessReview, ...]:
        """What is asked once it is written. Raises `InputError` where it cannot be unsealed."""
        return tuple(each for _, record in self.records for each in record.reviews)

    @property
    def detail(self) -> str:
        """How it ended, in words. Raises `InputError` where it cannot be unsealed."""
        return self.contents().detail if self.explained else ""

    @property
    def interrupted(self) -> bool:
        """Whether the program was stopped before it knew, and wrote down, how this ended."""
        unverified = self.state is State.APPLIED and not self.explained
        return self.state is State.INTENDED or unverified

    @property
    def undoable(self) -> bool:
        """Whether there is something of this entry on the cluster that can be taken back."""
        return any(map(self._stands, self.states))

    @property
    def standing(self) -> tuple[Record, ...]:
        """The writes that are on the cluster: all, or of a failed group those left behind."""
        return tuple(record for state, record in self.records if self._stands(state))

    def _stands(self, state: State) -> bool:
        whole = self.state in (State.APPLIED, State.VERIFIED)
        return whole or (self.state is State.FAILED and state is State.APPLIED)
