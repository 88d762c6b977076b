"""Two fixes one after the other: metadata out of reach first, and then a default deny of egress."""

from pathlib import Path

import pytest

from k8sharden.analysis.network.decide import Answer, decide
from k8sharden.analysis.network.metadata import ADDRESS
from k8sharden.analysis.network.own import BUT_METADATA
from k8sharden.analysis.network.parties import outside, workload_parties
from k8sharden.analysis.network.policies import Policies, policies_of
from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.plan import Plan
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.workloads import workloads_in
from k8sharden.session import Scan, Session
from tests.cluster.test_default_deny import _bare, judged, known_rows, opened, prefixes, worse
from tests.contract.clusters import Cluster

METADATA, EGRESS = "net-metadata-egress", "net-no-default-deny-egress"


def plan_for(session: Session, scan: Scan, *checks: str) -> Plan:
    """Return the plan for all that these checks find."""
    return session.plan(scan, [each for each in scan.findings if each.check in checks])


def applied(session: Session, *checks: str) -> list[Outcome]:
    """Apply what answers these checks, to the last change."""
    made = plan_for(session, session.scan(), *checks)
    outcomes = list(session.apply(made, made.digest))
    assert {outcome.result for outcome in outcomes} == {Result.VERIFIED}
    return outcomes


def openers(inventory: Inventory) -> set[str]:
    """Return the namespaces in which our policy lets everything else out."""
    found = inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy)
    return {each.namespace for each in found if each.name.startswith(BUT_METADATA)}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A training cluster on which metadata was taken out of reach wherever that can be."""
    found = opened(tmp_path_factory.mktemp("metadata"))
    applied(found, METADATA)
    return found


def test_a_later_default_deny_takes_its_place(session: Session) -> None:
    """No write of it cuts a known call, nor does one of its undo, which ends where it began."""
    before = session.place.cluster.objects()  # type: ignore[attr-defined] # the training cluster's
    scan = session.scan()
    there = openers(scan.inventory)
    assert {"shop", "payments"} <= there
    rows = known_rows("settings", "flows")
    start = judged(rows, policies_of(scan.inventory), scan.inventory)
    made = plan_for(session, scan, EGRESS)
    assert made.cuts == 0
    for written, now in prefixes(made.changes, policies_of(scan.inventory)):
        assert worse(start, judged(rows, now, scan.inventory)) == [], written
    entries = [outcome.entry for outcome in applied(session, EGRESS)]
    after = session.scan()
    assert openers(after.inventory) == set()
    assert [each.message for each in after.findings if each.check == EGRESS and each.counts] == []
    undo = session.history.undo(entries, made.source, inventory=after.inventory)
    assert (undo.unfixed, undo.cuts) == ((), 0)
    for written, now in prefixes(undo.changes, policies_of(after.inventory)):
        assert worse(start, judged(rows, now, after.inventory)) == [], written
    session.apply(undo, undo.digest)
    left = session.place.cluster.objects()  # type: ignore[attr-defined] # the training cluster's
    assert [_named(each) for each in left] == [_named(each) for each in before]
    assert openers(session.scan().inventory) == there


def _named(value: dict[str, object]) -> object:
    """Return an object without what one that was made anew has of its own."""
    bare = _bare(value)
    assert isinstance(bare, dict)
    passing = ("uid", "creationTimestamp", "managedFields")
    metadata = {key: each for key, each in bare["metadata"].items() if key not in passing}
    return {**bare, "metadata": metadata}


def test_both_at_once_come_out_as_the_default_deny_alone(tmp_path: Path) -> None:
    """What the one would create the other would delete: nothing of it is in the plan."""
    session = opened(tmp_path)
    scan = session.scan()
    made = plan_for(session, scan, METADATA, EGRESS)
    alone = plan_for(session, scan, EGRESS)
    denied = {ref.namespace for each in alone.changes if (ref := each.ref)}
    written = {bound.ref for each in made.changes for bound in each.bound}
    assert {bound.ref for each in alone.changes for bound in each.bound} <= written
    more = [ref for ref in written if ref.name.startswith(BUT_METADATA)]
    assert not denied & {ref.namespace for ref in more}
    *_, (_, end) = prefixes(made.changes, policies_of(scan.inventory))
    assert _answers("shop", scan.inventory, end) == {Answer.DENIED}


def _answers(namespace: str, inventory: Inventory, policies: Policies) -> set[Answer]:
    """Return whether the pods of a namespace get to the metadata."""
    return {
        decide(policies, party, outside(ADDRESS), 80).egress.answer
        for workload in workloads_in(namespace, inventory)
        for party in workload_parties(workload, inventory)
    }


def test_one_that_somebody_edited_stays_and_is_named(tmp_path: Path) -> None:
    """Whoever wrote into ours since keeps it; the review says that it undoes the default deny."""
    session = opened(tmp_path)
    applied(session, METADATA)
    path = kinds.NETWORK_POLICIES.path("shop", BUT_METADATA)
    cluster = Cluster(session.place.cluster.transport, is_real=False)  # type: ignore[attr-defined] # the training cluster's
    spec = cluster.get(path).expect(200)["spec"]
    fewer = [{"to": spec["egress"][0]["to"][:2]}]
    edit = {"spec": {"egress": fewer}}
    cluster.merge(path, edit, fieldManager="kubectl-edit").expect(200)
    cluster.merge(path, {"spec": spec}, fieldManager="kubectl-edit").expect(200)
    made = plan_for(session, session.scan(), EGRESS)
    (change,) = [each for each in made.changes if each.ref and each.ref.namespace == "shop"]
    assert BUT_METADATA not in {bound.ref.name for bound in change.bound}
    said = [each for each in change.change.warnings if "nothing is closed" in each]
    assert said
    assert all(BUT_METADATA in each for each in said)
