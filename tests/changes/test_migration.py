"""Journals of version 1, which held everything readable: sealed when they are opened, or kept."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from k8sharden.changes.bind import FieldChange
from k8sharden.changes.database import SCHEMA
from k8sharden.changes.entry import Record, State
from k8sharden.changes.journal import Journal
from k8sharden.changes.keys import VARIABLE
from k8sharden.changes.sealing import Key
from k8sharden.errors import InputError
from tests.changes.values import CONTAINER, patch

SECRET = "value-that-was-readable"  # noqa: S105 - to be looked for
RECORD = Record(patch(), (FieldChange((*CONTAINER, "image"), SECRET, "web:2", 7),))

VERSION_1 = """
CREATE TABLE entries (
    id TEXT PRIMARY KEY, cluster TEXT NOT NULL, place TEXT NOT NULL, created REAL NOT NULL,
    state TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, digest TEXT NOT NULL,
    findings TEXT NOT NULL, undoes TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TABLE writes (
    entry TEXT NOT NULL REFERENCES entries (id), number INTEGER NOT NULL, state TEXT NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (entry, number)
);
CREATE INDEX entries_by_cluster ON entries (cluster, created);
PRAGMA user_version = 1;
"""


def old_journal(folder: Path, entries: int = 3) -> Path:
    """Write a journal as version 1 did."""
    path = folder / "journal.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(VERSION_1)
        for number in range(entries):
            name = f"{number:08x}"
            db.execute(
                "INSERT INTO entries VALUES"
                " (?, 'uid', 'prod', ?, 'applied', 'patch', 't', 'd', '[\"f\"]', '', ?)",
                (name, float(number), SECRET),
            )
            text = msgspec.json.encode(RECORD).decode()
            db.execute("INSERT INTO writes VALUES (?, 0, 'applied', ?)", (name, text))
        db.commit()
    return path


def readable(folder: Path) -> bool:
    """Whether the value stands in any file as it is."""
    return any(SECRET.encode() in file.read_bytes() for file in folder.iterdir())


@pytest.mark.parametrize("entries", [0, 3, 200])
def test_it_is_sealed_and_nothing_of_it_is_lost(tmp_path: Path, entries: int) -> None:
    """Every entry comes through, and no file holds a value any more, also while it is open."""
    path = old_journal(tmp_path, entries)
    assert readable(tmp_path) is bool(entries)
    journal = Journal(path)
    assert not readable(tmp_path)
    found = journal.entries("uid")
    assert [entry.created for entry in found] == [float(n) for n in reversed(range(entries))]
    for entry in found:
        assert entry.records == ((State.APPLIED, RECORD),)
        assert (entry.detail, entry.findings, entry.state) == (SECRET, ("f",), State.APPLIED)
    journal.close()
    assert not readable(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_what_fails_half_way_leaves_it_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room for it the old journal is whole, and is brought forward the next time."""
    path = old_journal(tmp_path, 50)
    monkeypatch.setattr(Key, "seal", _full_later(Key.seal))
    with pytest.raises(InputError, match="No space left"):
        Journal(path)
    monkeypatch.undo()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (50,)
    monkeypatch.setenv(VARIABLE, "file")
    assert len(Journal(path).entries()) == 50


def _full_later(seal: Callable[..., bytes]) -> Callable[..., bytes]:
    """Seal a few, and then find the disk full."""
    calls = iter(range(1_000))

    def failing(key: Key, text: bytes, *about: str | int) -> bytes:
        if next(calls) > 20:
            raise OSError(28, "No space left on device")
        return seal(key, text, *about)

    return failing
