"""Label selectors choose as the API server's do."""

import pytest

from k8sharden.analysis.selectors import Selector, chooses, is_empty

LABELS = {"app": "web", "tier": "front"}


def expression(operator: str, key: str, *values: str) -> Selector:
    """Return a selector of one expression."""
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        (None, True),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "cart"}}, False),
        ({"matchLabels": {"app": "web", "zone": "a"}}, False),
        (expression("In", "app", "web", "cart"), True),
        (expression("In", "app", "cart"), False),
        (expression("In", "zone", "a"), False),
        (expression("NotIn", "app", "cart"), True),
        (expression("NotIn", "app", "web"), False),
        (expression("NotIn", "zone", "a"), True),
        (expression("Exists", "app"), True),
        (expression("Exists", "zone"), False),
        (expression("DoesNotExist", "zone"), True),
        (expression("DoesNotExist", "app"), False),
        (expression("Almost", "app", "web"), False),
        ({"matchLabels": {"app": "web"}, **expression("Exists", "zone")}, False),
    ],
)
def test_a_selector_chooses_what_meets_all_of_it(
    selector: Selector | None, *, chosen: bool
) -> None:
    """Each operator, with a label that is there, has another value, or is missing."""
    assert chooses(selector, LABELS) is chosen


def test_a_selector_is_empty_only_without_any_requirement() -> None:
    """Empty lists and maps require nothing; one expression does."""
    assert is_empty(None)
    assert is_empty({"matchLabels": {}, "matchExpressions": []})
    assert not is_empty({"matchLabels": {"app": "web"}})
    assert not is_empty(expression("Exists", "app"))
