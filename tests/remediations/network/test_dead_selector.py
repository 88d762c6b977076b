"""Selectors that choose nothing: what files alone can tell of them."""

from typing import Any

from k8sharden.model.finding import Status
from remediations.network.dead_selector import ITEM
from tests.remediations import harness

WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"template": {"metadata": {"labels": {"app": "web-front"}}, "spec": {}}},
}


def policy(app: str) -> dict[str, Any]:
    """Return a policy over the pods with this label."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"podSelector": {"matchLabels": {"app": app}}},
    }


def statuses(app: str, **source: Any) -> list[Status]:
    """Return what is found of a policy over the pods with this label."""
    seen = harness.inventory([WEB, policy(app)], **source)
    return [each.status for each in ITEM.evaluate(seen)]


def test_what_no_file_holds_may_be_elsewhere() -> None:
    """A cluster shows that nothing is chosen; files show a slip of the pen, and no more."""
    assert statuses("web-front", source=harness.FILES) == []
    assert statuses("web-fromt", source=harness.FILES) == [Status.FAIL]
    assert statuses("billing") == [Status.FAIL]
    assert statuses("billing", source=harness.FILES) == [Status.UNKNOWN]
