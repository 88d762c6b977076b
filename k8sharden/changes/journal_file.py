"""The journal's file, opened: who may write into it, and whether all of it is there."""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from k8sharden.changes.database import check, open_file, told
from k8sharden.changes.keys import Keys
from k8sharden.changes.lock import WriterLock
from k8sharden.changes.migration import migrate
from k8sharden.errors import InputError
from k8sharden.model.text import one_line

T = TypeVar("T")

_UNKNOWN = "`k8sharden journal list` says how far it came; look at the cluster, too."


class JournalFile:
    """The database with its keys and its lock.

    Raises `InputError` where the file cannot be opened, is no journal, or is of a newer version.
    """

    def __init__(self, path: Path, *, training: bool) -> None:
        self._path = path
        self._lock = WriterLock(path.with_suffix(".lock"))
        # Before the journal itself: another process may write into both meanwhile.
        noted = self._lock.commits
        self.db, self._notes = open_file(path)
        # Python 3.13 warns of a connection that is left to the garbage collector.
        weakref.finalize(self, self.db.close)
        # Closing it under another thread's statement crashes the interpreter (SQLite 3, measured).
        self._turn = threading.RLock()
        self.keys = Keys(self.db, path, self._turn, training=training)
        migrate(self.db, path, self.keys)
        loss = self._loss(noted)
        self._notes += [loss] if loss else []

    def close(self) -> None:
        """Close it, once no other thread reads or writes it."""
        with self._turn:
            self.db.close()

    def notes(self) -> tuple[str, ...]:
        """Return what a person should be told, each once."""
        said = (*self._notes, *self.keys.notes)
        self._notes.clear()
        self.keys.notes.clear()
        return said

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who writes. Raises `Refused`, and `InputError` for a damaged journal."""
        with self._lock.held() as first:
            if first:
                with self._turn:
                    check(self.db, self._path)
                if loss := self._loss(self._lock.commits):
                    raise InputError(f"{loss} Nothing was changed.")
            yield

    @property
    def busy(self) -> bool:
        """Whether somebody else writes now."""
        return self._lock.busy

    @contextmanager
    def writing(self, what: str = _UNKNOWN) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, or none of it; ``what`` became of the cluster if that fails.

        Raises what `alone` raises.
        """
        with self.alone(), self._turn:
            with told(self._path, what), self.db as db:
                db.execute("BEGIN IMMEDIATE")
                db.execute("UPDATE commits SET count = count + 1")
                commits = self._commits()
                yield db
            self._lock.note(commits)

    @contextmanager
    def sealing(
        self, find: Callable[[], T], what: str = _UNKNOWN
    ) -> Iterator[tuple[T, sqlite3.Connection]]:
        """Find keys first, and then commit what is done with them: a keyring can take its time.

        Raises what `alone` and ``find`` raise.
        """
        with self.alone():
            with told(self._path, what):
                found = find()
            with self.writing(what) as db:
                yield found, db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read, while no other thread of this program uses the file."""
        with self._turn, told(self._path):
            yield self.db

    def _loss(self, noted: int) -> str:
        """Say what is missing of what was once on disk; empty where nothing is."""
        missing = noted - self._commits()
        if missing <= 0:
            return ""
        return (
            f"The journal {one_line(str(self._path), 300)} lacks what was written into it last "
            f"({missing} of {noted} commits): its -wal file was taken away, or an older copy was "
            f"put in its place. Put the right one back, or remove {self._lock.path.name} to go on "
            "with what is left."
        )

    def _commits(self) -> int:
        with self.reading() as db:
            (count,) = db.execute("SELECT count FROM commits").fetchone()
        return int(count)
