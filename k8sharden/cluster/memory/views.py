"""The forms in which objects leave the server: whole, metadata only, or a table.

Source: k8s.io/apiserver, pkg/endpoints/handlers/response.go and k8s.io/kubernetes,
pkg/printers/internalversion, v1.36. Tables have the columns that hold no values: names, types,
counts and ages.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from k8sharden.cluster.memory.failures import Failure
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.store import Object
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

_META = "meta.k8s.io/v1"
_FORMS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


def one(call: Call, value: Object) -> Object:
    """Return an object in the form that was asked for."""
    form = _form(call.request.accept, "PartialObjectMetadata")
    if form == "Table":
        return _table(call.kind, [value], {"resourceVersion": _version(value)})
    return _metadata(value) if form else value


def many(call: Call, items: list[Object], metadata: dict[str, Any]) -> Object:
    """Return a page of a list in the form that was asked for."""
    form = _form(call.request.accept, "PartialObjectMetadataList")
    if form == "Table":
        return _table(call.kind, items, metadata)
    if form:
        return {
            "kind": form,
            "apiVersion": _META,
            "metadata": metadata,
            "items": [_metadata(each) for each in items],
        }
    return {
        "kind": f"{call.kind.kind}List",
        "apiVersion": call.kind.api_version,
        "metadata": metadata,
        # The items of a typed list do not repeat what the list says of them.
        "items": [_bare(each) for each in items],
    }


def _form(accept: str, metadata_form: str) -> str:
    """Read the Accept header; empty for the whole object."""
    for choice in accept.split(","):
        media, *parameters = [part.strip() for part in choice.split(";")]
        asked = dict(part.partition("=")[::2] for part in parameters)
        if media not in ("application/json", "application/*", "*/*"):
            continue
        form = asked.get("as", "")
        if not form or (form in ("Table", metadata_form) and asked.get("g") == "meta.k8s.io"):
            return form
        if form in _FORMS:
            what = "a list" if metadata_form.endswith("List") else "not a list"
            raise _not_acceptable(f"you requested {form}, but the requested object is {what}")
    raise _not_acceptable("406: Not Acceptable")


def _not_acceptable(message: str) -> Failure:
    return Failure(406, "NotAcceptable", message)


def _metadata(value: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": value["metadata"]}


def _bare(value: Object) -> Object:
    return {key: each for key, each in value.items() if key not in ("kind", "apiVersion")}


def _version(value: Object) -> str:
    return str(value["metadata"]["resourceVersion"])


_Column = tuple[str, Callable[[Object], Any]]


def _count(value: Object) -> int:
    return len(value.get("data") or {}) + len(value.get("binaryData") or {})


_COLUMNS: dict[str, tuple[_Column, ...]] = {
    kinds.SECRETS.key: (("Type", lambda value: value.get("type")), ("Data", _count)),
    kinds.CONFIG_MAPS.key: (("Data", _count),),
    kinds.NAMESPACES.key: (("Status", lambda value: (value.get("status") or {}).get("phase")),),
}


def _table(kind: ResourceType, items: list[Object], metadata: dict[str, Any]) -> Object:
    columns: tuple[_Column, ...] = (
        ("Name", lambda value: value["metadata"]["name"]),
        *_COLUMNS.get(kind.key, ()),
        ("Age", _age),
    )
    return {
        "kind": "Table",
        "apiVersion": _META,
        "metadata": metadata,
        "columnDefinitions": [_definition(name) for name, _ in columns],
        "rows": [
            {"cells": [cell(value) for _, cell in columns], "object": _metadata(value)}
            for value in items
        ],
    }


def _definition(name: str) -> Object:
    form = "name" if name == "Name" else ""
    return {"name": name, "type": "string", "format": form, "description": "", "priority": 0}


_STEPS = ((2 * 60, 1, "s"), (3 * 60 * 60, 60, "m"), (48 * 60 * 60, 60 * 60, "h"))


def _age(value: Object) -> str:
    made = value["metadata"].get("creationTimestamp")
    if not made:
        return "<unknown>"
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(made)).total_seconds())
    for below, unit, letter in _STEPS:
        if seconds < below:
            return f"{max(seconds, 0) // unit}{letter}"
    return f"{seconds // (24 * 60 * 60)}d"
