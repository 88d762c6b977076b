"""Label selectors: which labels they choose.

Source: the Kubernetes API reference, v1.36 (LabelSelector): all requirements must hold, and an
empty selector chooses everything.
"""

from collections.abc import Mapping
from typing import Any

Selector = Mapping[str, Any]


def is_empty(selector: Selector | None) -> bool:
    """Whether a selector has no requirement, and so chooses everything."""
    return not (selector or {}).get("matchLabels") and not (selector or {}).get("matchExpressions")


def chooses(selector: Selector | None, labels: Mapping[str, str]) -> bool:
    """Whether the labels meet every requirement of the selector."""
    wanted = (selector or {}).get("matchLabels") or {}
    expressions = (selector or {}).get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _meets(expression, labels) for expression in expressions
    )


def _meets(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether the labels meet one requirement; an operator that is not known chooses nothing."""
    key, values = expression.get("key", ""), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            # A label that is missing is not among the values either.
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
