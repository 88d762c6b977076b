"""The journal on the command line: exported masked, pruned by age, recovered after a crash."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8sharden.changes import apply
from k8sharden.changes.bind import FieldChange
from k8sharden.changes.entry import Record, State
from k8sharden.changes.journal import Journal
from k8sharden.export.reports import schema
from k8sharden.model.change import Named
from k8sharden.places.training import TrainingPlace
from tests.changes.swaps import swap
from tests.changes.test_journal import intend
from tests.changes.values import CONTAINER, patch
from tests.cli.here import Here
from tests.cli.test_journal_faults import CHOICE, applied, plan

DAY = 86_400.0
SECRET = "hunter2-hunter2"  # noqa: S105 - to be looked for


class Killed(BaseException):
    """The program was killed here."""


@pytest.fixture
def person(tmp_path: Path) -> Here:
    """Somebody with an empty home."""
    return Here(tmp_path)


def opened(person: Here) -> Journal:
    """Open the journal beside the program."""
    return Journal(person.home / "state/journal.sqlite")


def changed_secret(journal: Journal, name: str = "PASSWORD") -> str:
    """Write down a change of an environment variable."""
    field = FieldChange((*CONTAINER, "env", Named("name", name)), {"name": name, "value": SECRET})
    return journal.intend(
        cluster="uid", place="p", kind="patch", title="t", digest="d", findings=[],
        records=[Record(patch(), (field,))],
    )  # fmt: skip


def test_export_is_one_document_of_everything(person: Here) -> None:
    """Each entry with what it wrote, on stdout or in a file."""
    entry = applied(person)
    document = person("journal", "export").json()
    jsonschema.validate(document, schema("journal"))
    (exported,) = document["entries"]
    assert (exported["id"], exported["state"], exported["sealed"]) == (entry, "verified", "")
    assert "+          type: RuntimeDefault" in exported["writes"][0]["diff"]
    file = person.home / "export.json"
    assert person("journal", "export", "--out", str(file)).out == ""
    assert json.loads(file.read_text()) == document


def test_show_names_what_the_server_is_asked(person: Here) -> None:
    """Each right of a change, and whether it stays or goes; the same as JSON."""
    change = swap()
    records = [Record(write) for write in change.writes]
    records[-1] = Record(change.writes[-1], reviews=change.reviews)
    entry = opened(person).intend(
        cluster="uid", place="p", kind="group", title="t", digest="d", findings=[],
        records=records,
    )  # fmt: skip
    shown = person("journal", "show", entry).out
    assert "The API server is asked about 6 rights:" in shown
    assert "  stays: get pods/log web-0 in ci (ServiceAccount ci/pipeline)" in shown
    assert "  goes: get /metrics (ServiceAccount ci/pipeline)" in shown
    document = person("journal", "export").json()
    jsonschema.validate(document, schema("journal"))
    (exported,) = document["entries"]
    assert exported["reviews"][1]["resource"] == "pods/log"
    assert [each["allowed"] for each in exported["reviews"]] == [True] * 3 + [False] * 3


def test_what_a_server_said_is_masked_like_the_values(person: Here) -> None:
    """An error that quotes a secret value shows the value's mark, wherever it is shown."""
    journal = opened(person)
    entry = changed_secret(journal)
    journal.settle(entry, State.FAILED, f'Invalid value: "{SECRET}"')
    for words in (
        ["export"],
        ["show", entry],
        ["show", entry, "-o", "json"],
        ["list", "-o", "json"],
    ):
        shown = person("journal", *words).out
        assert SECRET not in shown
        assert shown.count("<masked 1>") == 2


def test_no_value_stands_in_any_file(person: Here) -> None:
    """Neither the journal nor what SQLite keeps beside it, also while it is open."""
    journal = opened(person)
    entry = changed_secret(journal)
    journal.settle(entry, State.FAILED, f'Invalid value: "{SECRET}"')
    files = list((person.home / "state").iterdir())
    assert len(files) == 5
    assert not any(SECRET.encode() in file.read_bytes() for file in files)


def test_prune_asks_and_keeps_what_is_needed(person: Here) -> None:
    """Old entries go on a yes; what stands or was interrupted is named and stays."""
    standing = applied(person)
    journal = opened(person)
    interrupted, failed = changed_secret(journal), changed_secret(journal)
    journal.settle(failed, State.FAILED, "why")
    journal._file.db.execute("UPDATE entries SET created = created - ?", (100 * DAY,))
    assert "Nothing is to be removed" in person("journal", "prune", "--older-than", "200").err
    prune = ("journal", "prune", "--older-than", "90")
    assert person(*prune).code == 4
    assert len(journal.entries()) == 3
    done = person(*prune, "--yes")
    assert done.code == 0
    assert "Kept: 1 entry, interrupted" in done.err
    assert "Kept: 1 entry to take back from" in done.err
    assert {entry.id for entry in journal.entries()} == {standing, interrupted}
    asked = person(*prune, "--standing")
    assert asked.code == 4
    assert "What 1 entry did can then no longer be taken back" in asked.err
    assert person(*prune, "--standing", "--yes").code == 0
    assert [entry.id for entry in journal.entries()] == [interrupted]


def test_the_list_is_of_the_cluster_that_is_named(person: Here) -> None:
    """Without a source it is of all clusters; one that cannot be found is an error."""
    assert person.approve("apply", *CHOICE, "--no-wait").code == 0
    (entry,) = person("journal", "list", "-o", "json").json()
    assert person("journal", "list", "--demo", "-o", "json").json() == [entry]
    assert person("journal", "list", "--context", "nowhere").code == 2


def test_recover_settles_what_a_crash_left(person: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the write: the entry is found written, and can be taken back."""
    digest = plan(person, CHOICE)

    def killed(*_words: Any) -> None:
        raise Killed

    monkeypatch.setattr(apply, "verify", killed)
    with pytest.raises(Killed):
        person("apply", *CHOICE, "--yes", "--digest", digest, "--no-wait")
    monkeypatch.undo()
    (entry,) = person("journal", "list", "-o", "json").json()
    assert entry["state"] == "applied"
    said = person("journal", "recover", "--demo")
    assert said.code == 0
    assert "all of it is on the cluster" in said.err
    assert "No change of this cluster was interrupted" in person("journal", "recover", "--demo").err
    (entry,) = person("journal", "list", "-o", "json").json()
    assert entry["state"] == "verified"
    assert person.approve("journal", "undo", entry["id"], "--demo", "--no-wait").code == 0
    assert plan(person, CHOICE) == digest


def test_a_partial_undo_leaves_out_what_cannot_be_taken_back(person: Here) -> None:
    """Where one of two entries has nothing to take back, the other goes all the same: code 5."""
    before = plan(person, CHOICE)
    gone = applied(person)
    assert person.approve("journal", "undo", gone, "--demo", "--no-wait").code == 0
    undo = ("journal", "undo", gone, applied(person), "--demo", "--no-wait")
    assert person(*undo).code == 4
    done = person.approve(*undo, "--partial")
    assert done.code == 5, done
    assert f"Left out, {gone}: " in done.err
    assert plan(person, CHOICE) == before


def test_recover_goes_on_where_one_entry_cannot_be_settled(person: Here) -> None:
    """Without its key an entry stays open, or is ended by name; the others are settled."""
    uid = TrainingPlace(person.home / "state").source().cluster_uid
    lost = intend(opened(person), uid)
    for file in (person.home / "state").glob("*.key"):
        file.unlink()
    assert person("journal", "new-key", "--yes").code == 0
    odd = intend(opened(person), uid)
    said = person("journal", "recover", "--demo")
    assert said.code == 5
    assert f"{odd}: t. It was interrupted, and Deployment shop/web reads neither" in said.err
    assert f"{lost}: t. It stays as it is: The journal's key" in said.err
    said = person("journal", "recover", "--demo", "--close", lost, "--close", odd)
    assert said.code == 0
    assert "It was ended without a look" in said.err
    assert {entry.state for entry in opened(person).entries()} == {State.FAILED}


def test_a_new_key_is_told(person: Here) -> None:
    """Where nothing was lost it is made without a question, and everything opens as before."""
    entry = applied(person)
    before = person("journal", "show", entry).out
    assert "Sealed 1 entry with a new key; 0 stay" in person("journal", "new-key").err
    assert person("journal", "show", entry).out == before


def test_wider_files_are_mended_with_a_word(person: Here) -> None:
    """What somebody opened to others is closed again at the next look."""
    applied(person)
    (person.home / "state/journal.sqlite").chmod(0o644)
    assert "was open to others (0644)" in person("journal", "list").err
    assert person("journal", "list").err == ""


def test_an_undo_says_which_way_access_goes(person: Here) -> None:
    """What took access away gives it back, and nobody reads the opposite before agreeing."""
    chosen = ("--demo", "--resource", "ClusterRoleBinding//onboarding")
    applied = person.approve("apply", *chosen, "-o", "json").json()
    (entry,) = {change["journal"] for change in applied["changes"]}
    told = person("journal", "undo", entry, "--demo")
    assert told.code == 4
    assert "(create, gives access back, answered " in told.err
    assert "takes access away" not in told.err
