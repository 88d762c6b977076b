"""The value of a plain YAML mapping without its tree, in half the time: nearly every manifest.

Whatever is not plain (JSON, anchors, tags, merge keys, equal keys, anything broken) is left to
`nodes` and `yaml_values`, which also know what to say of it; both readers agree on the rest.
"""

import functools
from collections.abc import Callable
from typing import Any

import yaml

from k8sharden.export.nodes import DEPTH, LOADER
from k8sharden.model import scalars


class _NotPlainError(Exception):
    """Something that this reader leaves to the other one."""


def quick_value(text: str) -> tuple[dict[str, Any], int] | None:
    """Return the mapping of one document, and the line that it starts in, counted from 0.

    None where the document is anything but a plain mapping.
    """
    if text.lstrip().startswith("{"):
        return None
    try:
        return _document(LOADER(text).get_event)
    except (_NotPlainError, scalars.NotJson, yaml.YAMLError):
        return None


_Next = Callable[[], Any]


def _document(get: _Next) -> tuple[dict[str, Any], int]:
    get()
    _expect(get(), yaml.DocumentStartEvent)
    start = get()
    _expect(start, yaml.MappingStartEvent)
    value = _value(start, get, 0)
    _expect(get(), yaml.DocumentEndEvent)
    _expect(get(), yaml.StreamEndEvent)
    return value, start.start_mark.line


def _expect(event: Any, kind: type[yaml.Event]) -> None:
    if type(event) is not kind:
        raise _NotPlainError


def _value(event: Any, get: _Next, depth: int) -> Any:
    kind = type(event)
    if kind is yaml.AliasEvent or event.anchor is not None or event.tag is not None:
        raise _NotPlainError
    if kind is yaml.ScalarEvent:
        return event.value if event.style else scalars.resolve(event.value)
    if depth == DEPTH:
        raise _NotPlainError
    return (_mapping if kind is yaml.MappingStartEvent else _sequence)(get, depth + 1)


def _mapping(get: _Next, depth: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    while type(event := get()) is not yaml.MappingEndEvent:
        if type(event) is not yaml.ScalarEvent or event.anchor or event.tag:
            raise _NotPlainError
        name = event.value if event.style else _name(event.value)
        if name in result:
            raise _NotPlainError
        result[name] = _value(get(), get, depth)
    return result


def _sequence(get: _Next, depth: int) -> list[Any]:
    result = []
    while type(event := get()) is not yaml.SequenceEndEvent:
        result.append(_value(event, get, depth))
    return result


@functools.lru_cache(maxsize=5_000)  # the same fields stand in every manifest
def _name(text: str) -> str:
    if text == "<<":
        raise _NotPlainError
    return scalars.resolve_key(text)
