"""The journal: private, durable, and honest about what it cannot use."""

import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from k8sharden.changes.bind import UNSET, FieldChange
from k8sharden.changes.database import SCHEMA
from k8sharden.changes.journal import Journal, Record, State
from k8sharden.errors import InputError
from tests.changes.values import CONTAINER, patch

FIELD = FieldChange((*CONTAINER, "image"), "web:1", "web:2", 7)


def intend(journal: Journal, cluster: str = "uid", undoes: str = "") -> str:
    """Write down one change."""
    return journal.intend(
        cluster=cluster, place="training", kind="patch", title="t", digest="sha256:0",
        findings=["f"], records=[Record(patch(), (FIELD,))], undoes=undoes,
    )  # fmt: skip


def test_entries_come_back_as_they_went_in(tmp_path: Path) -> None:
    """Records survive the file, absent values told apart from null ones."""
    clock = iter([1.0, 2.0])
    journal = Journal(tmp_path / "j.sqlite", clock=lambda: next(clock))
    first, second = intend(journal), intend(journal, undoes="x")
    absent = msgspec.structs.replace(FIELD, before=UNSET, after=None)
    journal.wrote(first, 0, Record(patch(), (absent,)))
    journal.settle(first, State.VERIFIED)
    journal.close()
    newest, oldest = Journal(tmp_path / "j.sqlite").entries("uid")
    assert (newest.id, oldest.id) == (second, first)
    assert oldest.records == ((State.APPLIED, Record(patch(), (absent,))),)
    assert oldest.records[0][1].fields[0].before is UNSET
    assert oldest.undoable
    assert not newest.undoable


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """The folder is 0700 and the file 0600, whatever the umask."""
    journal = Journal(tmp_path / "state" / "j.sqlite")
    intend(journal)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    for file in (tmp_path / "state").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_every_commit_is_synced(tmp_path: Path) -> None:
    """WAL with full synchronisation: an intent is on disk before the write that it announces."""
    journal = Journal(tmp_path / "j.sqlite")
    ask = journal._file.db.execute
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)


def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    """A version that is not known is not guessed at, and not touched."""
    path = tmp_path / "j.sqlite"
    Journal(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(InputError, match="newer version"):
        Journal(path)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    """A file of something else, and a folder in the file's place, give one sentence each."""
    (tmp_path / "j.sqlite").write_bytes(b"not a database at all, but long enough to be one" * 9)
    with pytest.raises(InputError, match="is damaged"):
        Journal(tmp_path / "j.sqlite")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        Journal(tmp_path / "file" / "j.sqlite")


def test_an_undo_settles_both_entries_at_once(tmp_path: Path) -> None:
    """The entry that takes back and the one taken back change state in one step."""
    journal = Journal(tmp_path / "j.sqlite")
    first = intend(journal)
    second = intend(journal, undoes=first)
    journal.settle(second, State.APPLIED, undone=first)
    assert journal.entry(first).state is State.UNDONE
    assert journal.entry(second).state is State.APPLIED


def test_clusters_do_not_mix(tmp_path: Path) -> None:
    """Each cluster has its own entries, and one that is no more can be forgotten."""
    journal = Journal(tmp_path / "j.sqlite")
    mine, other = intend(journal), intend(journal, cluster="other")
    assert [entry.id for entry in journal.entries("uid")] == [mine]
    assert {entry.id for entry in journal.entries()} == {mine, other}
    journal.forget("other")
    assert [entry.id for entry in journal.entries()] == [mine]


def test_an_unknown_entry_is_named(tmp_path: Path) -> None:
    """A wrong id says so and where the right ones are."""
    with pytest.raises(InputError, match="journal list"):
        Journal(tmp_path / "j.sqlite").entry("nope")


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    """What cannot be written down is an error for people, and the entries before it stay."""
    journal = Journal(tmp_path / "j.sqlite")
    kept = intend(journal)
    (pages,) = journal._file.db.execute("PRAGMA page_count").fetchone()
    journal._file.db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(InputError, match="cannot be used"):
        list(map(intend, [journal] * 1_000))
    assert journal.entry(kept).state is State.INTENDED


def test_it_closes_only_between_two_statements(tmp_path: Path) -> None:
    """A thread that writes ends first: SQLite crashes the program where it is closed under one."""
    journal = Journal(tmp_path / "j.sqlite")
    writing, go = threading.Event(), threading.Event()

    def write() -> None:
        with journal._file.writing():
            writing.set()
            go.wait(10)

    threads = [threading.Thread(target=write), threading.Thread(target=journal.close)]
    threads[0].start()
    assert writing.wait(10)
    threads[1].start()
    threads[1].join(0.1)
    assert threads[1].is_alive()
    go.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
