"""Many edits made together mean what they mean one after the other."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from k8sharden.export.nodes import node_of
from k8sharden.export.places import style_of
from k8sharden.export.regions import edit_region
from k8sharden.export.yaml_values import read_values, same
from k8sharden.model.change import AddElement, Edit, Named, Path, RemoveField, SetField
from k8sharden.model.edits import EditConflict, edited
from tests.export.texts import edits, texts

thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PODS = """\
spec:
  containers:
  # the program itself
  - name: web  # ours
    image: web:1
  - {name: metrics, image: "metrics:1"}
  - image: tail:1
    name: tail
    ports: [80]
  volumes: []  # none yet
"""


def together(text: str, wanted: tuple[Edit, ...], *, many: int = 0) -> str:
    """Return the text with the edits made together, however few they are."""
    root = node_of(text)
    assert root is not None
    return edit_region(text, wanted, style_of(text, root), many=many)


def element(edit: Edit) -> Path:
    """Return what an edit changes; what is added to a list is told by its name."""
    if isinstance(edit, AddElement):
        return (*edit.path, Named(edit.key, str(edit.value[edit.key])))
    return edit.path


def apart(wanted: list[Edit]) -> bool:
    """Whether no edit changes what another one does, or speaks of: a plan has no others."""
    pairs = combinations([element(edit) for edit in wanted], 2)
    renames = any(edit.path[-1:] == ("name",) for edit in wanted)
    return not renames and all(one[: len(two)] != two[: len(one)] for one, two in pairs)


@thorough
@given(st.data())
def test_edits_made_together_mean_the_edited_value(data: st.DataObject) -> None:
    """Whatever the style of the text and wherever the edits are."""
    value, text = data.draw(texts())
    wanted = tuple(data.draw(st.lists(edits(value), max_size=5).filter(apart)))
    try:
        expected = edited(value, wanted)
    except EditConflict:
        reject()  # the edits want a null to become two different things
    assert same(read_values(together(text, wanted))[0], expected)


def _in(name: str, *steps: str) -> Path:
    return ("spec", "containers", Named("name", name), *steps)


def test_each_container_is_edited_where_it_stands() -> None:
    """In blocks and in braces, with what is between them left alone."""
    volumes: list[Any] = [{"name": "a", "emptyDir": {}}, {"name": "b", "emptyDir": {}}]
    wanted: tuple[Edit, ...] = (
        *(AddElement(("spec", "volumes"), "name", each) for each in volumes),
        SetField(("spec", "hostPID"), value=False),
        SetField(("spec", "os"), {"name": "linux"}),
        *(SetField(_in(name, "ready"), value=True) for name in ("web", "tail", "metrics")),
        SetField(_in("tail", "image"), "tail:2"),
        RemoveField(_in("tail", "ports")),
    )
    result = together(PODS, wanted)
    assert (
        result
        == """\
spec:
  containers:
  # the program itself
  - name: web  # ours
    image: web:1
    ready: true
  - {name: metrics, image: "metrics:1", ready: true}
  - image: tail:2
    name: tail
    ready: true
  volumes:  # none yet
  - name: a
    emptyDir: {}
  - name: b
    emptyDir: {}
  hostPID: false
  os:
    name: linux
"""
    )
    assert result == together(PODS, wanted, many=1000)


@pytest.mark.parametrize(
    "wanted",
    [
        (RemoveField(_in("web")), SetField(_in("tail", "image"), "tail:2")),
        (SetField(("spec", "containers"), []), SetField(("spec", "os"), {})),
        (AddElement(("spec", "containers"), "name", {"name": "new"}), RemoveField(_in("tail"))),
        (
            AddElement(("spec", "containers"), "name", {"name": "new"}),
            SetField(_in("new", "image"), "new:1"),
        ),
    ],
)
def test_edits_of_a_list_and_of_its_elements_go_together(wanted: tuple[Edit, ...]) -> None:
    """Where they depend on each other they are made one after the other."""
    (value,) = read_values(PODS)
    assert same(read_values(together(PODS, wanted))[0], edited(value, wanted))
