"""The fix of a missing memory limit: the container's own number, or none."""

from k8sharden.model.change import Change, Listing, NoChange
from remediations.runtime import limits
from tests.remediations import harness

FAIL = {path.stem: path for path in harness.fixtures(limits.ITEM.id, "fail")}


def test_each_request_becomes_the_limit_and_nothing_else_changes() -> None:
    """Limits of other resources, and containers that are bounded, stay as they are."""
    docs = harness.read(FAIL["request-only"])
    change = harness.remedy(limits.ITEM, docs)
    assert isinstance(change, Change)
    spec = harness.applied(docs, [change])[0]["spec"]["template"]["spec"]
    assert spec["initContainers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "64Mi"}
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "256Mi"}
    assert spec["containers"][1]["resources"]["limits"] == {"memory": "64Mi"}
    assert change.rests_on == (Listing("limitranges", "shop"),)
    assert change.basis == {"requests": {"migrate": "64Mi", "accounts": "256Mi"}}
    assert change.warnings[0].startswith("Needs testing: containers migrate, accounts")


def test_no_number_is_made_up() -> None:
    """Whoever asked for nothing is told how to measure, by a command that can be copied."""
    answer = harness.remedy(limits.ITEM, harness.read(FAIL["nothing-said"]))
    assert isinstance(answer, NoChange)
    assert "kubectl -n ci top pod --containers" in answer.reason


def test_a_limit_range_that_came_since_the_scan_ends_the_matter() -> None:
    """The change rests on the LimitRanges, so that it has to ask them again at its turn."""
    docs = harness.read(FAIL["request-only"])
    (finding,) = limits.ITEM.evaluate(harness.inventory(docs))
    bounds = {"limits": [{"type": "Container", "default": {"memory": "128Mi"}}]}
    metadata = {"name": "defaults", "namespace": "shop"}
    added = {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": bounds}
    answer = limits.ITEM.remediate(finding, harness.inventory([*docs, added]))
    assert isinstance(answer, NoChange)
