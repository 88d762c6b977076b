"""The journal's file: private from its first byte, durable with every commit, and versioned.

SQLite in WAL mode with ``synchronous=FULL``: a commit is on disk before the call returns, so the
intent of a write outlives a crash at any later instant. Source: the SQLite documentation of
``PRAGMA synchronous``.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from k8sharden.errors import InputError

SCHEMA = 1
"""The version of the tables. A journal of a newer one is refused, never guessed at."""

_TABLES = """
CREATE TABLE entries (
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
    detail TEXT NOT NULL
);
CREATE TABLE writes (
    entry TEXT NOT NULL REFERENCES entries (id),
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (entry, number)
);
CREATE INDEX entries_by_cluster ON entries (cluster, created);
"""


def open_file(path: Path) -> sqlite3.Connection:
    """Open the journal's file, making it where there is none.

    Raises `InputError` where it cannot be opened, is no journal, or is of a newer version.
    """
    with told(path, "Nothing was changed."):
        connection = _open(path)
        try:
            _migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """Turn an error of the file into one sentence, with ``what`` became of the cluster."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise InputError(
            f"The journal {path} cannot be used ({error}). {what} Make the file and its folder "
            "writable, or name another folder with K8SHARDEN_STATE."
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    """Open the file, readable by its owner alone from its first byte on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    # One writer at a time is enough; screens read from their worker threads.
    connection = sqlite3.connect(path, timeout=5, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA:
        raise InputError(
            f"The journal {path} is of a newer version ({version}; this k8sharden knows up to "
            f"{SCHEMA}). Upgrade k8sharden; nothing was changed."
        )
    if version == 0:
        connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
