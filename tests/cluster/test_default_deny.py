"""Default deny for every application namespace: what is needed stays, and what Mallory tries ends.

Held against the edges that are written by hand, write by write, on the way there and on the way
back: whoever stops in the middle, or is stopped, leaves nobody cut off.
"""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.policies import Policies, policies_of
from k8sharden.changes.apply import Result
from k8sharden.changes.plan import Plan, Planned
from k8sharden.model.inventory import Inventory
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Scan, Session
from tests.cluster.test_edges import TRUTH, Named, Row, edge_of, row_name

CHECKS = ("net-no-default-deny-ingress", "net-no-default-deny-egress", "net-pod-uncovered")
SEEDS = range(8)

Judged = dict[Named, Answer]


def opened(folder: Path) -> Session:
    """Return a session on a new training cluster, with the flows that its people gave."""
    return Session(TrainingPlace(folder), folder)


def planned(session: Session, scan: Scan) -> Plan:
    """Return the plan that denies by default wherever nothing does yet."""
    return session.plan(scan, [each for each in scan.findings if each.check in CHECKS])


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """What a scan finds, flows and all."""
    return opened(tmp_path_factory.mktemp("scanned")).scan()


@pytest.fixture(scope="module")
def plan(scan: Scan, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The whole plan, in its own order."""
    return planned(opened(tmp_path_factory.mktemp("planned")), scan)


def known_rows(*seen: str) -> list[Row]:
    """Return the calls that can be seen so, and those that settings provide for."""
    rows: list[Row] = [row for row in TRUTH["edges"] if row["seen"] in seen]
    rows += TRUTH["provided_for"]
    dns = TRUTH["dns"]
    asking = {row["from"] for row in rows} - {
        *dns["on_the_nodes_network"], dns["server"], "anywhere", "control plane",
    }  # fmt: skip
    return rows + [
        {"from": who, "to": dns["server"], "port": dns["port"], "protocol": protocol}
        for who in sorted(asking)
        for protocol in ("UDP", "TCP")
    ]


def judged(rows: Iterable[Row], policies: Policies, inventory: Inventory) -> Judged:
    """Return what the policies say of each call."""
    return {row_name(row): judge_edge(edge_of(row), policies, inventory).answer for row in rows}


def worse(start: Judged, now: Judged) -> list[str]:
    """Return the calls of the start that do not get through, or not for certain, any more."""
    order = (Answer.ALLOWED, Answer.UNKNOWN, Answer.DENIED)
    return [str(name) for name in start if order.index(now[name]) > order.index(start[name])]


def prefixes(changes: Iterable[Planned], policies: Policies) -> Iterator[tuple[str, Policies]]:
    """Yield the policies after each single write, and what was written."""
    for change in changes:
        for bound in change.bound:
            policies = policies.changed({bound.ref: bound.after})
            yield bound.ref.label, policies


def test_every_namespace_is_closed_in_both_directions(scan: Scan, plan: Plan) -> None:
    """Each finding has its change, and none of the changes is said to cut anything."""
    wanted = {each.id for each in scan.findings if each.check in CHECKS and each.counts}
    assert {name for change in plan.changes for name in change.findings} == wanted
    assert plan.cuts == 0
    assert [effect.said for change in plan.changes for effect in change.impact] == []


def test_no_write_on_the_way_there_cuts_a_call(scan: Scan, plan: Plan) -> None:
    """After every single write, across all namespaces, each known call gets through as before."""
    rows = known_rows("settings", "flows")
    policies = policies_of(scan.inventory)
    start = judged(rows, policies, scan.inventory)
    for written, now in prefixes(plan.changes, policies):
        assert worse(start, judged(rows, now, scan.inventory)) == [], written


@pytest.mark.parametrize("row", TRUTH["attacks"], ids=lambda row: row["why"])
def test_every_attack_is_cut_in_the_end(scan: Scan, plan: Plan, row: Row) -> None:
    """What Mallory tries is denied for certain once all is written."""
    *_, (_, end) = prefixes(plan.changes, policies_of(scan.inventory))
    assert judge_edge(edge_of(row), end, scan.inventory).answer is Answer.DENIED


def test_what_cannot_be_known_is_named_in_the_plan(plan: Plan) -> None:
    """Whoever reviews reads of each thing that nobody could know, and that it needs testing."""
    said = " ".join(warning for change in plan.changes for warning in change.change.warnings)
    for row in (row for row in TRUTH["edges"] if row["seen"] == "nowhere"):
        assert row["names"] in said
    assert "Needs testing" in said


@pytest.mark.parametrize("seed", SEEDS)
def test_no_order_and_no_choice_cuts_a_call(scan: Scan, plan: Plan, seed: int) -> None:
    """Some of the changes, in any order, and taken back in any order, keep every known call."""
    chance = random.Random(seed)  # noqa: S311 - a case of a test, and no key
    rows = known_rows("settings", "flows")
    policies = policies_of(scan.inventory)
    start = judged(rows, policies, scan.inventory)
    chosen = chance.sample(plan.changes, chance.randint(1, len(plan.changes)))
    *_, (_, policies) = prefixes(chosen, policies)
    assert worse(start, judged(rows, policies, scan.inventory)) == []
    for change in chance.sample(chosen, len(chosen)):
        for bound in reversed(change.bound):
            policies = policies.changed({bound.ref: bound.before})
        assert worse(start, judged(rows, policies, scan.inventory)) == [], change.change.title


def test_without_flows_what_settings_show_is_kept(scan: Scan, tmp_path: Path) -> None:
    """Nothing is cut that configuration shows; what only flows would show is not known then."""
    facts = msgspec.structs.replace(scan.inventory.facts, flows=None)
    blind = msgspec.structs.replace(scan.inventory, facts=facts, cache={})
    session = opened(tmp_path)
    made = planned(session, Scan(blind, session.scan().assessment))
    rows = known_rows("settings")
    policies = policies_of(blind)
    start = judged(rows, policies, blind)
    for written, now in prefixes(made.changes, policies):
        assert worse(start, judged(rows, now, blind)) == [], written
    assert made.cuts == 0


def test_applied_and_taken_back_write_by_write(scan: Scan, tmp_path: Path) -> None:
    """What is really written is what was planned, and each write of the undo keeps every call."""
    session = opened(tmp_path)
    before = session.place.cluster.objects()  # type: ignore[attr-defined] # the training cluster's
    made = planned(session, session.scan())
    outcomes = session.apply(made, made.digest)
    assert {outcome.result for outcome in outcomes} == {Result.VERIFIED}
    after = session.scan()
    assert [each.message for each in after.findings if each.check in CHECKS and each.counts] == []
    rows = known_rows("settings", "flows")
    start = judged(rows, policies_of(scan.inventory), scan.inventory)
    entries = [outcome.entry for outcome in outcomes]
    undo = session.history.undo(entries, made.source, inventory=after.inventory)
    assert (undo.unfixed, undo.cuts) == ((), 0)
    for written, now in prefixes(undo.changes, policies_of(after.inventory)):
        assert worse(start, judged(rows, now, after.inventory)) == [], written
    session.apply(undo, undo.digest)
    left = session.place.cluster.objects()  # type: ignore[attr-defined] # the training cluster's
    assert [_bare(each) for each in left] == [_bare(each) for each in before]


def _bare(value: dict[str, object]) -> object:
    metadata = value["metadata"]
    assert isinstance(metadata, dict)
    return {**value, "metadata": {k: v for k, v in metadata.items() if k != "resourceVersion"}}
