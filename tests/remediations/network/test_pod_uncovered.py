"""A workload that policies leave out, and its namespace, planned together."""

from typing import Any

from k8sharden.changes.compose import Wanted, compose
from k8sharden.cluster.training import objects
from k8sharden.model.change import Change
from k8sharden.model.item import Item
from remediations.network import no_default_deny_ingress, pod_uncovered
from tests.remediations import harness


def answer(item: Item, docs: list[Any], label: str) -> Wanted:
    """Return what an item answers to its finding on one object of the training cluster."""
    seen = harness.inventory(docs)
    finding = next(each for each in item.evaluate(seen) if each.resource.label == label)
    change = item.remediate(finding, seen)
    assert isinstance(change, Change)
    return Wanted(change, (finding.id,))


def test_both_findings_are_answered_by_one_change() -> None:
    """The policy of the ledger is a part of what closes its namespace, and is written once."""
    docs = list(objects())
    single = answer(pod_uncovered.ITEM, docs, "StatefulSet payments/ledger")
    group = answer(no_default_deny_ingress.ITEM, docs, "Namespace payments")
    (merged,), refused = compose([single, group])
    assert not refused
    assert merged.change.writes == group.change.writes
    assert merged.change.basis == group.change.basis
    assert set(merged.findings) == {*single.findings, *group.findings}
