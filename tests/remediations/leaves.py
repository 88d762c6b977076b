"""Takes a change of a manifest back one field at a time, to see whether each was needed."""

import copy
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]
"""The steps to a value: keys of mappings, indexes of lists."""
_NOTHING = object()


def differences(before: Any, after: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of each leaf that was added, changed or removed, each once."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from differences(
                before.get(key, _NOTHING), after.get(key, _NOTHING), (*place, key)
            )
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, (*place, index))
    elif before is _NOTHING and isinstance(after, dict) and after:
        for key in after:
            yield from differences(_NOTHING, after[key], (*place, key))
    elif before is _NOTHING or after is _NOTHING or before != after:
        yield place


def reverted(before: Any, after: Any, place: Place) -> Any:
    """Return ``after`` with one of its differences taken back; what is empty then goes as well."""
    result = copy.deepcopy(after)
    _revert(before, result, place)
    return result


def _revert(before: Any, after: Any, place: Place) -> None:
    first, *rest = place
    there = before[first] if _has(before, first) else _NOTHING
    if rest:
        if not _has(after, first):
            after[first] = {}
        _revert(there, after[first], tuple(rest))
        if after[first] == {} and there is _NOTHING:
            del after[first]
    elif there is _NOTHING:
        del after[first]
    else:
        after[first] = copy.deepcopy(there)


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value
