"""Recorded writes, shown: only what was touched, in its place, and no secret value."""

from typing import Any

import msgspec

from k8sharden.changes.bind import bind
from k8sharden.changes.journal import Record, record_of
from k8sharden.changes.recorded import diff_record
from k8sharden.model.change import Create, Delete, Named, Patch, RemoveField, SetField
from k8sharden.model.masking import Masker
from k8sharden.model.ref import Ref

REF = Ref("apps/v1", "Deployment", "shop", "web")
SECRET = "swordfish"  # noqa: S105 - a value to look for


def deployment() -> dict[str, Any]:
    """Return a Deployment with a password in the environment."""
    env = [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "MODE", "value": "fast"}]
    containers = [{"name": "web", "image": "web:1", "env": env}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": "web", "uid": "u"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


CONTAINER = ("spec", "template", "spec", "containers", Named("name", "web"))


def shown(record: Record) -> str:
    """Return the diff of a record."""
    return diff_record(record, Masker()).text


def test_a_patch_shows_the_touched_fields_only() -> None:
    """The image stands in its container, before and after; the rest of the object is left out."""
    write = Patch(REF, (SetField((*CONTAINER, "image"), "web:2"),))
    text = shown(record_of(bind(write, deployment())))
    assert "-          image: web:1\n+          image: web:2\n" in text
    assert "MODE" not in text


def test_a_secret_value_is_masked() -> None:
    """A changed password shows that it changed, and neither value."""
    path = (*CONTAINER, "env", Named("name", "DB_PASSWORD"), "value")
    write = Patch(REF, (SetField(path, "perch"),))
    text = shown(record_of(bind(write, deployment())))
    assert "<masked 1>" in text
    assert "<masked 2>" in text
    assert SECRET not in text
    assert "perch" not in text


def test_a_removed_list_element_is_masked_too() -> None:
    """Taking a variable away shows its name, not its value."""
    write = Patch(REF, (RemoveField((*CONTAINER, "env", Named("name", "DB_PASSWORD"))),))
    text = shown(record_of(bind(write, deployment())))
    assert "DB_PASSWORD" in text
    assert SECRET not in text


def test_a_field_set_after_its_parent_shows_both() -> None:
    """A later edit inside an earlier one's value is not lost, nor does it change the record."""
    edits = (
        SetField((*CONTAINER, "securityContext"), {"privileged": False}),
        SetField((*CONTAINER, "securityContext", "readOnlyRootFilesystem"), value=True),
    )
    record = record_of(bind(Patch(REF, edits), deployment()))
    before = msgspec.json.encode(record)
    text = shown(record)
    assert "+            privileged: false\n+            readOnlyRootFilesystem: true\n" in text
    assert msgspec.json.encode(record) == before


def test_created_and_deleted_objects_are_shown_whole() -> None:
    """A create is a new file, a delete one that goes."""
    made = msgspec.structs.replace(record_of(bind(Create(REF, deployment()), None)))
    made = msgspec.structs.replace(made, after=deployment())
    assert "new file mode" in shown(made)
    gone = shown(record_of(bind(Delete(REF), deployment())))
    assert "deleted file mode" in gone
    assert SECRET not in gone
