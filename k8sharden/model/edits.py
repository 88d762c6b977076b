"""Edits applied to a value: what an object means after a change, whatever wrote it."""

import copy
from collections.abc import Iterable
from typing import Any

from k8sharden.errors import Refused
from k8sharden.model.change import (
    AddElement,
    Edit,
    Named,
    Path,
    RemoveField,
    SetField,
    SetImage,
    show_path,
)
from k8sharden.model.elements import Elements
from k8sharden.model.text import one_line


class EditConflict(Refused):
    """The value is not as the edit expects it: something is missing, twice there, or no list."""


def edited(value: dict[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """Return a deep copy of ``value`` with the edits applied in their order.

    `SetField` makes the parents that are missing or null; a list element must be there, once.
    `RemoveField` wants the field there, even where it is null. `AddElement` makes the list where
    it is missing or null, and refuses a name that is taken. `SetImage` wants the reference there
    that was judged. Raises `EditConflict`.
    """
    result = copy.deepcopy(value)
    elements = Elements()
    for edit in edits:
        apply_edit(result, edit, elements)
    return result


def apply_edit(value: dict[str, Any], edit: Edit, elements: Elements) -> None:
    """Apply one edit to ``value`` itself, as `edited` does. Raises `EditConflict`.

    ``elements`` is the same for all edits of one value.
    """
    if not edit.path:
        raise EditConflict("An edit of a whole object is none: it needs a path to a field.")
    match edit:
        case SetField():
            parent = _walk(value, edit.path, elements, make=True)
            _put(parent, edit.path, copy.deepcopy(edit.value), elements)
        case SetImage():
            _set_image(_walk(value, edit.path, elements, make=False), edit)
        case RemoveField():
            _remove(_walk(value, edit.path, elements, make=False), edit.path, elements)
        case AddElement():
            _add(_walk(value, edit.path, elements, make=True), edit, elements)


def find_element(items: Any, path: Path, elements: Elements) -> int:
    """Return the index of the element that the last step of ``path`` names, in the list ``items``.

    Raises `EditConflict` where that is no list, or where not exactly one element has the name.
    """
    step = path[-1]
    assert isinstance(step, Named)  # noqa: S101 - callers have looked at the step
    if not isinstance(items, list):
        raise EditConflict(f"{_shown(path[:-1])} is no list, so {_shown(path)} is not in it.")
    found = elements.find(items, step.key, step.value)
    if len(found) == 1:
        return found[0]
    what = "there is none" if not found else f"there are {len(found)}"
    raise EditConflict(f"{_shown(path)} cannot be told: {what}.")


def _walk(value: dict[str, Any], path: Path, elements: Elements, *, make: bool) -> Any:
    """Return what holds the last step of ``path``, making the mappings on the way if asked to."""
    here: Any = value
    for depth, step in enumerate(path[:-1], start=1):
        if isinstance(step, Named):
            here = here[find_element(here, path[:depth], elements)]
            continue
        mapping = _mapping(here, path[: depth - 1])
        if mapping.get(step) is None:
            if isinstance(path[depth], Named) or not make:
                raise EditConflict(f"There is no {_shown(path[:depth])}.")
            mapping[step] = {}
        here = mapping[step]
    return here


def _put(parent: Any, path: Path, new: Any, elements: Elements) -> None:
    if isinstance(path[-1], Named):
        parent[find_element(parent, path, elements)] = new
        elements.forget(parent)
    else:
        _mapping(parent, path[:-1])[path[-1]] = new
        _forget_renamed(path, elements)


def _forget_renamed(path: Path, elements: Elements) -> None:
    """Forget everything where an edit gives an element another name."""
    above = path[-2] if len(path) > 1 else ""
    if isinstance(above, Named) and above.key == path[-1]:
        elements.forget_all()


def _set_image(parent: Any, edit: SetImage) -> None:
    holder, field = _mapping(parent, edit.path[:-1]), str(edit.path[-1])
    if holder.get(field) not in [edit.before, edit.value]:
        now, was = one_line(str(holder.get(field)), 200), one_line(edit.before, 200)
        raise EditConflict(f"{_shown(edit.path)} is {now} now, and was {was}.")
    holder[field] = edit.value


def _remove(parent: Any, path: Path, elements: Elements) -> None:
    if isinstance(path[-1], Named):
        del parent[find_element(parent, path, elements)]
        elements.forget(parent)
        return
    mapping = _mapping(parent, path[:-1])
    if path[-1] not in mapping:
        raise EditConflict(f"There is no {_shown(path)} to remove.")
    del mapping[path[-1]]
    _forget_renamed(path, elements)


def _add(parent: Any, edit: AddElement, elements: Elements) -> None:
    step = edit.path[-1]
    if isinstance(step, Named):
        raise EditConflict(f"{_shown(edit.path)} is an element, not a list to add one to.")
    mapping = _mapping(parent, edit.path[:-1])
    items = mapping.get(step)
    if items is None:
        items = mapping[step] = []
    if not isinstance(items, list):
        raise EditConflict(f"{_shown(edit.path)} is no list.")
    name = edit.value.get(edit.key)
    if elements.find(items, edit.key, name):
        raise EditConflict(f"{_shown(edit.path)} has an element with {edit.key} {name!r} already.")
    elements.insert(items, len(items) if edit.at < 0 else edit.at, copy.deepcopy(edit.value))


def _mapping(value: Any, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise EditConflict(f"{_shown(path) or 'The object'} holds no fields.")
    return value


def _shown(path: Path) -> str:
    return one_line(show_path(path), 200)
