"""One writer at a time, and a journal that notices when its newest part is missing."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from k8sharden.changes.journal import Journal
from k8sharden.changes.lock import WriterLock
from k8sharden.errors import InputError, Refused
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from tests.changes.test_journal import intend

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from k8sharden.changes.journal import Journal
journal = Journal(Path(sys.argv[1]))
with journal.alone():
    if len(sys.argv) > 2:
        from tests.changes.test_journal import intend
        [intend(journal) for _ in range(int(sys.argv[2]))]
    print("held", flush=True)
    sys.stdin.read()
"""

WRITE = """
import sys
from pathlib import Path
from k8sharden.changes.journal import Journal
from tests.changes.test_journal import intend
journal = Journal(Path(sys.argv[1]))
while True:
    print(intend(journal), flush=True)
"""


@contextmanager
def held(path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process be the writer meanwhile."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), *arguments],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_writer_is_told_who_writes_and_readers_go_on(tmp_path: Path) -> None:
    """Process, host and time of the other; nothing is written, and the list can be read."""
    journal = Journal(tmp_path / "journal.sqlite")
    kept = intend(journal)
    with held(journal.path) as other:
        with pytest.raises(Refused) as refused:
            intend(journal)
        said = str(refused.value)
        assert f"process {other.pid} on {socket.gethostname()}, since 20" in said
        assert "Nothing was changed" in said
        assert [entry.id for entry in Journal(journal.path).entries()] == [kept]
    assert intend(journal) != kept


def test_what_is_under_way_elsewhere_is_not_called_interrupted(tmp_path: Path) -> None:
    """An entry that another process works on becomes one that was interrupted when that is gone."""
    session = Session(TrainingPlace(tmp_path), tmp_path)
    source = msgspec.structs.replace(session.place.source(), cluster_uid="uid")
    with held(tmp_path / "journal.sqlite", "1") as other:
        assert len(session.history.entries(source)) == 1
        assert session.history.interrupted(source) == ()
        with pytest.raises(Refused, match=f"process {other.pid}"):
            session.history.recover(source)
        other.kill()
        other.wait()
        assert len(session.history.interrupted(source)) == 1


def test_a_moment_is_waited_for(tmp_path: Path) -> None:
    """Who writes a single line elsewhere is no reason to refuse a plan."""
    one, two = WriterLock(tmp_path / "l"), WriterLock(tmp_path / "l")
    taken = threading.Event()

    def briefly() -> None:
        with one.held():
            taken.set()
            time.sleep(0.05)

    thread = threading.Thread(target=briefly)
    thread.start()
    assert taken.wait(10)
    with two.held() as first:
        assert first
    thread.join()


def test_a_killed_writer_is_in_nobodys_way(tmp_path: Path) -> None:
    """The lock goes with its process, and what it committed is there."""
    path = tmp_path / "journal.sqlite"
    with held(path, "3") as other:
        other.kill()
        other.wait()
    journal = Journal(path)
    assert journal.notes() == ()
    assert len(journal.entries()) == 3
    intend(journal)


def test_what_was_on_disk_outlives_every_kill(tmp_path: Path) -> None:
    """Killed anywhere in its writing: what was said to be written is there, whole and readable."""
    path = tmp_path / "journal.sqlite"
    said: list[str] = []
    for pause in (0.0, 0.01, 0.023, 0.037, 0.06, 0.1):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            said.append(process.stdout.readline().strip())
            time.sleep(pause)
            process.kill()
            # The last line may be cut off.
            said += [line.strip() for line in process.stdout if line.endswith("\n")]
        journal = Journal(path)
        assert journal.notes() == ()
        with journal.alone():
            found = {entry.id: entry for entry in journal.entries()}
        assert set(said) <= set(found)
        assert all(entry.contents().records for entry in found.values())
        journal.close()


def test_a_thread_may_take_it_again_and_another_may_not(tmp_path: Path) -> None:
    """What is done while a plan is applied is part of it; another thread of the app is refused."""
    lock = WriterLock(tmp_path / "l")
    refused: list[str] = []

    def other() -> None:
        try:
            with lock.held():
                pass
        except Refused as error:
            refused.append(str(error))

    with lock.held() as first, lock.held() as second:
        assert (first, second) == (True, False)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert refused
    assert f"This program (process {os.getpid()}" in refused[0]
    with lock.held() as first:
        assert first


@pytest.mark.parametrize("note", [b"", b"{", b'{"pid": "x"}', b"\xff" * 600, b'{"since": 1e300}'])
def test_an_odd_lock_file_is_no_obstacle(tmp_path: Path, note: bytes) -> None:
    """What the file says is for people: the lock itself is the operating system's."""
    path = tmp_path / "journal.sqlite"
    (tmp_path / "journal.lock").write_bytes(note)
    intend(Journal(path))


def test_a_lock_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    """A folder in the lock file's place is named, and nothing is written."""
    journal = Journal(tmp_path / "journal.sqlite")
    (tmp_path / "journal.lock").mkdir()
    with pytest.raises(InputError, match=r"cannot be locked.*journal\.lock"):
        intend(journal)
    assert not journal.entries()


def test_a_wal_that_was_taken_away_is_noticed(tmp_path: Path) -> None:
    """What was on disk and is there no more is said to readers, and writers are refused."""
    path = tmp_path / "journal.sqlite"
    intend(Journal(path))
    with held(path, "2") as other:
        other.kill()
        other.wait()
    assert path.with_name("journal.sqlite-wal").stat().st_size
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink()
    journal = Journal(path)
    (note,) = journal.notes()
    assert "lacks what was written into it last" in note
    with pytest.raises(InputError, match="lacks what was written"):
        intend(journal)
    (tmp_path / "journal.lock").unlink()
    intend(journal)


def test_an_older_copy_in_its_place_is_noticed(tmp_path: Path) -> None:
    """A backup that lacks entries would let them be forgotten in silence."""
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    intend(journal)
    journal.close()
    shutil.copy(path, tmp_path / "copy")
    journal = Journal(path)
    intend(journal)
    journal.close()
    shutil.copy(tmp_path / "copy", path)
    with pytest.raises(InputError, match=r"1 of 2 commits"):
        intend(Journal(path))


def test_what_another_thread_works_on_is_no_wreck(tmp_path: Path) -> None:
    """A scan that ends while a plan is applied says nothing of an interruption."""
    opened = Journal(tmp_path / "journal.sqlite")
    seen: list[bool] = []
    with opened.alone():
        intend(opened)
        assert not opened.busy, "whoever writes can recover"
        thread = threading.Thread(target=lambda: seen.append(opened.busy))
        thread.start()
        thread.join()
    assert seen == [True]
    assert not opened.busy
    opened.close()
