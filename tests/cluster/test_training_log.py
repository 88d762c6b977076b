"""The audit log of the training cluster: true to its roles, and the same all day."""

import json
from pathlib import Path

import pytest

from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.cluster.training import audit_log
from k8sharden.evidence.read import read_chunks
from k8sharden.evidence.whose import Whose, judge
from k8sharden.evidence.words import oddities
from k8sharden.model.inventory import Inventory
from k8sharden.model.usage import Usage
from k8sharden.places.training import TrainingPlace

NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC
_DAY = 86_400


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """The training cluster, as it was at first."""
    place = TrainingPlace(tmp_path_factory.mktemp("state"))
    return place.collect(lambda _: None, lambda: False)


@pytest.fixture(scope="module")
def usage() -> Usage:
    """What its log shows."""
    return read_chunks(audit_log.lines(NOON), audit_log.NAME)


def test_every_decision_is_the_one_of_its_roles(inventory: Inventory, usage: Usage) -> None:
    """What was allowed and what was denied is what the roles of the cluster say."""
    policy = policy_of(inventory)
    for use in usage.uses:
        who = Identity(use.user, frozenset(usage.groups[use.user]))
        request = Request(use.verb, use.group, use.resource, use.namespace, use.name, use.path)
        assert decide(policy, who, request).allowed == bool(use.allowed), use
        assert not (use.allowed and use.denied), use


def test_accounts_have_the_uids_that_they_have_in_the_cluster(
    inventory: Inventory, usage: Usage
) -> None:
    """So that the log is recognised as this cluster's."""
    assert judge(usage, inventory).whose is Whose.THIS
    known = {each.metadata.uid for items in inventory.objects.values() for each in items}
    assert {uid for uids in usage.uids.values() for uid in uids} <= known


def test_the_log_is_the_week_before_today(usage: Usage) -> None:
    """All day the same one, so that a plan made from it keeps its digest; tomorrow's is another."""
    today = NOON // _DAY * _DAY
    assert today - audit_log.DAYS * _DAY <= usage.first < usage.last < today
    assert usage.last - usage.first > (audit_log.DAYS - 1) * _DAY
    lines = list(audit_log.lines(NOON))
    assert lines == list(audit_log.lines(NOON + _DAY / 3))
    assert lines != list(audit_log.lines(NOON + _DAY))
    times = [json.loads(line)["requestReceivedTimestamp"] for line in lines]
    assert len({json.loads(line)["auditID"] for line in lines}) > len(times) / 2
    assert oddities(usage.reading) == ""


@pytest.mark.parametrize("shift", range(7))
def test_whatever_the_day_everybody_did_their_work(shift: int) -> None:
    """A week has each day once."""
    found = read_chunks(audit_log.lines(NOON + shift * _DAY), audit_log.NAME)
    pipeline = found.of("system:serviceaccount:ci:pipeline")
    assert {use.namespace for use in pipeline} == {"ci", "shop", "payments", "catalogue"}
    assert {"create", "patch", "list"} <= {use.verb for use in pipeline}
    assert sum(use.denied for use in found.uses) == 10


def test_the_place_hands_its_log_out(tmp_path: Path) -> None:
    """Read once a day, as if somebody had given it."""
    place = TrainingPlace(tmp_path)
    first = place.usage()
    assert first is not None
    assert place.usage() is first
    assert first.reading.files == (audit_log.NAME,)
