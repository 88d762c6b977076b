"""Undo: exactly what we wrote is taken back, and nothing that somebody else wrote."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from k8sharden.changes.bind import Drift, bind
from k8sharden.changes.entry import Contents, Entry, Record, State, record_of
from k8sharden.changes.undo import plan_undo, reverse
from k8sharden.model.change import AddElement, Create, Delete, Edit, Patch, SetField, Write
from k8sharden.model.edits import edited
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.kinds import CLUSTER_ROLE_BINDINGS
from tests.changes.values import CONTAINER, SPEC, WEB, deployment, edits, patch

SOURCE = Source(SourceKind.DEMO, "training", "uid")


def done(write: Write, live: dict[str, Any]) -> tuple[Record, dict[str, Any]]:
    """Make a patch on a value; return its record, as the journal reads it back, and the result."""
    bound = bind(write, live)
    record = msgspec.json.decode(msgspec.json.encode(record_of(bound)), type=Record)
    assert bound.after is not None
    return record, bound.after


def entry(name: str, created: float, *records: Record) -> Entry:
    """Return a verified entry of the journal."""
    states = tuple(State.APPLIED for _ in records)
    return Entry(
        name, "uid", "training", created, State.VERIFIED, "patch", name, "", (), "", "", states,
        explained=False, contents=lambda: Contents(records),
    )  # fmt: skip


@given(edits())
def test_undo_restores_every_field(drawn: tuple[Edit, ...]) -> None:
    """Apply, then undo, gives the object from before, parents that we made included."""
    record, after = done(patch(*drawn), deployment())
    back = reverse(record, after)
    assert isinstance(back, Patch)
    assert edited(after, back.edits) == deployment()


@given(edits())
def test_undo_of_undo_restores_the_fix(drawn: tuple[Edit, ...]) -> None:
    """An undo is a write like any other, and can be taken back too."""
    record, after = done(patch(*drawn), deployment())
    second, before = done(reverse(record, after), after)
    third = reverse(second, before)
    assert isinstance(third, Patch)
    assert edited(before, third.edits) == after


def test_undo_keeps_what_others_added_beside_us() -> None:
    """A parent that we made stays where somebody else has put a field into it since."""
    path = (*SPEC, "securityContext", "runAsNonRoot")
    record, after = done(patch(SetField(path, value=True)), deployment())
    theirs = edited(after, [SetField((*SPEC, "securityContext", "fsGroup"), 5)])
    back = reverse(record, theirs)
    assert isinstance(back, Patch)
    assert edited(theirs, back.edits)["spec"]["template"]["spec"]["securityContext"] == {
        "fsGroup": 5
    }


def test_undo_refuses_a_field_that_was_changed_since() -> None:
    """Drift is named by its field, and nothing is taken back."""
    record, after = done(patch(SetField((*CONTAINER, "image"), "web:2")), deployment())
    theirs = edited(after, [SetField((*CONTAINER, "image"), "web:3")])
    with pytest.raises(Drift, match=r"containers\[name=web\]\.image"):
        reverse(record, theirs)
    with pytest.raises(Drift, match="gone"):
        reverse(record, None)


def test_created_objects_are_deleted_only_while_they_are_ours() -> None:
    """An object of the same name that is another one, or that was changed, is left alone."""
    made = Record(
        Create(WEB, deployment()), after=deployment(), uid=deployment()["metadata"]["uid"]
    )
    assert reverse(made, deployment()) == Delete(WEB)
    other = deployment()
    other["metadata"]["uid"] = "2"
    with pytest.raises(Drift, match="left alone"):
        reverse(made, other)
    with pytest.raises(Drift, match="left alone"):
        reverse(made, edited(deployment(), [SetField(("spec", "replicas"), 3)]))
    with pytest.raises(Drift, match="gone already"):
        reverse(made, None)


def test_deleted_objects_come_back_only_where_nobody_made_another() -> None:
    """A delete is undone by a create, and never over somebody's new object."""
    gone = Record(Delete(WEB), before=deployment())
    back = reverse(gone, None)
    assert isinstance(back, Create)
    assert back.manifest == deployment()
    with pytest.raises(Drift, match="exists again"):
        reverse(gone, deployment())


def test_entries_on_one_object_are_undone_newest_first() -> None:
    """Two entries that set the same field come back together, and the older not alone."""
    first, middle = done(patch(SetField((*CONTAINER, "image"), "web:2")), deployment())
    second, live = done(patch(SetField((*CONTAINER, "image"), "web:3")), middle)
    older, newer = entry("older", 1, first), entry("newer", 2, second)
    both = plan_undo([older, newer], SOURCE, lambda _: live)
    assert [planned.undoes for planned in both.changes] == ["newer", "older"]
    assert both.changes[-1].bound[-1].after == deployment()
    alone = plan_undo([older], SOURCE, lambda _: live)
    assert not alone.changes
    assert alone.unfixed[0].finding == "older"


def test_an_entry_is_taken_back_once() -> None:
    """An entry that is undone already stays so."""
    record, live = done(patch(AddElement((*SPEC, "volumes"), "name", {"name": "v"})), deployment())
    undone = msgspec.structs.replace(entry("e", 1, record), state=State.UNDONE)
    plan = plan_undo([undone], SOURCE, lambda _: live)
    assert "nothing to take back" in plan.unfixed[0].reason


def test_access_that_comes_back_is_told_of() -> None:
    """Taking back what took a binding away warns of it; other objects come back without a word."""
    binding = CLUSTER_ROLE_BINDINGS.ref("", "ci")
    value = {"kind": "ClusterRoleBinding", "metadata": {"name": "ci"}}
    for ref, before, warned in ((binding, value, True), (WEB, deployment(), False)):
        gone = entry("one", 1.0, Record(Delete(ref), before=before))
        plan = plan_undo([gone], SOURCE, lambda _ref: None)
        (change,) = (planned.change for planned in plan.changes)
        assert any("gives back the access" in word for word in change.warnings) is warned
