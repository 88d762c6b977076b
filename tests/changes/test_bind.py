"""Binding: which fields change, and the JSON Patch that changes them."""

import jsonpatch
import pytest
from hypothesis import given

from k8sharden.changes.bind import UNSET, Drift, bind, operations
from k8sharden.model.change import AddElement, Create, Delete, Named, RemoveField, SetField
from k8sharden.model.edits import edited
from tests.changes.values import CONTAINER, SPEC, WEB, deployment, edits, patch

PORT = "/spec/template/spec/containers/1/ports/0"


def test_set_field_is_told_with_its_value_before() -> None:
    """A field that is there is replaced, guarded by its value and its container's name."""
    bound = bind(patch(SetField((*CONTAINER, "image"), "web@sha256:1")), deployment())
    assert [(field.before, field.after) for field in bound.fields] == [("web:1", "web@sha256:1")]
    assert operations(bound, deployment()) == [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "test", "path": "/spec/template/spec/containers/1/name", "value": "web"},
        {"op": "test", "path": "/spec/template/spec/containers/1/image", "value": "web:1"},
        {
            "op": "replace",
            "path": "/spec/template/spec/containers/1/image",
            "value": "web@sha256:1",
        },
    ]


def test_a_number_can_name_an_element() -> None:
    """Ports without a name are told apart by their number, which guards them as a number."""
    port = {"containerPort": 8080, "hostPort": 80}
    live = edited(deployment(), [SetField((*CONTAINER, "ports"), [port])])
    path = (*CONTAINER, "ports", Named("containerPort", 8080), "hostPort")
    bound = bind(patch(RemoveField(path)), live)
    assert operations(bound, live)[2:] == [
        {"op": "test", "path": f"{PORT}/containerPort", "value": 8080},
        {"op": "test", "path": f"{PORT}/hostPort", "value": 80},
        {"op": "remove", "path": f"{PORT}/hostPort"},
    ]


def test_missing_parents_are_added_in_one_step() -> None:
    """The first missing parent is tested to be missing and added with all that is under it."""
    path = (*SPEC, "securityContext", "seccompProfile", "type")
    bound = bind(patch(SetField(path, "RuntimeDefault")), deployment())
    assert bound.fields[0].before is UNSET
    assert operations(bound, deployment())[1:] == [
        {"op": "test", "path": "/spec/template/spec/securityContext", "value": None},
        {
            "op": "add",
            "path": "/spec/template/spec/securityContext",
            "value": {"seccompProfile": {"type": "RuntimeDefault"}},
        },
    ]


def test_label_keys_are_escaped() -> None:
    """A slash in a label's key does not become a step of the pointer."""
    bound = bind(patch(SetField(("metadata", "labels", "a/b"), "x")), deployment())
    assert operations(bound, deployment())[-1]["path"] == "/metadata/labels"
    bound = bind(patch(SetField(("metadata", "annotations", "a/b~"), "x")), deployment())
    assert operations(bound, deployment())[-1]["path"] == "/metadata/annotations/a~1b~0"


def test_what_is_already_so_changes_nothing() -> None:
    """Edits that find their own result leave the write idle."""
    volume = {"name": "tmp", "emptyDir": {}}
    edit = AddElement((*SPEC, "volumes"), "name", volume)
    once = edited(deployment(), [edit])
    assert bind(patch(edit, SetField((*CONTAINER, "image"), "web:1")), once).idle


def test_writes_that_do_not_fit_are_drift() -> None:
    """A name that is taken, an object that is gone, a container that is gone: all refused."""
    with pytest.raises(Drift, match="exists already"):
        bind(Create(WEB, deployment()), deployment())
    with pytest.raises(Drift, match="is gone"):
        bind(Delete(WEB), None)
    with pytest.raises(Drift, match="is gone"):
        bind(patch(RemoveField(("spec", "replicas"))), None)
    with pytest.raises(Exception, match="there is none"):
        bind(
            patch(SetField((*SPEC, "containers", Named("name", "gone"), "image"), "x")),
            deployment(),
        )


@given(edits())
def test_the_patch_means_what_the_edits_mean(drawn: tuple[SetField | AddElement, ...]) -> None:
    """The JSON Patch, applied by an independent library, gives the object that was shown."""
    live = deployment()
    bound = bind(patch(*drawn), live)
    # The library refuses a test of null where nothing is, which the server accepts.
    program = [
        step
        for step in operations(bound, live)
        if not (step["op"] == "test" and step["value"] is None)
    ]
    assert jsonpatch.apply_patch(live, program) == bound.after == edited(live, drawn)
