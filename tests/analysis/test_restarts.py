"""Restarts: how many pods a new template replaces, in which order, and what is left meanwhile."""

import copy
from typing import Any

import pytest

from k8sharden.analysis.restarts import restarts

PROBE = {"httpGet": {"path": "/", "port": 80}}


def workload(kind: str, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Return a workload with one container and this specification."""
    container: dict[str, Any] = {"name": "web", "image": "web:1"}
    if spec.pop("probed", False):
        container |= {"readinessProbe": PROBE}
    template: dict[str, Any] = {"template": {"spec": {"containers": [container]}}}
    if kind == "CronJob":
        template = {"jobTemplate": {"spec": template}}
    seen = {"observedGeneration": 1} | status if status is not None else {}
    return {"kind": kind, "spec": template | spec, "status": seen}


def changed(value: dict[str, Any]) -> dict[str, Any]:
    """Return the workload with another image."""
    after = copy.deepcopy(value)
    spec = after["spec"].get("jobTemplate", after)["spec"]
    spec["template"]["spec"]["containers"][0]["image"] = "web:2"
    return after


def rolling(surge: object, unavailable: object) -> dict[str, Any]:
    """Return the strategy of a rolling update."""
    return {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


R = "replicas"
ON_DELETE = {"type": "OnDelete"}


@pytest.mark.parametrize(
    ("value", "count", "said", "downtime"),
    [
        (workload("Deployment", {R: 4}, replicas=4), 4, "at most 1 missing and 1 more", False),
        (workload("Deployment", {R: 2}, replicas=2), 2, "at most 0 missing and 1 more", False),
        (workload("Deployment", {R: 10}, replicas=10), 10, "at most 2 missing and 3 more", False),
        (workload("Deployment", replicas=3), 3, "at most 0 missing", False),
        (workload("Deployment", {R: 5}, replicas=3), 5, "5 pods restart", False),
        (
            workload("Deployment", {R: 3}, replicas=3, strategy=rolling(0, 0)),
            3, "at most 1 missing and 0 more", False,
        ),
        (
            workload("Deployment", {R: 3}, replicas=3, strategy=rolling(0, "100%")),
            3, "none has to stay: downtime", True,
        ),
        (
            workload("Deployment", {R: 1}, replicas=1, strategy=rolling(0, 1)),
            1, "none has to stay: downtime", True,
        ),
        (workload("Deployment", {R: 1}, replicas=1), 1, "without a readiness probe", True),
        (workload("Deployment", {R: 1}, probed=True), 1, "when the new one is ready", False),
        (
            workload("Deployment", {R: 3}, replicas=3, strategy={"type": "Recreate"}),
            3, "all stopped (Recreate)", True,
        ),
        (workload("Deployment", {R: 3}, replicas=3, paused=True), 0, "it is paused", False),
        (workload("Deployment", {}, replicas=0), 0, "it runs none", False),
        (workload("StatefulSet", {R: 3}, replicas=3), 3, "from the highest ordinal down", False),
        (workload("StatefulSet", {R: 1}, replicas=1), 1, "none left meanwhile: downtime", True),
        (
            workload("StatefulSet", {R: 3}, updateStrategy={"type": "OnDelete"}),
            0, "OnDelete", False,
        ),
        (
            workload("StatefulSet", {R: 5}, updateStrategy={"rollingUpdate": {"partition": 3}}),
            2, "(3 below the partition do not), one after", False,
        ),
        (
            workload("StatefulSet", {R: 2}, updateStrategy={"rollingUpdate": {"partition": 7}}),
            0, "all 2 are below the partition", False,
        ),
        (
            workload("StatefulSet", {R: 4}, updateStrategy=rolling(None, "50%")),
            4, "at most 2 at a time", False,
        ),
        (
            workload("DaemonSet", {"currentNumberScheduled": 3}),
            3, "1 node is without its pod at a time", False,
        ),
        (workload("DaemonSet", {"currentNumberScheduled": 1}), 1, "1 node is without", True),
        (
            workload("DaemonSet", {"currentNumberScheduled": 3}, updateStrategy=rolling(1, 0)),
            3, "before its old one stops", False,
        ),
        (
            workload("DaemonSet", {"currentNumberScheduled": 8}, updateStrategy=rolling(0, "25%")),
            8, "2 nodes are without", False,
        ),
        (
            workload("DaemonSet", {"currentNumberScheduled": 3}, updateStrategy=ON_DELETE),
            0, "OnDelete", False,
        ),
        (workload("DaemonSet", {}), 0, "no node runs one", False),
        (workload("DaemonSet"), None, "The pod of each node restarts", False),
        (workload("CronJob"), 0, "the next run begins with it", False),
        (workload("ReplicaSet", {R: 2}, replicas=2), 0, "pods that it makes later", False),
    ],
)  # fmt: skip
def test_each_strategy_has_its_counts_and_words(
    value: dict[str, Any], count: int | None, said: str, *, downtime: bool
) -> None:
    """The count is exact, and what restarts is told that disruption budgets do not protect it."""
    impact = restarts(value, changed(value))
    assert impact is not None
    assert (impact.count, impact.downtime) == (count, downtime)
    assert said in impact.said
    assert ("Disruption budgets do not protect here" in impact.said) is (count != 0)


def test_another_field_restarts_nothing() -> None:
    """Only a new pod template makes new pods."""
    value = workload("Deployment", {R: 2}, replicas=2)
    assert restarts(value, value | {"metadata": {"labels": {"a": "b"}}}) is None
    assert restarts({"kind": "Namespace"}, {"kind": "Namespace", "metadata": {}}) is None
