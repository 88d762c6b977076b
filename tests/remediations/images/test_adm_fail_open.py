"""What the fix of a webhook that fails open rests on."""

import copy

from k8sharden.model.change import Change
from remediations.images import adm_fail_open
from tests.remediations import harness

ITEM = adm_fail_open.ITEM
FAIL = {path.stem: path for path in harness.fixtures(ITEM.id, "fail")}


def test_another_ready_pod_is_no_other_change() -> None:
    """Enough pods answered at the review, and enough answer: how many does not matter."""
    docs = harness.read(FAIL["webhook-with-pods"])
    more = copy.deepcopy(docs)
    for document in more:
        for status in document.get("status", {}).get("containerStatuses", ()):
            status["ready"] = True
    before, after = harness.remedy(ITEM, docs), harness.remedy(ITEM, more)
    assert isinstance(before, Change)
    assert before == after
