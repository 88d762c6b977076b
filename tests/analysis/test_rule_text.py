"""What the text of a policy's rules is about."""

from typing import Any

import pytest

from k8sharden.analysis.rule_text import asks_for_origin, speaks_of_images

LIB = "package lib.exempt_container\nis_exempt(c) { startswith(c.image, input.parameters.e[_]) }"
PRIVILEGED = "violation { c := input.review.object.spec.containers[_]\n not is_exempt(c) }"
EXEMPT = {
    "name": "exemptImages",
    "expression": "variables.containers.filter(c, c.image in variables.exemptImageExplicit)",
}
BAD = "variables.containers.filter(c, !(c.image in variables.exemptImages) && c.bad)"


@pytest.mark.parametrize(
    ("rules", "images", "origin"),
    [
        ({"rego": PRIVILEGED, "libs": [LIB]}, False, False),
        ({"rego": "endswith(input.c.image, x)", "libs": [LIB]}, True, False),
        ({"variables": [EXEMPT, {"name": "bad", "expression": BAD}]}, False, False),
        ({"variables": [EXEMPT, {"name": "bad", "expression": f"{BAD} || c.image == x"}]},
         True, False),
        ({"exemptImages": ["registry.example/agents/*"], "cpu": "1"}, False, False),
        ({"repos": ["registry.example/"]}, False, True),
        ({"verifyImages": [{"image": "*"}]}, True, True),
        ("c.imagePullPolicy == 'Always'", False, False),
    ],
)  # fmt: skip
def test_whom_a_rule_exempts_is_no_part_of_what_it_asks_for(
    rules: Any, *, images: bool, origin: bool
) -> None:
    """A template about privileges that spares some images judges no image, and no origin."""
    assert speaks_of_images(rules) is images
    assert asks_for_origin(rules) is origin
