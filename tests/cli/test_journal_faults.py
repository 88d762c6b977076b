"""What can befall the journal, as a person meets it: one line, and the cluster is untouched."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import jsonschema
import pytest
from keyring.backends import fail

from k8sharden.export.reports import schema
from tests.changes.keyrings import InMemory, using
from tests.changes.test_lock import held
from tests.cli.here import Here
from tests.e2e.run import MAIN, ROOT, Person

CHOICE = ("--demo", "--check", "rt-seccomp", "--resource", "Deployment/shop/web")
OTHER = ("--demo", "--check", "rt-rofs", "--resource", "Deployment/shop/web")


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty home."""
    return Here(tmp_path)


@pytest.fixture
def ring(person: Person) -> Iterator[InMemory]:
    """A keyring, in which the journal's keys must be."""
    person.environment["K8SHARDEN_JOURNAL_KEY"] = "keyring"
    backend = InMemory()
    with using(backend):
        yield backend


def applied(person: Person) -> str:
    """Apply one fix; return its entry."""
    digest = plan(person, CHOICE)
    done = person("apply", *CHOICE, "--yes", "--digest", digest, "--no-wait")
    assert done.code == 0, done
    listed = person("journal", "list", "-o", "json").json()
    return str(listed[0]["id"])


def plan(person: Person, words: tuple[str, ...] = OTHER) -> str:
    """Return the digest of a plan: another one where the cluster is another."""
    return str(person("plan", *words, "-o", "json").json()["digest"])


def refused(person: Person, code: int = 2) -> str:
    """Try to apply another fix, which must be one line, and leave the cluster alone."""
    before = plan(person)
    tried = person("apply", *OTHER, "--yes", "--digest", before, "--no-wait")
    said = [line for line in tried.err.splitlines() if line.startswith("k8sharden: ")]
    assert tried.code == code, tried
    assert "Traceback" not in tried.err
    assert len(said) == 1, tried.err
    assert plan(person) == before
    return said[0]


def flip(path: Path, *, offset: int = 0) -> None:
    """Flip a few bits in each page but the first."""
    data = bytearray(path.read_bytes())
    for position in range(4_096 + offset, len(data), 4_096):
        data[position : position + 8] = bytes(byte ^ 0xFF for byte in data[position : position + 8])
    path.write_bytes(data)


def flip_contents(path: Path) -> None:
    """Flip bits where the pages hold what was stored: no structure is hurt."""
    flip(path, offset=4_080)


def halve(path: Path) -> None:
    """Cut a file in two."""
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (flip, "damaged"),
        (flip_contents, "damaged"),
        (halve, "is damaged"),
        (lambda path: os.truncate(path, 0), "it is empty"),
        (lambda path: path.write_bytes(b"something else\n" * 500), "not a database"),
        (lambda path: path.write_bytes(path.read_bytes()[:50]), "is damaged"),
        (lambda path: path.unlink(), "lacks what was written into it last"),
    ],
    ids=["flipped", "contents", "halved", "empty", "other", "stub", "gone"],
)
def test_a_damaged_journal(person: Person, harm: Callable[[Path], object], words: str) -> None:
    """It is named with what to do, and nothing is applied that could not be taken back."""
    applied(person)
    harm(person.home / "state/journal.sqlite")
    said = refused(person)
    assert words in said
    assert "journal.sqlite" in said
    listed = person("journal", "list")
    assert "Traceback" not in listed.err
    assert listed.code in (0, 2)
    # As the sentence says: moved away with its lock file, it makes room for a new one.
    for file in (person.home / "state").glob("journal.*"):
        file.unlink()
    assert person("apply", *OTHER, "--yes", "--digest", plan(person), "--no-wait").code == 0


def test_one_changed_entry(person: Person) -> None:
    """An entry that was changed under its seal is neither shown nor taken back."""
    entry = applied(person)
    with closing(sqlite3.connect(person.home / "state/journal.sqlite")) as db:
        db.execute("UPDATE writes SET record = zeroblob(length(record))")
        db.commit()
    assert "was changed since it was sealed" in person("journal", "show", entry).one_line(2)
    assert "was changed since it was sealed" in person("journal", "undo", entry, "--demo").one_line(
        2
    )
    assert entry in person("journal", "list").out


def test_a_disk_that_is_full(person: Person) -> None:
    """Where no file may grow the intent is not on disk, and so nothing is sent."""
    before = plan(person)
    folder = person.home / "state"
    for limit in (0, 16_384, 40_000):
        shutil.rmtree(folder, ignore_errors=True)
        tried = subprocess.run(
            [sys.executable, "-c", MAIN, "apply", *OTHER, "--yes", "--digest", before],
            # Compiled modules would be cut off, too, and stay so.
            env={**person.environment, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, check=False,
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)),
        )  # fmt: skip
        assert "Traceback" not in tried.stderr
        assert tried.returncode in (2, 4), tried
        assert "The journal" in tried.stderr
        assert "cannot be" in tried.stderr
        assert not (folder / "training.json").exists(), "the cluster was written to"


@pytest.mark.parametrize("place", ["file/state", "/proc/nowhere/state"])
def test_a_home_that_cannot_be_written(person: Person, place: str) -> None:
    """The folder is named, and another one can be."""
    (person.home / "file").write_text("")
    state = str(person.home / place)
    before = plan(person)
    tried = person("apply", *OTHER, "--yes", "--digest", before, env={"K8SHARDEN_STATE": state})
    said = tried.err.splitlines()[-1]
    assert tried.code == 2, tried
    assert "Nothing was changed" in said
    assert "K8SHARDEN_STATE" in said


@pytest.mark.parametrize("absent", [False, True], ids=["locked", "absent"])
def test_a_keyring_that_cannot_be_used(person: Person, ring: InMemory, *, absent: bool) -> None:
    """A new key is kept nowhere else in silence, and an old one is not replaced."""
    words = "none is set up here" if absent else "it is locked"
    ring.locked = True
    useless = fail.Keyring() if absent else ring
    with using(useless):
        said = refused(person)
    assert words in said
    assert "K8SHARDEN_JOURNAL_KEY=file" in said
    ring.locked = False
    entry = applied(person)
    ring.locked = True
    with using(useless):
        assert words in refused(person)
        assert entry in person("journal", "list").out
        for verb in (("show", entry), ("undo", entry, "--demo")):
            assert words in person("journal", *verb).one_line(2)
    assert list((person.home / "state").glob("*.key")) == []
    ring.locked = False
    assert person("journal", "show", entry).code == 0


def test_a_keyring_that_was_emptied(person: Person, ring: InMemory) -> None:
    """What is sealed is listed and exported without its values; a new key is a decision."""
    entry = applied(person)
    kept = dict(ring.kept)
    ring.kept.clear()
    assert "is gone" in refused(person)
    exported = person("journal", "export")
    assert exported.code == 5
    jsonschema.validate(exported.json(), schema("journal"))
    assert exported.json()["entries"][0]["writes"] == [{"state": "applied"}]
    asked = person("journal", "new-key")
    assert asked.code == 4
    assert "give --yes" in asked.err
    assert ring.kept == {}
    assert "1 stay under an older one" in person("journal", "new-key", "--yes").err
    digest = plan(person)
    assert person("apply", *OTHER, "--yes", "--digest", digest, "--no-wait").code == 0
    ring.kept |= kept
    assert person("journal", "show", entry).code == 0


def test_two_processes(person: Person) -> None:
    """The second writer is told who the first is; readers go on, and so does it afterwards."""
    entry = applied(person)
    with held(person.home / "state/journal.sqlite") as other:
        said = refused(person, 4)
        assert f"process {other.pid} on " in said
        for words in (
            ("journal", "recover", "--demo"),
            ("journal", "prune", "--older-than", "0", "--yes"),
            ("journal", "new-key"),
        ):
            assert f"process {other.pid} on " in person(*words).one_line(4)
        assert entry in person("journal", "list").out
        assert person("journal", "show", entry).code == 0
        assert person("journal", "export").code == 0
        assert person("scan", "--demo").code == 0
    digest = plan(person)
    assert person("apply", *OTHER, "--yes", "--digest", digest, "--no-wait").code == 0
