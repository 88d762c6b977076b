"""JSON Merge Patch, RFC 7386, as the API server applies it.

Source: gopkg.in/evanphx/json-patch.v4. Nulls inside lists stay.
"""

from typing import Any


def merge(current: Any, patch: Any) -> Any:
    """Return ``current`` with the patch merged in; a null takes its member away."""
    if not isinstance(patch, dict):
        return _without_nulls(patch)
    if not isinstance(current, dict):
        return _without_nulls(patch)
    merged = dict(current)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif merged.get(key) is None:
            merged[key] = _without_nulls(value)
        else:
            merged[key] = merge(merged[key], value)
    return merged


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value
