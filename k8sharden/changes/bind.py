"""Bind a write to the object it meets: exactly which fields change, from what to what.

Binding is pure, so that it is done once for review and once more just before the write; the two
are compared. Sources: RFC 6902 (JSON Patch), RFC 6901 (JSON Pointer).
"""

import copy
from typing import Any

import msgspec

from k8sharden.errors import Refused
from k8sharden.model.change import (
    AddElement,
    Create,
    Delete,
    Edit,
    Named,
    Patch,
    Path,
    RemoveField,
    SetField,
    SetImage,
    Write,
)
from k8sharden.model.edits import apply_edit, find_element
from k8sharden.model.elements import Elements
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

UNSET = msgspec.UNSET


class Drift(Refused):
    """The object is not as the plan expects it: gone, new, or changed by somebody else."""


class FieldChange(msgspec.Struct, frozen=True):
    """One field or list element, before and after; `UNSET` where it is not there.

    ``depth`` counts the steps of ``path`` that were there before: what an undo leaves standing.
    ``at`` is the index of a list element that goes or comes, -1 for one that comes last.
    """

    path: Path
    before: Any = UNSET
    after: Any = UNSET
    depth: int = 0
    at: int = -1


class Bound(msgspec.Struct, frozen=True):
    """A write with the object it changes. ``before`` is None for a create, ``after`` for a delete.

    A patch whose ``fields`` are empty has nothing left to do.
    """

    write: Write
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def ref(self) -> Ref:
        """The object that is written."""
        return self.write.ref

    @property
    def idle(self) -> bool:
        """Whether the object is already as the write wants it."""
        return isinstance(self.write, Patch) and not self.fields


def bind(write: Write, live: dict[str, Any] | None) -> Bound:
    """Bind ``write`` to the object as it is; ``live`` is None where there is none.

    Raises `Drift` where the write does not fit: a create whose name is taken, a patch or delete
    of what is gone, a named list element that is not there.
    """
    match write:
        case Create(manifest=manifest) if live is None:
            return Bound(write, None, manifest)
        case Create(ref=ref):
            raise Drift(f"{ref.label} exists already; somebody else made it. Scan again.")
        case _ if live is None:
            raise Drift(f"{write.ref.label} is gone. Scan again.")
        case Delete():
            return Bound(write, live, None)
        case Patch(edits=edits):
            return _bind_patch(write, live, edits)


def _bind_patch(write: Patch, live: dict[str, Any], edits: tuple[Edit, ...]) -> Bound:
    after, fields, elements = copy.deepcopy(live), [], Elements()
    for edit in edits:
        field = _field(after, edit, elements)
        if field is not None:
            apply_edit(after, edit, elements)
            fields.append(field)
    return Bound(write, live, after, tuple(fields))


def _field(value: dict[str, Any], edit: Edit, elements: Elements) -> FieldChange | None:
    """Return what the edit changes in ``value``, or None where it changes nothing."""
    path, at = edit.path, -1
    if isinstance(edit, AddElement):
        path = (*edit.path, Named(edit.key, str(edit.value[edit.key])))
        at = min(edit.at, len(_items(value, edit.path, elements)))
    before, depth = look(value, path, elements)
    after = UNSET if isinstance(edit, RemoveField) else edit.value
    if before == after:
        return None
    if isinstance(edit, SetImage) and before != edit.before:
        was, now = one_line(edit.before, 200), one_line(str(before), 200)
        raise Drift(f"The image is {now} now, and was {was} at the scan. Scan again.")
    if after is UNSET and isinstance(path[-1], Named) and before is not UNSET:
        # Order can matter: an environment variable may use those before it.
        at = _items(value, path[:-1], elements).index(before)
    return FieldChange(path, before, after, depth, at)


def _items(value: Any, path: Path, elements: Elements) -> list[Any]:
    found = look(value, path, elements)[0]
    return found if isinstance(found, list) else []


def look(value: Any, path: Path, elements: Elements | None = None) -> tuple[Any, int]:
    """Return what stands at ``path`` (`UNSET` where nothing does) and how many steps exist."""
    elements = elements or Elements()
    for depth, step in enumerate(path):
        if isinstance(step, Named):
            found = _element(value, step, elements)
        else:
            found = value.get(step, UNSET) if isinstance(value, dict) else UNSET
        if found is UNSET:
            return UNSET, depth
        value = found
    return value, len(path)


def _element(value: Any, step: Named, elements: Elements) -> Any:
    found = elements.find(value, step.key, step.value) if isinstance(value, list) else []
    return value[found[0]] if found else UNSET


def operations(bound: Bound, live: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the JSON Patch of a bound patch, every step guarded by a ``test``.

    The guards are the resourceVersion, the name of every list element on the way, and each value
    before; the server accepts a ``test`` for null where nothing is.
    """
    version = live["metadata"]["resourceVersion"]
    made = [_test("/metadata/resourceVersion", version)]
    value, elements = copy.deepcopy(live), Elements()
    for field in bound.fields:
        made += _operation(value, field, elements)
        apply_edit(value, as_edit(field), elements)
    return made


def as_edit(field: FieldChange) -> Edit:
    """Return the edit that makes this change again."""
    last = field.path[-1]
    if field.after is UNSET:
        return RemoveField(field.path)
    if isinstance(last, Named) and field.before is UNSET:
        return AddElement(field.path[:-1], last.key, field.after, field.at)
    return SetField(field.path, field.after)


def _operation(
    value: dict[str, Any], field: FieldChange, elements: Elements
) -> list[dict[str, Any]]:
    pointer, guards = "", []
    here: Any = value
    for depth, step in enumerate(field.path[: field.depth]):
        if isinstance(step, Named):
            index = find_element(here, field.path[: depth + 1], elements)
            pointer += f"/{index}"
            guards.append(_test(f"{pointer}/{_escaped(step.key)}", step.value))
            here = here[index]
        else:
            pointer += f"/{_escaped(step)}"
            here = here[step]
    if field.depth == len(field.path):
        return [*guards, _test(pointer, field.before), *_change(pointer, field)]
    return [*guards, *_addition(pointer, field)]


def _change(pointer: str, field: FieldChange) -> list[dict[str, Any]]:
    if field.after is UNSET:
        return [{"op": "remove", "path": pointer}]
    return [{"op": "replace", "path": pointer, "value": field.after}]


def _addition(pointer: str, field: FieldChange) -> list[dict[str, Any]]:
    """Add what is missing from the first missing step on, as one nested value."""
    missing = field.path[field.depth :]
    if isinstance(missing[0], Named):
        place = "-" if field.at < 0 else field.at
        return [{"op": "add", "path": f"{pointer}/{place}", "value": field.after}]
    value = field.after
    for step in reversed(missing[1:]):
        value = [value] if isinstance(step, Named) else {step: value}
    target = f"{pointer}/{_escaped(missing[0])}"
    return [_test(target, None), {"op": "add", "path": target, "value": value}]


def _test(pointer: str, value: Any) -> dict[str, Any]:
    return {"op": "test", "path": pointer, "value": value}


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
