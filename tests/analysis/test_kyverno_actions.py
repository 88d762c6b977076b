"""An old Kyverno policy denies by as little as it says."""

from typing import Any

import pytest

from k8sharden.analysis.kyverno_actions import denying, denying_along
from k8sharden.model.admission import KyvernoSpec
from k8sharden.model.change import NoChange, show_path

Rule = dict[str, Any]

LABELS: Rule = {"name": "team", "validate": {"pattern": {"metadata": {"labels": {"team": "?*"}}}}}
IMAGES: Rule = {"name": "tag", "validate": {"pattern": {"containers": [{"image": "!*:latest"}]}}}
AUDITED = {"failureAction": "Audit"}


def _itself(rule: Rule) -> Rule:
    """The rule with an action of its own."""
    return {**rule, "validate": {**rule["validate"], **AUDITED}}


@pytest.mark.parametrize(
    ("rules", "path", "along"),
    [
        ([IMAGES], "spec.validationFailureAction", ""),
        ([IMAGES, LABELS], "spec.validationFailureAction", "team"),
        ([IMAGES, _itself(LABELS)], "spec.validationFailureAction", ""),
        ([_itself(IMAGES), _itself(LABELS)], "spec.rules[name=tag].validate.failureAction", ""),
        ([_itself(IMAGES), LABELS], "spec.rules[name=tag].validate.failureAction", ""),
    ],
)
def test_rules_about_something_else_deny_only_where_the_policy_has_one_action(
    rules: list[Rule], path: str, along: str
) -> None:
    """A rule about labels goes on watching where it may, and is named where it may not."""
    spec = KyvernoSpec(rules=rules)
    edits = denying(spec)
    assert not isinstance(edits, NoChange)
    assert [show_path(edit.path) for edit in edits] == [path]
    assert denying_along(spec) == along


def test_rules_that_verify_images_by_actions_of_their_own_are_left_to_people() -> None:
    """They stand in a list without names, in which no element can be told."""
    rule = {"name": "signed", "verifyImages": [{"imageReferences": ["*"], **AUDITED}]}
    assert isinstance(denying(KyvernoSpec(rules=[rule])), NoChange)
