"""The journal: what was done to which cluster, durable before it is done."""

import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from k8sharden.changes.bind import Bound, FieldChange
from k8sharden.changes.bookkeeping import restorable
from k8sharden.changes.database import open_file, told
from k8sharden.errors import InputError
from k8sharden.model.change import Write
from k8sharden.model.decoding import decode
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
    server returned it.
    """

    write: Write
    fields: tuple[FieldChange, ...] = ()
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    uid: str = ""

    @property
    def ref(self) -> Ref:
        """The object that was written."""
        return self.write.ref


class Entry(msgspec.Struct, frozen=True):
    """One change in the journal.

    ``created`` is in seconds since 1970; ``undoes`` names the entry that this one took back, and is
    empty for all others.
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
    detail: str
    records: tuple[tuple[State, Record], ...]

    @property
    def interrupted(self) -> bool:
        """Whether the program was stopped before it knew, and wrote down, how this ended."""
        unverified = self.state is State.APPLIED and not self.detail
        return self.state is State.INTENDED or unverified

    @property
    def undoable(self) -> bool:
        """Whether there is something of this entry on the cluster that can be taken back."""
        return bool(self.standing)

    @property
    def standing(self) -> tuple[Record, ...]:
        """The writes that are on the cluster: all, or of a failed group those left behind."""
        whole = self.state in (State.APPLIED, State.VERIFIED)
        left = State.APPLIED if self.state is State.FAILED else None
        return tuple(record for state, record in self.records if whole or state is left)


def record_of(bound: Bound) -> Record:
    """Return the record of a write that is about to be made."""
    return Record(
        bound.write,
        bound.fields,
        before=restorable(bound.before) if bound.after is None and bound.before else None,
        uid=str((bound.before or {}).get("metadata", {}).get("uid", "")),
    )


class Journal:
    """The journal of all clusters, in one file.

    Raises `InputError` where the file cannot be opened, is no journal, or is of a newer version.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._connection = open_file(path)
        # Closing it under another thread's statement crashes the interpreter (SQLite 3, measured).
        self._turn = threading.RLock()
        # Python 3.13 warns of a connection that is left to the garbage collector.
        weakref.finalize(self, self._connection.close)

    def close(self) -> None:
        """Close the file, once no other thread reads or writes it."""
        with self._turn:
            self._connection.close()

    def intend(  # noqa: PLR0913 - the columns of an entry
        self,
        *,
        cluster: str,
        place: str,
        kind: str,
        title: str,
        digest: str,
        findings: Sequence[str],
        records: Sequence[Record],
        undoes: str = "",
    ) -> str:
        """Write down what is about to be done, on disk when this returns; returns the id."""
        entry = secrets.token_hex(4)
        with self._writing() as db:
            db.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                (
                    entry, cluster, place, self._clock(), State.INTENDED, kind, title, digest,
                    _dump(list(findings)), undoes,
                ),
            )  # fmt: skip
            db.executemany(
                "INSERT INTO writes VALUES (?, ?, ?, ?)",
                [(entry, n, State.INTENDED, _dump(record)) for n, record in enumerate(records)],
            )
        return entry

    def wrote(self, entry: str, number: int, record: Record, state: State = State.APPLIED) -> None:
        """Write down that one write of an entry was made, or taken back."""
        with self._writing() as db:
            db.execute(
                "UPDATE writes SET state = ?, record = ? WHERE entry = ? AND number = ?",
                (state, _dump(record), entry, number),
            )

    def settle(self, entry: str, state: State, detail: str = "", *, undone: str = "") -> None:
        """Write down how an entry ended, and which other one it took back, in one step."""
        with self._writing() as db:
            db.execute(
                "UPDATE entries SET state = ?, detail = ? WHERE id = ?", (state, detail, entry)
            )
            if undone:
                db.execute("UPDATE entries SET state = ? WHERE id = ?", (State.UNDONE, undone))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, or none of it."""
        what = "`k8sharden journal list` says how far it came; look at the cluster, too."
        with self._turn, told(self.path, what), self._connection as db:
            yield db

    def entries(self, cluster: str | None = None) -> tuple[Entry, ...]:
        """Return the entries of a cluster, newest first; of all clusters where None is given."""
        with self._turn:
            rows = self._connection.execute(
                "SELECT * FROM entries WHERE ?1 IS NULL OR cluster = ?1"
                " ORDER BY created DESC, rowid DESC",
                (cluster,),
            ).fetchall()
            return tuple(self._entry(row) for row in rows)

    def entry(self, name: str) -> Entry:
        """Return one entry by its id. Raises `InputError` where there is none."""
        with self._turn:
            row = self._connection.execute("SELECT * FROM entries WHERE id = ?", (name,)).fetchone()
            if row is None:
                raise InputError(
                    f"The journal has no entry {name!r}. `k8sharden journal list` shows them."
                )
            return self._entry(row)

    def forget(self, cluster: str) -> None:
        """Remove the entries of a cluster that is no more, as when training begins anew."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM writes WHERE entry IN (SELECT id FROM entries WHERE cluster = ?)",
                (cluster,),
            )
            db.execute("DELETE FROM entries WHERE cluster = ?", (cluster,))

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        name, cluster, place, created, state, kind, title, digest, findings, undoes, detail = row
        records = self._connection.execute(
            "SELECT state, record FROM writes WHERE entry = ? ORDER BY number", (name,)
        ).fetchall()
        return Entry(
            name, cluster, place, created, State(state), kind, title, digest,
            tuple(decode(findings, list[str])), undoes, detail,
            tuple((State(s), decode(text, Record)) for s, text in records),
        )  # fmt: skip


def _dump(value: object) -> str:
    return msgspec.json.encode(value).decode()
