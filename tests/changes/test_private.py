"""What is kept is its owner's alone: narrowed where it can be, refused where it is not ours."""

import os
import stat
from pathlib import Path

import pytest

from k8sharden.changes.journal import Journal
from k8sharden.changes.private import own_folder, write_new
from k8sharden.errors import InputError
from tests.changes.test_journal import intend


def mode(path: Path) -> int:
    """Return what may be done with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_what_others_could_open_is_narrowed_and_that_is_said(tmp_path: Path) -> None:
    """The folder, the file, what SQLite keeps beside it, and the key."""
    folder = tmp_path / "state"
    journal = Journal(folder / "journal.sqlite")
    intend(journal)
    widened = [folder, *(file for file in folder.iterdir() if file.suffix != ".lock")]
    assert {file.suffix for file in widened} >= {".sqlite", ".sqlite-wal", ".sqlite-shm", ".key"}
    for file in widened:
        file.chmod(0o777)
    again = Journal(folder / "journal.sqlite")
    again.entries()[0].contents()
    assert all(mode(file) in (0o600, 0o700) for file in widened)
    notes = again.notes()
    assert len(notes) == len(widened)
    assert all("was open to others (0777); now it is yours alone" in note for note in notes)
    assert Journal(folder / "journal.sqlite").notes() == ()


def test_a_folder_that_many_share_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither /tmp nor somebody's home is narrowed: another folder is asked for."""
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    monkeypatch.setenv("HOME", str(home))
    for folder, before in ((shared, 0o1777), (home, 0o755)):
        with pytest.raises(InputError, match="K8SHARDEN_STATE"):
            Journal(folder / "journal.sqlite")
        assert mode(folder) == before
        assert not list(folder.iterdir())


def test_a_folder_of_somebody_else_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others own they can open again."""
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(InputError, match="not for k8sharden to narrow"):
        own_folder(tmp_path)


def test_a_new_file_is_never_another_one(tmp_path: Path) -> None:
    """What is there already is not written over, and a full disk leaves nothing half."""
    write_new(tmp_path / "new", b"text")
    assert mode(tmp_path / "new") == 0o600
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "new", b"other")
    assert (tmp_path / "new").read_bytes() == b"text"
