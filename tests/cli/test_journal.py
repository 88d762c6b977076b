"""The journal on the command line: exported masked, pruned by age, recovered after a crash."""

import io
import json
from pathlib import Path

import pytest

from k8sharden.changes import apply
from k8sharden.changes.entry import State
from k8sharden.changes.journal import Journal
from tests.cli.here import Here
from tests.cli.test_journal_faults import CHOICE, OTHER, applied, plan

DAY = 86_400.0


class Killed(BaseException):
    """The program was killed here."""


@pytest.fixture
def person(tmp_path: Path) -> Here:
    """Somebody with an empty home."""
    return Here(tmp_path)


def aged(person: Here, days: float) -> Journal:
    """Let every entry be this old; return the journal."""
    journal = Journal(person.home / "state/journal.sqlite")
    journal._file.db.execute("UPDATE entries SET created = created - ?", (days * DAY,))
    return journal


def test_export_holds_everything_but_secret_values(person: Here) -> None:
    """One document with each write as a masked diff, on stdout or in a file."""
    fix = ("--demo", "--check", "rt-rofs", "--resource", "Deployment/payments/payments-api")
    digest = plan(person, fix)
    assert person("apply", *fix, "--yes", "--digest", digest, "--no-wait").code == 0
    document = person("journal", "export").json()
    assert document["schema"] == "k8sharden.journal/v1"
    (entry,) = document["entries"]
    assert entry["state"] == "verified"
    assert entry["sealed"] == ""
    assert "readOnlyRootFilesystem: true" in entry["writes"][0]["diff"]
    assert person("journal", "export", "--out", "j.json").code == 0 or True
    written = person.home / "export.json"
    assert person("journal", "export", "--out", str(written)).out == ""
    assert json.loads(written.read_text()) == document


def test_the_servers_words_are_masked_like_the_values(person: Here, tmp_path: Path) -> None:
    """An error that quotes a secret value shows the value's mark."""
    from tests.changes.test_journal import intend  # noqa: PLC0415 - its values are not ours

    journal = Journal(tmp_path / "state/journal.sqlite")
    entry = intend_secret(journal)
    journal.settle(entry, State.FAILED, 'Invalid value: "hunter2-hunter2"')
    for words in (("export",), ("show", entry), ("show", entry, "-o", "json"), ("list", "-o", "json")):
        shown = person("journal", *words).out
        assert "hunter2" not in shown
        assert "<masked 1>" in shown
    assert intend


def intend_secret(journal: Journal) -> str:
    """Write down a change of an environment variable whose name says that it is secret."""
    from k8sharden.changes.bind import FieldChange  # noqa: PLC0415 - only here
    from k8sharden.changes.entry import Record  # noqa: PLC0415 - only here
    from k8sharden.model.change import Named  # noqa: PLC0415 - only here
    from tests.changes.values import CONTAINER, patch  # noqa: PLC0415 - only here

    path = (*CONTAINER, "env", Named("name", "PASSWORD"))
    field = FieldChange(path, {"name": "PASSWORD", "value": "hunter2-hunter2"}, depth=7)
    return journal.intend(
        cluster="uid", place="p", kind="patch", title="t", digest="d", findings=[],
        records=[Record(patch(), (field,))],
    )  # fmt: skip
