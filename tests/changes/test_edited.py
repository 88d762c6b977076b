"""An object of ours that somebody edited: its undo shows the edits, and what to do."""

from pathlib import Path

from k8sharden.changes.journal import State
from k8sharden.changes.recorded import diff_edited
from k8sharden.changes.reverse import Edited, Rewritten
from k8sharden.model import kinds
from k8sharden.model.masking import Masker
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from tests.changes.test_traffic import ALLOW, allow, planned
from tests.changes.values import WEB, deployment
from tests.cli.here import Here

SECRET = "hunter2-hunter2"  # noqa: S105 - to be looked for
EDIT = "`kubectl edit networkpolicy/allow-ledger -n payments`"


def edited_policy(state: Path) -> str:
    """Make a policy, label it as somebody else would, and return its entry."""
    session = Session(TrainingPlace(state), state)
    plan = planned(session, (allow(),))
    entry = session.apply(plan, plan.digest)[0].entry
    label(session, [{"op": "add", "path": "/metadata/labels", "value": {"team": "ledger"}}])
    session.close()
    return entry


def label(session: Session, operations: list[dict[str, object]]) -> None:
    """Patch the policy behind the journal's back."""
    assert session.place.writer is not None
    session.place.writer.patch(ALLOW, operations)
    session.place.keep()


def test_a_shell_shows_what_was_edited_and_what_to_do(tmp_path: Path) -> None:
    """The undo is refused with the diff and one line of advice; after the advice it goes."""
    person = Here(tmp_path)
    state = person.home / "state"
    entry = edited_policy(state)
    refused = person("journal", "undo", entry, "--demo")
    assert refused.code == 4
    assert "+    team: ledger" in refused.err
    assert EDIT in refused.err
    session = Session(TrainingPlace(state), state)
    label(session, [{"op": "remove", "path": "/metadata/labels"}])
    undo = session.history.undo([entry], session.place.source())
    session.close()
    assert person("journal", "undo", entry, "--demo", "--yes", "--digest", undo.digest).code == 0
    again = Session(TrainingPlace(state), state)
    assert again.history.journal.entry(entry).state is State.UNDONE
    again.close()


def test_secret_values_and_long_edits_are_not_shown() -> None:
    """Values are masked, and of a thousand lines a few are shown with how many more there are."""
    ours, now = deployment(), deployment()
    container = now["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "PASSWORD", "value": SECRET}]
    now["metadata"]["annotations"] = {f"example.com/{n}": "x" * 5_000 for n in range(1_000)}
    text = diff_edited(Rewritten(WEB, ours, now), Masker()).text
    assert SECRET not in text
    assert len(text.splitlines()) == 61
    assert "more lines" in text.splitlines()[-1]
    assert len(text) < 20_000
    assert SECRET not in diff_edited(Rewritten(WEB, ours, {**now, "metadata": {}}), Masker()).text


def test_a_cluster_scoped_object_has_no_namespace_to_edit_it_in() -> None:
    """The advice can be pasted, whatever the object is called."""
    ref = kinds.CLUSTER_ROLES.ref("", "k8sharden:of $(reboot)")
    said = str(Edited(Rewritten(ref, {}, {})))
    assert "`kubectl edit 'clusterrole/k8sharden:of $(reboot)'`" in said
