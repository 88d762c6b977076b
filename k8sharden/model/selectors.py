"""Label selectors as objects hold them: what has the shape of one.

Source: the Kubernetes API reference, v1.36 (LabelSelector).
"""

from typing import Any

Selector = dict[str, Any]


def is_selector(value: Any) -> bool:
    """Whether something has the shape of a label selector, whatever else stands in it."""
    if not isinstance(value, dict):
        return False
    labels, expressions = value.get("matchLabels") or {}, value.get("matchExpressions") or []
    fits = isinstance(labels, dict) and all(isinstance(each, str) for each in labels.values())
    return fits and isinstance(expressions, list) and all(map(_is_requirement, expressions))


def _is_requirement(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("key"), str):
        return False
    values = value.get("values") or []
    return isinstance(values, list) and all(isinstance(each, str) for each in values)


def check_selectors(*selectors: Selector | None) -> None:
    """Raise ValueError where one is none: msgspec then calls the object that holds it odd."""
    if not all(each is None or is_selector(each) for each in selectors):
        raise ValueError("a label selector is none")
