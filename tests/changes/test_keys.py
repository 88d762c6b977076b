"""The journal's keys: kept where they can be found again, and never replaced in silence."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail, null

from k8sharden.changes.entry import State
from k8sharden.changes.journal import Journal
from k8sharden.changes.keys import VARIABLE, KeyMissing
from k8sharden.cluster import keyring_store
from k8sharden.errors import InputError
from tests.changes.keyrings import InMemory, using
from tests.changes.test_journal import intend
from tests.changes.test_migration import old_journal


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    """A keyring of our own, chosen as where nothing is set."""
    monkeypatch.delenv(VARIABLE)
    backend = InMemory()
    with using(backend):
        yield backend


def opened(folder: Path, *, training: bool = False) -> Journal:
    """Open the journal as a new process does."""
    return Journal(folder / "journal.sqlite", training=training)


def key_files(folder: Path) -> list[Path]:
    """Return the files with keys."""
    return list(folder.glob("*.key"))


def test_the_key_is_in_the_keyring_and_nowhere_else(tmp_path: Path, ring: InMemory) -> None:
    """One key for all entries, found again by the next process, and nothing to be said about it."""
    journal = opened(tmp_path)
    first, second = intend(journal), intend(journal)
    assert len(ring.kept) == 1
    assert not key_files(tmp_path)
    assert journal.notes() == ()
    again = opened(tmp_path)
    assert again.entry(first).records == again.entry(second).records
    (secret,) = ring.kept.values()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert secret.encode() not in stored
    assert bytes.fromhex(secret) not in stored


def test_listing_asks_no_keyring(tmp_path: Path, ring: InMemory) -> None:
    """Whoever only lists, or looks for interrupted changes, is not asked to unlock anything."""
    intend(opened(tmp_path))
    ring.asked = 0
    (entry,) = opened(tmp_path).entries()
    assert (entry.interrupted, entry.undoable, ring.asked) == (True, False, 0)


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_without_a_keyring_the_key_is_in_a_file_with_a_warning_said_once(
    tmp_path: Path, backend: type[fail.Keyring | null.Keyring]
) -> None:
    """Where there is none, or one that keeps nothing: a file of 0600, and one sentence."""
    keyring.set_keyring(backend())
    journal = opened(tmp_path)
    entry = intend(journal)
    (file,) = key_files(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    (warning,) = journal.notes()
    assert str(file) in warning
    again = opened(tmp_path)
    assert again.entry(entry).records
    intend(again)
    assert again.notes() == ()
    assert len(key_files(tmp_path)) == 1


def test_a_locked_keyring_stops_before_anything_is_written(tmp_path: Path, ring: InMemory) -> None:
    """Neither a new key in another place nor an entry: one sentence, and it works once unlocked."""
    ring.locked = True
    journal = opened(tmp_path)
    with pytest.raises(InputError, match=r"it is locked\. Nothing was changed"):
        intend(journal)
    assert not journal.entries()
    assert not key_files(tmp_path)
    ring.locked = False
    intend(journal)
    ring.locked = True
    with pytest.raises(InputError, match="it is locked"):
        opened(tmp_path).entries()[0].contents()
    assert journal.entries()[0].records, "the program that has the key goes on with it"


def test_a_keyring_that_does_not_answer_is_left_after_a_while(
    tmp_path: Path, ring: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window that nobody sees is not waited for."""
    import threading  # noqa: PLC0415 - only here

    released = threading.Event()
    monkeypatch.setattr(ring, "_open", lambda _: released.wait(20))
    monkeypatch.setattr(keyring_store, "TIMEOUT", 0.05)
    with pytest.raises(InputError, match="did not answer; is it locked"):
        intend(opened(tmp_path))
    released.set()


def _settle(folder: Path, entry: str) -> None:
    opened(folder).settle(entry, State.FAILED, "the reason")


@pytest.mark.parametrize(
    "do",
    [
        lambda folder, _: intend(opened(folder)),
        _settle,
        lambda folder, _: opened(folder).new_key(),
        lambda folder, _: intend(opened(folder / "first")),
        lambda folder, _: Journal(old_journal(folder / "old")),
    ],
    ids=["intend", "settle", "new key", "first key", "older journal"],
)
def test_nobody_waits_for_a_keyring_that_prompts(
    tmp_path: Path,
    ring: InMemory,
    monkeypatch: pytest.MonkeyPatch,
    do: Callable[[Path, str], object],
) -> None:
    """While a keyring asks its owner, no file of a journal is locked against other processes."""
    for name in ("first", "old"):
        (tmp_path / name).mkdir()
    entry = intend(opened(tmp_path))
    looks: list[bool] = []

    def prompting(_service: str) -> None:
        for path in tmp_path.rglob("journal.sqlite"):
            with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db:
                db.execute("BEGIN IMMEDIATE")
                db.execute("ROLLBACK")
                looks.append(True)

    monkeypatch.setattr(ring, "_open", prompting)
    do(tmp_path, entry)
    assert looks, "the keyring was asked"


def test_an_emptied_keyring_is_no_reason_for_a_new_key(tmp_path: Path, ring: InMemory) -> None:
    """What is sealed is listed and not lost: no new key, no entry, one sentence that says so."""
    journal = opened(tmp_path)
    entry = intend(journal)
    kept = dict(ring.kept)
    ring.kept.clear()
    again = opened(tmp_path)
    with pytest.raises(KeyMissing, match="is gone"):
        intend(again)
    with pytest.raises(KeyMissing, match="is gone"):
        again.settle(entry, State.FAILED, "why")
    with pytest.raises(KeyMissing):
        again.entry(entry).contents()
    assert [known.title for known in again.entries()] == ["t"]
    assert list(again.sealed(again.entries()).values()) != []
    assert ring.kept == {}
    ring.kept.update(kept)
    assert again.entry(entry).records, "the key is back, and is found at once"


@pytest.mark.parametrize("wrong", ["00" * 32, "no key at all"])
def test_a_wrong_key_is_told(tmp_path: Path, ring: InMemory, wrong: str) -> None:
    """Another key in the right place is named as that."""
    intend(opened(tmp_path))
    ring.kept = dict.fromkeys(ring.kept, wrong)
    journal = opened(tmp_path)
    with pytest.raises(KeyMissing, match="does not open it"):
        journal.entries()[0].contents()
    with pytest.raises(KeyMissing, match="does not open it"):
        intend(journal)


def test_a_key_that_seals_nothing_is_replaced(tmp_path: Path, ring: InMemory) -> None:
    """Where every entry was removed no entry can be lost, and a lost key is in nobody's way."""
    journal = opened(tmp_path)
    intend(journal)
    journal.forget("uid")
    ring.kept.clear()
    again = opened(tmp_path)
    assert again.entry(intend(again)).records
    assert len(ring.kept) == 1


def test_the_training_cluster_needs_no_keyring(tmp_path: Path, ring: InMemory) -> None:
    """Its key is in a file without a word; a real cluster beside it has its own in the keyring."""
    ring.locked = True
    training = opened(tmp_path, training=True)
    intend(training, cluster="training")
    assert training.notes() == ()
    ring.locked = False
    intend(opened(tmp_path))
    assert len(key_files(tmp_path)) == len(ring.kept) == 1
    assert len({entry.key for entry in training.entries()}) == 2


@pytest.mark.parametrize(
    ("word", "training", "in_file"),
    [("file", False, True), ("keyring", True, False), ("", True, True), ("", False, False)],
)
def test_the_environment_decides_where_a_key_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, *, training: bool, in_file: bool
) -> None:
    """`file` and `keyring` are obeyed for every cluster, without a warning."""
    monkeypatch.setenv(VARIABLE, word)
    journal = opened(tmp_path, training=training)
    intend(journal)
    assert bool(key_files(tmp_path)) is in_file
    assert journal.notes() == ()


def test_what_was_forced_is_not_worked_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`keyring` without a keyring is refused, and so is a word that there is not."""
    keyring.set_keyring(fail.Keyring())
    monkeypatch.setenv(VARIABLE, "keyring")
    with pytest.raises(InputError, match="none is set up here"):
        intend(opened(tmp_path))
    monkeypatch.setenv(VARIABLE, "fiel")
    with pytest.raises(InputError, match="must be keyring or file"):
        intend(opened(tmp_path))
    assert not key_files(tmp_path)


def test_a_new_key_seals_everything_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ring: InMemory
) -> None:
    """A key moves from a file to the keyring, and the old one opens nothing any more."""
    monkeypatch.setenv(VARIABLE, "file")
    journal = opened(tmp_path)
    entry = intend(journal)
    journal.settle(entry, State.FAILED, "the reason")
    before = journal.entry(entry)
    monkeypatch.setenv(VARIABLE, "keyring")
    assert journal.new_key() == (1, 0)
    for file in key_files(tmp_path):
        file.unlink()
    after = opened(tmp_path).entry(entry)
    assert (after.records, after.detail) == (before.records, "the reason")
    assert after.key != before.key
    assert len(ring.kept) == 1


def test_a_new_key_leaves_what_it_cannot_open(tmp_path: Path, ring: InMemory) -> None:
    """After a loss new entries are sealed anew, and the old ones open once their key is back."""
    old = intend(opened(tmp_path))
    kept = dict(ring.kept)
    ring.kept.clear()
    journal = opened(tmp_path)
    assert journal.new_key() == (0, 1)
    new = intend(journal)
    assert journal.entry(new).records
    with pytest.raises(KeyMissing):
        journal.entry(old).contents()
    ring.kept |= kept
    assert journal.entry(old).records == journal.entry(new).records
