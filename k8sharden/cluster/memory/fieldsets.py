"""Sets of fields, and the form in which ``managedFields`` writes them.

A path's steps are ``f:name`` for a field and ``k:{…}`` or ``v:…`` for an element of a list that is
merged by its keys or is a set. Source: structured-merge-diff, v6, fieldpath/serialize.go.
"""

import json
from collections.abc import Iterator, Mapping, Set  # noqa: PYI025 - not set
from typing import Any

from k8sharden.cluster.memory import schema
from k8sharden.cluster.memory.schema import Field
from k8sharden.cluster.memory.store import Object
from k8sharden.model.kinds import ResourceType

Path = tuple[str, ...]
Paths = Set[Path]
_SERVERS_OWN = ("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
                "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink",
                "generateName")  # fmt: skip


def owned(kind: ResourceType, value: Object) -> dict[Path, Any]:
    """Return every field that somebody can own, with its value; the status is nobody's."""
    found: dict[Path, Any] = {}
    type_name = schema.root(kind)
    known = schema.fields(type_name)
    for name, each in value.items():
        if name == "metadata":
            inner = {key: part for key, part in each.items() if key not in _SERVERS_OWN}
            found.update(_walk(known[name], inner, ("f:metadata",), is_root=True))
        elif name in known and name not in ("kind", "apiVersion", "status"):
            found.update(_walk(known[name], each, (f"f:{name}",), is_root=True))
    return found


def _walk(
    field: Field, value: Any, path: Path, *, is_root: bool = False
) -> Iterator[tuple[Path, Any]]:
    """Yield the leaves below a field, and the containers that are themselves owned."""
    children = list(parts(field, value))
    if not children or field.atomic:
        if value or not is_root:
            yield path, value
        return
    if field.pointer or field.type.startswith("{}"):
        yield path, None
    for step, inner, each in children:
        yield from _walk(inner, each, (*path, step))


def parts(field: Field, value: Any) -> Iterator[tuple[str, Field, Any]]:
    """Yield the fields or elements that are merged one by one; none where a value is atomic."""
    known = schema.fields(field.type)
    if isinstance(value, dict) and known and not schema.is_atomic(field.type):
        for name, each in value.items():
            if name in known:
                yield f"f:{name}", known[name], each
    elif isinstance(value, dict) and field.type.startswith("{}") and not field.atomic:
        for name, each in value.items():
            yield f"f:{name}", Field(field.type[2:]), each
    elif isinstance(value, list) and (field.keys or field.set):
        for each in value:
            # An element is owned itself, beside its fields, as what a pointer leads to is.
            yield step_of(field, each), Field(field.type[2:], pointer=True), each


def step_of(field: Field, element: Any) -> str:
    """Return the step that names an element of a list."""
    if field.set:
        return "v:" + _written(element)
    defaults = {"protocol": "TCP"}
    keys = {key: element.get(key, defaults.get(key)) for key in field.keys}
    return "k:" + _written({key: each for key, each in keys.items() if each is not None})


def _written(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def to_json(paths: Paths) -> dict[str, Any]:
    """Write a set as ``fieldsV1``."""
    root: dict[str, Any] = {}
    places = []
    for path in sorted(paths):
        place = root
        for step in path:
            place = place.setdefault(step, {})
        places.append(place)
    for place in places:
        if place:
            place["."] = {}
    return root


def from_json(fields: Mapping[str, Any], path: Path = ()) -> Paths:
    """Read a set from ``fieldsV1``."""
    found: set[Path] = set()
    for step, inner in fields.items():
        if step == ".":
            found.add(path)
        elif inner:
            found |= from_json(inner, (*path, step))
        else:
            found.add((*path, step))
    return found


def show(path: Path) -> str:
    """Write a path as the server's conflicts do: ``.spec.template.spec.containers[name="web"]``."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        elif step.startswith("k:"):
            keys = json.loads(step[2:])
            text += "[" + ",".join(f"{key}={json.dumps(each)}" for key, each in keys.items()) + "]"
        else:
            text += f"[={step[2:]}]"
    return text
