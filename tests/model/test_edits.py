"""Tests of edits applied to values."""

import copy
from typing import Any

import pytest

from k8sharden.model.change import AddElement, Edit, Named, RemoveField, SetField
from k8sharden.model.edits import EditConflict, edited

POD: dict[str, Any] = {
    "spec": {
        "nothing": None,
        "containers": [{"name": "web", "image": "a"}, {"name": "log", "image": "b"}],
        "twins": [{"name": "x"}, {"name": "x"}],
    }
}
WEB = ("spec", "containers", Named("name", "web"))


def result(*edits: Edit) -> Any:
    """The pod's spec after these edits."""
    return edited(POD, edits)["spec"]


def test_setting_makes_missing_and_null_parents() -> None:
    """Parents that are missing or null become mappings."""
    assert result(SetField((*WEB, "securityContext", "runAsNonRoot"), value=True))["containers"][
        0
    ] == {"name": "web", "image": "a", "securityContext": {"runAsNonRoot": True}}
    assert result(SetField(("spec", "nothing", "a", "b"), 1))["nothing"] == {"a": {"b": 1}}


def test_setting_an_element_replaces_it() -> None:
    """A path that ends in a name replaces the whole element."""
    assert result(SetField(WEB, {"name": "web"}))["containers"][0] == {"name": "web"}


def test_removing_takes_fields_and_elements_away() -> None:
    """A key goes, even where it is null, and so does a named element."""
    assert "nothing" not in result(RemoveField(("spec", "nothing")))
    assert [item["name"] for item in result(RemoveField(WEB))["containers"]] == ["log"]


def test_adding_makes_the_list_where_it_is_missing_or_null() -> None:
    """An element is appended; the list is made for it."""
    tmp = {"name": "tmp", "emptyDir": {}}
    assert result(AddElement(("spec", "volumes"), "name", tmp))["volumes"] == [tmp]
    assert result(AddElement(("spec", "nothing"), "name", tmp))["nothing"] == [tmp]
    assert result(AddElement(("spec", "containers"), "name", tmp))["containers"][2] == tmp


def test_edits_build_on_each_other_and_leave_their_input_alone() -> None:
    """Edits apply in order, on a copy, and share nothing with the values they were given."""
    before = copy.deepcopy(POD)
    added = {"name": "tmp", "emptyDir": {}}
    tmp = ("spec", "volumes", Named("name", "tmp"))
    after = result(
        AddElement(("spec", "volumes"), "name", added), SetField((*tmp, "emptyDir", "x"), 1)
    )
    assert after["volumes"] == [{"name": "tmp", "emptyDir": {"x": 1}}]
    assert before == POD
    assert added == {"name": "tmp", "emptyDir": {}}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (SetField((), 1), "needs a path"),
        (SetField(("spec", "containers", Named("name", "no"), "image"), "x"), "there is none"),
        (SetField(("spec", "twins", Named("name", "x"), "a"), 1), "there are 2"),
        (SetField(("spec", "volumes", Named("name", "x"), "a"), 1), "There is no spec.volumes"),
        (SetField((*WEB, "image", "tag"), 1), "holds no fields"),
        (SetField(("spec", Named("name", "web"), "image"), 1), "is no list"),
        (RemoveField(("spec", "volumes")), "There is no spec.volumes to remove"),
        (RemoveField(("status", "phase")), "There is no status"),
        (AddElement(("spec", "containers"), "name", {"name": "web"}), "already"),
        (AddElement(WEB, "name", {"name": "web"}), "not a list"),
        (AddElement(("spec",), "name", {"name": "web"}), "is no list"),
    ],
)
def test_a_value_that_is_not_as_expected_is_refused(edit: Edit, words: str) -> None:
    """What is missing, ambiguous or of another type is named in one sentence."""
    with pytest.raises(EditConflict, match=words):
        edited(POD, (edit,))
