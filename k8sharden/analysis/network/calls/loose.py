"""Reads fields of values that nobody checked: what is of another type counts as absent."""

from typing import Any

from k8sharden.model.selectors import is_selector

Selector = dict[str, Any]
NOTHING: Selector = {"matchExpressions": [{"key": "", "operator": ""}]}
"""A selector that chooses nothing."""


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def sub(value: Any, key: str) -> dict[str, Any]:
    """Return an object in an object."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def text(value: Any, key: str) -> str:
    """Return a text in an object."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def number(value: Any, key: str) -> int:
    """Return a number in an object, 0 where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def words(value: Any) -> list[str]:
    """Return the texts of a list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def selector(value: Any) -> Selector:
    """Return a selector of labels; where it, or a part of it, is of another type: of nothing."""
    if not isinstance(value, dict) or not is_selector(value):
        return NOTHING
    return {
        "matchLabels": value.get("matchLabels") or {},
        "matchExpressions": value.get("matchExpressions") or [],
    }
