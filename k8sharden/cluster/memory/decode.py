"""From the bytes of a request to an object, with the answers of what cannot be read.

Source: k8s.io/apiserver, pkg/endpoints/handlers/{create,patch}.go, v1.36.
"""

import json
from typing import Any

import msgspec

from k8sharden.cluster.memory import defaults, jsonpatch, schema
from k8sharden.cluster.memory.failures import (
    Failure,
    bad_request,
    patch_refused,
    unreadable_patch,
)
from k8sharden.cluster.memory.mergepatch import merge
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.transport import JSON, JSON_PATCH
from k8sharden.model.decoding import decode
from k8sharden.model.kinds import ResourceType

MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_OPERATION = {"op", "path", "from", "value"}


def body_object(call: Call) -> Object:
    """Return the object that a POST or PUT carries, decoded and with its defaults."""
    kind = call.kind
    value = _parsed(call)
    api_version = value.setdefault("apiVersion", kind.api_version)
    word = value.setdefault("kind", kind.kind)
    version = str(api_version).rpartition("/")[2]
    unreadable = f'{word} in version "{version}" cannot be handled as a {kind.kind}'
    if (api_version, word) != (kind.api_version, kind.kind):
        raise bad_request(
            f"{unreadable}: converting (v1.{word}) to ({_package(kind)}.{kind.kind}): "
            "unknown conversion"
        )
    try:
        read, unknown = typed(kind, value)
    except schema.Undecodable as error:
        raise bad_request(f"{unreadable}: {error}") from error
    if unknown and call.strictness == "Strict":
        raise bad_request(f"{unreadable}: strict decoding error: {_listed(unknown)}")
    _warn(call, unknown)
    return read


def _package(kind: ResourceType) -> str:
    """Return the name of the server's package that holds a kind, as its sentences say it."""
    return kind.group.partition(".")[0] or "core"


def typed(kind: ResourceType, value: Object) -> tuple[Object, list[str]]:
    """Return an object in the server's form, and the paths of its unknown fields.

    Raises `Undecodable`.
    """
    decoder = schema.Decoder(kind.kind)
    read = decoder.object(schema.root(kind), value)
    defaults.fill(kind, read)
    return read, decoder.unknown


def _parsed(call: Call) -> Object:
    try:
        value = json.loads(call.request.body or b"{}")
    except ValueError as error:
        raise bad_request(
            f"the object provided is unrecognized (must be of type {call.kind.kind}): "
            f"couldn't get version/kind; json parse error: {error}"
        ) from error
    if not isinstance(value, dict):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {call.kind.kind}): "
            "couldn't get version/kind; json parse error: json: cannot unmarshal "
            "into Go value of type struct"
        )
    return value


def _listed(unknown: list[str]) -> str:
    return ", ".join(f'unknown field "{path}"' for path in unknown)


def _warn(call: Call, unknown: list[str]) -> None:
    if call.strictness == "Warn":
        call.warnings += [f'unknown field "{path}"' for path in unknown]


def patched(call: Call, old: Object) -> Object:
    """Return what a JSON Patch or a merge patch makes of an object, in the server's form."""
    media = call.request.content_type.partition(";")[0].strip()
    if media == JSON_PATCH:
        value, unknown = _json_patched(call, old)
    elif media == MERGE_PATCH:
        value, unknown = _merged(call, old), []
    else:
        raise Failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    return _retyped(call, value, unknown)


def _json_patched(call: Call, old: Object) -> tuple[Any, list[str]]:
    patch = call.request.body
    try:
        operations = decode(patch, list[dict[str, Any] | None])
    except msgspec.MsgspecError as error:
        raise bad_request(f"error decoding patch: json: {error}") from error
    if len(operations) > jsonpatch.MAX_OPERATIONS:
        raise _too_many(len(operations))
    try:
        value = jsonpatch.apply(old, patch)
    except jsonpatch.PatchError as error:
        raise patch_refused() from error
    odd = [
        f"[{number}].{name}"
        for number, operation in enumerate(operations)
        for name in operation or ()
        if name not in _OPERATION
    ]
    return value, odd


def _too_many(count: int) -> Failure:
    message = (
        "Request entity is too large: The allowed maximum operations in a JSON patch is "
        f"{jsonpatch.MAX_OPERATIONS}, got {count}"
    )
    return Failure(413, "RequestEntityTooLarge", message, {})


def _merged(call: Call, old: Object) -> Any:
    try:
        patch = json.loads(call.request.body)
    except ValueError as error:
        raise bad_request(f"error decoding patch: {error}") from error
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal into map")
    # The server writes what it merged with its keys in order, and complains in that order.
    return json.loads(json.dumps(merge(old, patch), sort_keys=True))


def _retyped(call: Call, value: Any, odd: list[str]) -> Object:
    kind = call.kind
    shown = json.dumps(json.dumps(value, separators=(",", ":")))
    if not isinstance(value, dict):
        raise unreadable_patch(f"{shown}: couldn't get version/kind")
    for name, wanted in (("kind", kind.kind), ("apiVersion", kind.api_version)):
        if value.setdefault(name, wanted) != wanted:
            raise unreadable_patch(f"{shown}: converting to ({kind.kind}): unknown conversion")
    try:
        read, unknown = typed(kind, value)
    except schema.Undecodable as error:
        raise unreadable_patch(f"{shown}: {error}") from error
    if call.strictness == "Strict" and (odd or unknown):
        listed = [f'json patch unknown field "{path}"' for path in odd]
        listed += [f'unknown field "{path}"' for path in unknown]
        raise unreadable_patch(f"{shown}: strict decoding error: {', '.join(listed)}")
    _warn(call, unknown)
    return read


def options(call: Call) -> Object:
    """Return the DeleteOptions of a request's body; empty where there is none."""
    if call.request.content_type.partition(";")[0] != JSON or not call.request.body:
        return {}
    return _parsed(call)
