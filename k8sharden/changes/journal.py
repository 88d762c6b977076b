"""The journal: what was done to which cluster, durable before it is done."""

import functools
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from k8sharden.changes.database import Damaged, told
from k8sharden.changes.entry import Contents, Entry, Record, State, record_of
from k8sharden.changes.journal_file import JournalFile
from k8sharden.changes.migration import renew
from k8sharden.changes.sealing import Key, Unsealable
from k8sharden.errors import InputError
from k8sharden.model.decoding import convert, decode

__all__ = ["Contents", "Entry", "Journal", "Record", "State", "record_of"]

_UNWRITTEN = "Nothing of this change was written."


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A row of the table of entries."""

    id: str
    cluster: str
    place: str
    created: float
    state: State
    kind: str
    title: str
    digest: str
    findings: str
    undoes: str
    key: str
    detail: bytes


class Journal:
    """The journal of all clusters, in one file. ``training`` is for the training cluster's session.

    Raises `InputError` where the file cannot be opened, is no journal, or is of a newer version.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, training: bool = False
    ) -> None:
        self.path = path
        self._clock = clock
        self._file = JournalFile(path, training=training)
        self._keys = self._file.keys

    def close(self) -> None:
        """Close the file, once no other thread reads or writes it."""
        self._file.close()

    def notes(self) -> tuple[str, ...]:
        """Return what a person should be told, each once: what was mended, where a key is."""
        return self._file.notes()

    @property
    def busy(self) -> bool:
        """Whether somebody else writes now: what looks interrupted may be under way."""
        return self._file.busy

    def alone(self) -> AbstractContextManager[None]:
        """Be the only one who writes, in all processes, while the context lasts; readers go on.

        Raises `Refused`, naming who writes already, and `InputError` for a journal that is damaged
        or lacks what was written last.
        """
        return self._file.alone()

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
        with self._file.sealing(self._keys.current, _UNWRITTEN) as (key, db):
            self._keys.put_down(key)
            db.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'')",
                (
                    entry, cluster, place, self._clock(), State.INTENDED, kind, title, digest,
                    msgspec.json.encode(list(findings)).decode(), undoes, key.name,
                ),
            )  # fmt: skip
            db.executemany(
                "INSERT INTO writes VALUES (?, ?, ?, ?)",
                [
                    (entry, number, State.INTENDED, _sealed(key, record, cluster, entry, number))
                    for number, record in enumerate(records)
                ],
            )
        return entry

    def wrote(self, entry: str, number: int, record: Record, state: State = State.APPLIED) -> None:
        """Write down that one write of an entry was made, or taken back."""
        with self._file.sealing(lambda: self._seal_of(entry)) as ((key, cluster), db):
            sealed = _sealed(key, record, cluster, entry, number)
            db.execute(
                "UPDATE writes SET state = ?, record = ? WHERE entry = ? AND number = ?",
                (state, sealed, entry, number),
            )

    def settle(self, entry: str, state: State, detail: str = "", *, undone: str = "") -> None:
        """Write down how an entry ended, and which other one it took back, in one step."""
        with self._file.sealing(lambda: self._seal_of(entry) if detail else None) as (seal, db):
            sealed = seal[0].seal(detail.encode(), seal[1], entry, "detail") if seal else b""
            db.execute(
                "UPDATE entries SET state = ?, detail = ? WHERE id = ?", (state, sealed, entry)
            )
            if undone:
                db.execute("UPDATE entries SET state = ? WHERE id = ?", (State.UNDONE, undone))

    def _seal_of(self, entry: str) -> tuple[Key, str]:
        row = self._row(entry)
        return self._keys.named(row.key), row.cluster

    def entries(self, cluster: str | None = None) -> tuple[Entry, ...]:
        """Return the entries of a cluster, newest first; of all clusters where None is given."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT * FROM entries WHERE ?1 IS NULL OR cluster = ?1"
                " ORDER BY created DESC, rowid DESC",
                (cluster,),
            ).fetchall()
            written = db.execute(
                "SELECT entry, writes.state FROM writes JOIN entries ON entries.id = entry"
                " WHERE ?1 IS NULL OR cluster = ?1 ORDER BY entry, number",
                (cluster,),
            ).fetchall()
        states: dict[str, list[str]] = defaultdict(list)
        for name, state in written:
            states[name].append(state)
        return tuple(self._entry(row, states[row.id]) for row in map(self._checked, rows))

    def entry(self, name: str) -> Entry:
        """Return one entry by its id. Raises `InputError` where there is none."""
        row = self._row(name)
        with self._file.reading() as db:
            states = db.execute(
                "SELECT state FROM writes WHERE entry = ? ORDER BY number", (name,)
            ).fetchall()
        return self._entry(row, [state for (state,) in states])

    def _row(self, name: str) -> _Row:
        with self._file.reading() as db:
            row = db.execute("SELECT * FROM entries WHERE id = ?", (name,)).fetchone()
        if row is None:
            raise InputError(
                f"The journal has no entry {name!r}. `k8sharden journal list` shows them."
            )
        return self._checked(row)

    def _checked(self, row: tuple[object, ...]) -> _Row:
        try:
            return convert(row, _Row)
        except msgspec.MsgspecError as error:
            raise self._odd(error) from error

    def _entry(self, row: _Row, states: Sequence[str]) -> Entry:
        try:
            return Entry(
                row.id, row.cluster, row.place, row.created, row.state, row.kind, row.title,
                row.digest, tuple(decode(row.findings, list[str])), row.undoes, row.key,
                tuple(map(State, states)), bool(row.detail),
                functools.cache(functools.partial(self._contents, row.id)),
            )  # fmt: skip
        except ValueError as error:
            raise self._odd(error) from error

    def _odd(self, error: Exception) -> Damaged:
        return Damaged(self.path, f"what stands in it is no entry: {error}")

    def _contents(self, entry: str) -> Contents:
        """Unseal an entry. Raises `InputError` without its key, and where it was changed."""
        # As it is now: it may have been sealed anew since it was listed.
        row = self._row(entry)
        with told(self.path):
            key = self._keys.named(row.key)
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT number, record FROM writes WHERE entry = ? ORDER BY number", (entry,)
            ).fetchall()
        try:
            return Contents(
                tuple(
                    decode(key.unseal(sealed, row.cluster, row.id, number), Record)
                    for number, sealed in rows
                ),
                key.unseal(row.detail, row.cluster, row.id, "detail").decode()
                if row.detail
                else "",
            )
        except (Unsealable, ValueError, TypeError) as error:
            raise Damaged(self.path, f"entry {row.id} was changed since it was sealed") from error

    def sealed(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return why the contents of entries cannot be had, under the names of their keys.

        It asks the keyring, which can take long, so that what comes after need not.
        """
        why: dict[str, str] = {}
        for name in sorted({entry.key for entry in entries}):
            try:
                with told(self.path):
                    self._keys.named(name)
            except InputError as error:
                why[name] = str(error)
        return why

    def new_key(self) -> tuple[int, int]:
        """Seal everything with new keys; return how many entries were, and how many were left.

        Left is what an older key sealed that is not to be had: it stays as it is, under that key.
        Older keys stay where they are, for copies of the journal that were made before.
        """
        with self._file.sealing(self._keys.anew, "Nothing was changed.") as (keys, db):
            return renew(db, self._keys, keys)

    def remove(self, entries: Iterable[Entry]) -> None:
        """Remove entries for good: what they did can no longer be taken back."""
        with self._file.writing("Nothing was removed.") as db:
            names = [(entry.id,) for entry in entries]
            db.executemany("DELETE FROM writes WHERE entry = ?", names)
            db.executemany("DELETE FROM entries WHERE id = ?", names)

    def forget(self, cluster: str) -> None:
        """Remove the entries of a cluster that is no more, as when training begins anew."""
        self.remove(self.entries(cluster))


def _sealed(key: Key, record: Record, cluster: str, entry: str, number: int) -> bytes:
    return key.seal(msgspec.json.encode(record), cluster, entry, number)
