"""Server-side apply: create, or merge what is named and answer conflicts with other managers.

Source: Kubernetes documentation, "Server-Side Apply"; structured-merge-diff, v6.
"""

import copy
from typing import Any

import yaml

from k8sharden.cluster.memory import decode, managers, schema, writes
from k8sharden.cluster.memory.admission import Admission
from k8sharden.cluster.memory.failures import (
    Cause,
    Failure,
    bad_request,
    cause,
    invalid,
    required,
    wrong_name,
)
from k8sharden.cluster.memory.fieldsets import Path, Paths, from_json, owned, parts, show, step_of
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.schema import Field
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.model.kinds import ResourceType


def apply(store: Store, admission: Admission, call: Call) -> tuple[int, Object]:
    """Apply what a PATCH carries; return 201 and the new object, or 200 and the merged one."""
    applied = _read(call)
    old = store.find(call.kind, call.namespace, call.name)
    named = set(owned(call.kind, applied))
    if old is None:
        value, _ = decode.typed(call.kind, applied)
        return 201, writes.create_value(store, admission, call, value, applied=named)
    taken = _conflicts(call, old, applied)
    merged = _merged(call.kind, old, applied)
    for path in _dropped(call, old, named):
        _remove(Field(schema.root(call.kind)), merged, path)
    value, _ = decode.typed(call.kind, merged)
    value["metadata"].setdefault("name", call.name)
    return 200, writes.update_value(store, admission, call, old, value, applied=named, taken=taken)


def _read(call: Call) -> Object:
    """Return the applied object with exactly the fields that it names, in the server's form."""
    kind, raw = call.kind, _parsed(call)
    shown = f"{kind.group}/{kind.version}, Kind={raw.get('kind', '')}"
    if (raw.get("apiVersion"), raw.get("kind")) != (kind.api_version, kind.kind):
        raise bad_request(f"invalid object type: {shown}")
    metadata = raw.get("metadata") or {}
    about = f"({metadata.get('namespace', '')}/{metadata.get('name', '')}; {shown})"
    decoder = schema.Decoder(kind.kind)
    try:
        read = decoder.object(schema.root(kind), raw)
    except schema.Undecodable as error:
        raise _untyped(about, [str(error)]) from error
    if decoder.unknown:
        told = [f".{path}: field not declared in schema" for path in decoder.unknown]
        raise _untyped(about, told)
    found: Object = _restricted(read, raw)
    found.setdefault("metadata", {}).setdefault("name", call.name)
    if found["metadata"]["name"] != call.name:
        raise wrong_name(found["metadata"]["name"], call.name)
    return found


def _parsed(call: Call) -> Object:
    if not call.query.get("fieldManager"):
        options = ResourceType("meta.k8s.io", "v1", "", "PatchOptions")
        raise invalid(options, "", [required("fieldManager", "is required for apply patch")])
    try:
        value = yaml.load(call.request.body, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {error}") from error
    if not isinstance(value, dict):
        raise bad_request("error decoding YAML: json: cannot unmarshal into a map")
    if (value.get("metadata") or {}).get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    return value


def _untyped(about: str, told: list[str]) -> Failure:
    """Answer what the server calls an internal error: an applied object that has no such form."""
    message = f"failed to create typed patch object {about}: {', '.join(told)}"
    return Failure(500, "", message)


def _restricted(read: Any, raw: Any) -> Any:
    """Leave out of a decoded value what was not written."""
    if isinstance(read, dict) and isinstance(raw, dict):
        return {key: _restricted(each, raw[key]) for key, each in read.items() if key in raw}
    if isinstance(read, list) and isinstance(raw, list):
        return [_restricted(*pair) for pair in zip(read, raw, strict=False)]
    return read


def _conflicts(call: Call, old: Object, applied: Object) -> Paths:
    """Return the fields that are taken from others by force. Raises the 409 without it."""
    before, wanted = owned(call.kind, old), owned(call.kind, applied)
    differ = {path for path, value in wanted.items() if before.get(path, value) != value}
    found: list[tuple[Object, Path]] = []
    for entry in old["metadata"].get("managedFields") or ():
        if (entry["manager"], entry["operation"]) != (call.manager, managers.APPLY):
            found += [(entry, path) for path in sorted(from_json(entry["fieldsV1"]) & differ)]
    if found and call.query.get("force") != "true":
        raise _conflict(found)
    return {path for _, path in found}


def _conflict(found: list[tuple[Object, Path]]) -> Failure:
    causes: list[Cause] = []
    for entry, path in found:
        who = f'conflict with "{entry["manager"]}"'
        if entry["operation"] == managers.UPDATE:
            who += f" using {entry['apiVersion']}"
        causes.append(cause("FieldManagerConflict", show(path), who))
    plural = "s" if len(causes) > 1 else ""
    message = f"Apply failed with {len(causes)} conflict{plural}: {_told(causes)}"
    return Failure(409, "Conflict", message, {"causes": causes})


def _told(causes: list[Cause]) -> str:
    if len(causes) == 1:
        return f"{causes[0]['message']}: {causes[0]['field']}"
    lines = []
    for who in dict.fromkeys(each["message"] for each in causes):
        fields = [each["field"] for each in causes if each["message"] == who]
        plural = who.replace("conflict with", "conflicts with", 1)
        lines.append("\n- ".join([f"{plural}:", *fields]))
    return "\n".join(lines)


def _merged(kind: ResourceType, old: Object, applied: Object) -> Object:
    merged = _merge(Field(schema.root(kind)), copy.deepcopy(old), applied)
    merged["metadata"] |= {"managedFields": old["metadata"].get("managedFields") or []}
    found: Object = merged
    return found


def _merge(field: Field, live: Any, applied: Any) -> Any:
    pieces = list(parts(field, applied))
    if live is None or not pieces:
        return applied
    if isinstance(live, dict):
        for step, inner, each in pieces:
            live[step[2:]] = _merge(inner, live.get(step[2:]), each)
        return live
    places = {step_of(field, each): number for number, each in enumerate(live)}
    for step, inner, each in pieces:
        if step in places:
            live[places[step]] = _merge(inner, live[places[step]], each)
        else:
            live.append(each)
    return live


def _dropped(call: Call, old: Object, named: Paths) -> list[Path]:
    """Return what this manager applied before, names no more, and nobody else owns a part of."""
    mine: set[Path] = set()
    kept = set(named)
    for entry in old["metadata"].get("managedFields") or ():
        is_mine = (entry["manager"], entry["operation"]) == (call.manager, managers.APPLY)
        (mine if is_mine else kept).update(from_json(entry["fieldsV1"]))
    needed = {path[:length] for path in kept for length in range(1, len(path) + 1)}
    return sorted(mine - needed, key=len)


def _remove(field: Field, value: Any, path: Path) -> None:
    """Take the field or element at a path away, where it is there."""
    for step, inner, each in list(parts(field, value)):
        if step == path[0] and len(path) > 1:
            _remove(inner, each, path[1:])
        elif step == path[0]:
            _drop(field, value, step)


def _drop(field: Field, value: Any, step: str) -> None:
    if isinstance(value, dict):
        value.pop(step[2:], None)
    else:
        value[:] = [each for each in value if step_of(field, each) != step]
