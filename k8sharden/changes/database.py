"""The journal's file: private from its first byte, durable with every commit, and versioned.

SQLite in WAL mode with ``synchronous=FULL``: a commit is on disk before the call returns, so the
intent of a write outlives a crash at any later instant. What is deleted is overwritten. Source: the
SQLite documentation of ``PRAGMA synchronous`` and ``secure_delete``.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from k8sharden.changes.private import own_file, own_folder, sync_folder, write_new
from k8sharden.errors import InputError
from k8sharden.model.text import one_line

SCHEMA = 2
"""The version of the tables. A journal of a newer one is refused, never guessed at."""

TABLES = (
    """CREATE TABLE keys (
        id TEXT PRIMARY KEY,
        training INTEGER NOT NULL,
        store TEXT NOT NULL,
        proof BLOB NOT NULL
    )""",
    """CREATE TABLE entries (
        id TEXT PRIMARY KEY,
        cluster TEXT NOT NULL,
        place TEXT NOT NULL,
        created REAL NOT NULL,
        state TEXT NOT NULL,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        digest TEXT NOT NULL,
        findings TEXT NOT NULL,
        undoes TEXT NOT NULL,
        key TEXT NOT NULL REFERENCES keys (id),
        detail BLOB NOT NULL
    )""",
    """CREATE TABLE writes (
        entry TEXT NOT NULL REFERENCES entries (id),
        number INTEGER NOT NULL,
        state TEXT NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (entry, number)
    )""",
    "CREATE TABLE commits (count INTEGER NOT NULL)",
    "INSERT INTO commits VALUES (0)",
    "CREATE INDEX entries_by_cluster ON entries (cluster, created)",
    f"PRAGMA user_version = {SCHEMA}",
)

_WAL = ("-wal", "-shm")


class Damaged(InputError):
    """The file is there, and is not what was written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The journal {_shown(path)} is damaged ({one_line(why, 200)}). Nothing was changed. "
            "Put a copy from before in its place, or move it away, together with "
            f"{path.stem}.lock, to begin a new one: that cannot take back what the old one could."
        )


@contextmanager
def told(path: Path, what: str = "Nothing was changed.") -> Iterator[None]:
    """Turn an error of the file into one sentence, with ``what`` became of the cluster."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or _garbled(error):
            raise Damaged(path, str(error)) from error
        raise InputError(
            f"The journal {_shown(path)} cannot be used ({one_line(str(error), 300)}). {what} "
            f"{_advice(code, error)}"
        ) from error


def _garbled(error: Exception) -> bool:
    return "decode to UTF-8" in str(error) or "no such table" in str(error)


def _advice(code: int, error: Exception) -> str:
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) in _FULL:
        return "Make room on the disk, or name another folder with K8SHARDEN_STATE."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program holds it: try again when that is done."
    return "Make the file and its folder writable, or name another folder with K8SHARDEN_STATE."


_FULL = (28, 122)
"""ENOSPC and EDQUOT."""


def _shown(path: Path) -> str:
    return one_line(str(path), 300)


def open_file(path: Path) -> tuple[sqlite3.Connection, list[str]]:
    """Open the journal's file, making it where there is none; return also what there is to say.

    Raises `InputError` where it cannot be opened, is no journal, or is of a newer version.
    """
    with told(path):
        notes = own_folder(path.parent)
        if not path.exists():
            _make(path)
        for file in (path, *_beside(path)):
            notes += own_file(file)
        if not path.stat().st_size:
            raise Damaged(path, "it is empty, which a journal never is")
        connection = _connect(path)
        try:
            _known(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection, notes


def _beside(path: Path) -> Iterator[Path]:
    return (path.with_name(path.name + end) for end in _WAL)


def _make(path: Path) -> None:
    """Make an empty journal under another name first: it is there whole, or not at all."""
    if any(file.exists() and file.stat().st_size for file in _beside(path)):
        raise Damaged(path, "it is gone, and what SQLite keeps beside it is still there")
    fresh = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    write_new(fresh, b"")
    try:
        with closing(_connect(fresh)) as db:
            db.execute("BEGIN")
            for statement in TABLES:
                db.execute(statement)
            db.execute("COMMIT")
        _settle_at(fresh, path)
    finally:
        for file in (fresh, *_beside(fresh)):
            file.unlink(missing_ok=True)
    sync_folder(path.parent)


def _settle_at(fresh: Path, path: Path) -> None:
    """Give a file its name, unless another process was first."""
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return
    except OSError:
        # Some file systems know no second name.
        if not path.exists():
            fresh.rename(path)


def _connect(path: Path) -> sqlite3.Connection:
    # One writer at a time is enough; screens read from their worker threads.
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def version(connection: sqlite3.Connection) -> int:
    """Return the version of the tables."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def _known(connection: sqlite3.Connection, path: Path) -> None:
    number = version(connection)
    if number > SCHEMA:
        raise InputError(
            f"The journal {_shown(path)} is of a newer version ({number}; this k8sharden knows up "
            f"to {SCHEMA}). Upgrade k8sharden; nothing was changed."
        )
    if number < 1:
        raise Damaged(path, "it has no version, which a journal always has")


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Look through the whole file, before something relies on it. Raises `InputError`."""
    with told(path):
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    if found != ["ok"]:
        raise Damaged(path, found[0] if found else "no answer")
