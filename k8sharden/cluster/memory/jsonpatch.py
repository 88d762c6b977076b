"""JSON Patch as the API server applies it, which is not quite RFC 6902.

A member that is missing reads as null, so a ``test`` of null on it holds and ``replace`` makes it;
a negative index counts from the end; what stands before a path's first slash is ignored. Above all
``test`` compares scalars as they are *written*: the server writes ``&``, ``<`` and ``>`` as escapes
of six characters, and a patch that writes them otherwise never holds.
Source: gopkg.in/evanphx/json-patch.v4, which the server uses, and the answers of a real server.
"""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

from k8sharden.cluster import gojson
from k8sharden.model.decoding import decode

MAX_OPERATIONS = 10_000
_INDEX = re.compile(r"[+-]?[0-9]+")
_Operation = dict[str, Any]
Tree = Any
"""Objects and lists of JSON whose scalars are their written bytes, and None for null."""


class PatchError(ValueError):
    """The patch does not apply to this object."""


def apply(document: Any, patch: bytes) -> Any:
    """Return the patched copy of a document.

    Raises `PatchError` where the patch does not apply, msgspec.MsgspecError where it is no list of
    objects.
    """
    operations = decode(patch, list[dict[str, msgspec.Raw] | None])
    root = [_tree(gojson.encode(document))]
    for operation in operations:
        read = {name: _tree(bytes(raw)) for name, raw in (operation or {}).items()}
        for name in ("op", "path", "from"):
            read[name] = _text(read.get(name))
        act = _ACTIONS.get(str(read["op"]))
        if act is None:
            raise PatchError(f"unexpected kind: {read['op']}")
        act(root, read)
    return _value(root[0])


def _tree(written: bytes) -> Tree:
    if written.startswith(b"{"):
        members = decode(written, dict[str, msgspec.Raw])
        return {name: _tree(bytes(raw)) for name, raw in members.items()}
    if written.startswith(b"["):
        items = decode(written, list[msgspec.Raw])
        return [_tree(bytes(raw)) for raw in items]
    return None if written == b"null" else written


def _value(tree: Tree) -> Any:
    if isinstance(tree, dict):
        return {name: _value(each) for name, each in tree.items()}
    if isinstance(tree, list):
        return [_value(each) for each in tree]
    return tree if tree is None else json.loads(tree)


def _text(scalar: Tree) -> Any:
    """Return the text of a string; anything else as it is."""
    return json.loads(scalar) if isinstance(scalar, bytes) else scalar


def _parent(root: list[Any], path: Any) -> tuple[Any, str]:
    """Return the container that a path's last token is looked up in, and that token."""
    if not isinstance(path, str) or "/" not in path:
        raise PatchError("missing path")
    *parts, key = [each.replace("~1", "/").replace("~0", "~") for each in path.split("/")[1:]]
    place = root[0]
    for part in parts:
        place = _get(place, part)
        if not isinstance(place, dict | list):
            raise PatchError(f"missing path: {path}")
    return place, key


def _index(items: list[Any], key: str, size: int) -> int:
    if not _INDEX.fullmatch(key):
        raise PatchError(f"no index: {key}")
    index = int(key)
    if not -size <= index < size:
        raise PatchError(f"index out of {len(items)}: {key}")
    return index + size if index < 0 else index


def _get(place: Any, key: str) -> Any:
    if isinstance(place, list):
        return place[_index(place, key, len(place))]
    return place.get(key)


def _put(place: Any, key: str, value: Any) -> None:
    """Do what ``add`` does: insert into a list, set a member."""
    if isinstance(place, dict):
        place[key] = value
    elif key == "-":
        place.append(value)
    else:
        place.insert(_index(place, key, len(place) + 1), value)


def _take(place: Any, key: str) -> Any:
    if isinstance(place, list):
        return place.pop(_index(place, key, len(place)))
    if key not in place:
        raise PatchError(f"nonexistent key: {key}")
    return place.pop(key)


def _add(root: list[Any], operation: _Operation) -> None:
    place, key = _parent(root, operation.get("path"))
    _put(place, key, copy.deepcopy(operation.get("value")))


def _remove(root: list[Any], operation: _Operation) -> None:
    _take(*_parent(root, operation.get("path")))


def _replace(root: list[Any], operation: _Operation) -> None:
    value = copy.deepcopy(operation.get("value"))
    if operation.get("path") == "":
        if not isinstance(value, dict | list):
            raise PatchError("the whole can only be replaced by an object or a list")
        root[0] = value
        return
    place, key = _parent(root, operation.get("path"))
    if isinstance(place, list):
        place[_index(place, key, len(place))] = value
    else:
        place[key] = value


def _move(root: list[Any], operation: _Operation) -> None:
    value = _take(*_parent(root, operation.get("from")))
    _put(*_parent(root, operation.get("path")), value)


def _copy(root: list[Any], operation: _Operation) -> None:
    value = copy.deepcopy(_get(*_parent(root, operation.get("from"))))
    _put(*_parent(root, operation.get("path")), value)


def _test(root: list[Any], operation: _Operation) -> None:
    path = operation.get("path")
    found = root[0] if path == "" else _get(*_parent(root, path))
    if found != operation.get("value"):
        raise PatchError(f"testing value {path} failed")


_ACTIONS: dict[str, Callable[[list[Any], _Operation], None]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
