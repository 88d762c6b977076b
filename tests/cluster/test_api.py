"""What the API server's answers become: words for people."""

import pytest

from k8sharden.cluster.api import Api
from k8sharden.errors import Forbidden
from k8sharden.model import kinds
from tests.cluster.fakes import Scripted, refusal


def test_a_refusal_of_several_lines_is_one_sentence() -> None:
    """RBAC lists the rights that a grant lacks line by line: none is shown as a control code."""
    ref = kinds.ROLES.ref("shop", "least")
    path = f"{kinds.ROLES.path('shop')}/least"
    answers = {path: refusal(403, "Forbidden", "not held:\n{get pods}\n{list \x1bpods}")}
    with pytest.raises(Forbidden) as refused:
        Api(Scripted(answers)).get(ref)
    assert str(refused.value).endswith("not held: {get pods} {list <U+001B>pods}")
