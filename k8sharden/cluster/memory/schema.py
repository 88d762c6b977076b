"""How the API server's types read and write fields: what is unknown, dropped, or kept empty.

The table beside this file is printed from the server's own Go types by the program in
tests/servers/module/apischema; a test against the real server's module keeps it current. Its
notation is ``type trait…`` for each field, where ``[]`` is a list of, ``{}`` a map of strings to,
and the traits are Go's ``omitempty`` and ``omitzero``, ``pointer`` (absent and empty differ),
``set``, ``keys=name`` (a list merged by these keys) and ``atomic`` (replaced whole).
"""

import json
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from k8sharden.cluster.memory.quantities import canonical
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

CUSTOM = "custom resource"
"""The struct type of custom resources, whose own schemas are not known here."""

_CUSTOM = {(kind.api_version, kind.kind) for kind in kinds.CUSTOM}
_FREE = {
    "apiVersion": "string omitempty",
    "kind": "string omitempty",
    "metadata": "v1.ObjectMeta omitempty",
    "spec": "any omitempty",
    "status": "any omitempty",
    "report": "any omitempty",
}


class Field(msgspec.Struct, frozen=True):
    """One field of a type."""

    type: str
    pointer: bool = False
    omit: bool = False
    keys: tuple[str, ...] = ()
    set: bool = False
    atomic: bool = False


class Undecodable(ValueError):
    """A value has another JSON type than its field; the text is what Go's decoder says."""


@cache
def _table() -> dict[str, Any]:
    file = resources.files(__package__).joinpath("schema.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@cache
def fields(type_name: str) -> dict[str, Field]:
    """Return the fields of a struct type; empty for a type that has none."""
    written = _FREE if type_name == CUSTOM else _table()["types"].get(type_name, {})
    return {name: _field(text) for name, text in written.items() if name != "*"}


@cache
def _omitted(type_name: str) -> frozenset[str]:
    """Return the fields that stay absent where they are, which is most of them."""
    return frozenset(
        name
        for name, field in fields(type_name).items()
        if field.omit
        # A struct may have fields that are always written, and a quantity of zero is written.
        and (field.pointer or (not fields(field.type) and field.type != "quantity"))
    )


@cache
def is_atomic(type_name: str) -> bool:
    """Whether a struct is always replaced whole."""
    return "*" in _table()["types"].get(type_name, {})


def root(kind: ResourceType) -> str:
    """Return the struct type of a kind."""
    return root_of(kind.api_version, kind.kind)


def root_of(api_version: str, kind: str) -> str:
    """Return the struct type of a kind. Raises `KeyError` for one that is not in the table."""
    if (api_version, kind) in _CUSTOM:
        return CUSTOM
    return str(_table()["kinds"][f"{api_version}/{kind}"])


def _field(text: str) -> Field:
    type_name, *traits = text.split()
    keys = next((trait[5:] for trait in traits if trait.startswith("keys=")), "")
    return Field(
        type_name,
        pointer="pointer" in traits,
        omit="omitempty" in traits or "omitzero" in traits,
        keys=tuple(keys.split(",")) if keys else (),
        set="set" in traits,
        atomic="atomic" in traits,
    )


class Decoder:
    """Reads one object as the server's types would, and writes it as they would.

    ``unknown`` collects the paths of the fields that no type has; they are dropped.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.unknown: list[str] = []

    def object(self, type_name: str, value: Any, path: str = "") -> dict[str, Any]:
        """Return a struct with its fields in the server's form."""
        value = {} if value is None else value
        if not isinstance(value, dict):
            raise self._mismatch(value, path, type_name)
        known = fields(type_name)
        for name in value:
            if name not in known:
                self.unknown.append(f"{path}.{name}" if path else name)
        found = {}
        absent = _omitted(type_name)
        for name, field in known.items():
            if name in absent and value.get(name) is None:
                continue
            read = self._field(field, value.get(name), f"{path}.{name}" if path else name)
            if read is not _ABSENT:
                found[name] = read
        return found

    def _field(self, field: Field, value: Any, path: str) -> Any:
        if value is None and (field.pointer or field.type == "any"):
            return _ABSENT if field.omit else None
        read = self._value(field.type, value, path)
        is_struct = bool(fields(field.type))
        if field.omit and not field.pointer and not is_struct and _is_zero(read):
            return _ABSENT
        return read

    def _value(self, type_name: str, value: Any, path: str) -> Any:
        if type_name.startswith("[]"):
            return self._list(type_name[2:], value, path)
        if type_name.startswith("{}"):
            return self._map(type_name[2:], value, path)
        if fields(type_name):
            return self.object(type_name, value, path)
        return self._scalar(type_name, value, path)

    def _list(self, element: str, value: Any, path: str) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise self._mismatch(value, path, f"[]{element}")
        # An empty list does not survive the server's storage: it comes back as none.
        read = [self._value(element, each, f"{path}[{n}]") for n, each in enumerate(value)]
        return read or None

    def _map(self, element: str, value: Any, path: str) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._mismatch(value, path, f"map[string]{element}")
        return {key: self._value(element, each, f"{path}.{key}") for key, each in value.items()}

    def _scalar(self, type_name: str, value: Any, path: str) -> Any:
        if type_name == "any":
            return value
        if value is None:
            return _ZERO.get(type_name, 0)
        if type_name == "quantity" and isinstance(value, str | int | float):
            return self._quantity(value)
        if type_name == "intstr" and isinstance(value, str | int) and value is not True:
            return value
        wanted = _PYTHON.get(type_name, int)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise self._mismatch(value, path, type_name)
        return value

    def _quantity(self, value: Any) -> str:
        try:
            return canonical(str(value))
        except ValueError as error:
            raise Undecodable(str(error)) from error

    def _mismatch(self, value: Any, path: str, wanted: str) -> Undecodable:
        names = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}
        found = names.get(type(value), "object")
        return Undecodable(
            f"json: cannot unmarshal {found} into Go struct field {self.kind}.{path} "
            f"of type {wanted}"
        )


_ABSENT = object()
_ZERO: dict[str, Any] = {"string": "", "bool": False, "time": None, "bytes": None, "quantity": "0"}
_PYTHON: dict[str, type] = {"string": str, "bool": bool, "time": str, "bytes": str}


def _is_zero(value: Any) -> bool:
    return value is None or value in ("", 0, False) or value in ({}, [])
