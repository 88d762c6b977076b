"""Whom a label gave what, and what they keep when it is gone."""

from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.cluster.memory.bootstrap import bootstrap
from k8sharden.cluster.training import objects
from k8sharden.model.change import Change, Patch, RemoveField
from k8sharden.model.edits import edited
from remediations.rbac.aggregate_leak import ITEM
from tests.remediations import harness

LABEL = ("metadata", "labels", "rbac.authorization.k8s.io/aggregate-to-edit")


def test_people_lose_what_the_label_gave_them_and_nothing_else() -> None:
    """The controller fills edit and admin anew, which the review foresees and says by name."""
    docs = [*bootstrap(), *(each for each in objects() if each["metadata"]["name"] not in _TWICE)]
    seen = harness.inventory(docs)
    finding = next(iter(ITEM.evaluate(seen)))
    answer = ITEM.remediate(finding, seen)
    assert isinstance(answer, Change)
    assert answer.writes == (Patch(finding.resource, (RemoveField(LABEL),)),)
    role = next(each for each in objects() if each["metadata"]["name"] == "team-labels")
    lost = lost_access({finding.resource: edited(role, answer.writes[0].edits)}, seen)
    assert [impact.said.split(";")[0] for impact in lost] == [
        "Group catalogue-developers loses 1 right: patch namespaces in catalogue",
        # Who leads holds admin, which takes in what edit does.
        "Group payments-leads loses 1 right: patch namespaces in payments",
    ]


_TWICE = {"default", "kube-system", "kube-public", "kube-node-lease", "kubernetes", "cluster-admin"}
