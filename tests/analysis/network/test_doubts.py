"""Doubts: policies of kinds that are not modelled, and what was not read of policies."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.network.decide import Answer, decide
from k8sharden.analysis.network.policies import policies_of
from k8sharden.model import kinds
from k8sharden.model.inventory import Coverage, Entry, Inventory, OddObject
from tests.analysis.network.small import DB, HOST, OUTSIDE, WEB, Json, asked, other
from tests.analysis.network.worlds import inventory

YES, NO, MAYBE = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN
TIERS, ADMIN = kinds.CLUSTER_NETWORK_POLICIES, kinds.ADMIN_NETWORK_POLICIES
BASELINE = kinds.BASELINE_ADMIN_NETWORK_POLICIES
CALICO, GLOBAL = kinds.CALICO_POLICIES, kinds.CALICO_GLOBAL_POLICIES
PAY = {"namespaces": {"matchLabels": {"team": "pay"}}}
X = {"pods": {"podSelector": {"matchLabels": {"app": "x"}}}}


@pytest.mark.parametrize(
    ("kind", "spec", "answer"),
    [
        (TIERS, {"tier": "Admin", "subject": PAY, "ingress": [{"action": "Deny"}]}, MAYBE),
        (TIERS, {"tier": "Admin", "subject": PAY, "egress": [{"action": "Deny"}]}, YES),
        (TIERS, {"tier": "Admin", "subject": PAY, "ingress": [{"action": "Accept"}]}, YES),
        (TIERS, {"tier": "Admin", "subject": X, "ingress": [{"action": "Deny"}]}, YES),
        (TIERS, {"tier": "Admin", "subject": PAY, "ingress": [{"action": "Pass"}]}, YES),
        (TIERS, {"tier": "Baseline", "subject": PAY, "ingress": [{"action": "Deny"}]}, MAYBE),
        (
            TIERS,
            {"tier": "Admin", "subject": {"namespaces": []}, "ingress": [{"action": "Deny"}]},
            MAYBE,
        ),
        (ADMIN, {"subject": PAY, "ingress": [{"action": "Deny"}]}, MAYBE),
        (BASELINE, {"subject": PAY, "ingress": [{"action": "Deny"}]}, MAYBE),
        (BASELINE, {"subject": PAY, "ingress": [{"action": "Allow"}]}, YES),
        (CALICO, {"selector": "all()", "types": ["Ingress"]}, MAYBE),
        (CALICO, {"selector": "all()", "types": ["Egress"]}, YES),
        (CALICO, {"selector": "all()", "egress": [{}]}, YES),
        (GLOBAL, {"ingress": [{}]}, MAYBE),
        (TIERS, {"tier": "Admin", "subject": PAY, "ingress": [{"action": ["Deny"]}]}, MAYBE),
        (TIERS, {"tier": "Admin", "subject": PAY, "ingress": [{"action": "deny"}]}, MAYBE),
        (TIERS, {"tier": "Admin", "subject": PAY, "ingress": {"action": "Pass"}}, MAYBE),
    ],
)
def test_a_policy_that_may_deny_leaves_open_what_is_allowed(
    kind: kinds.ResourceType, spec: Json, answer: Answer
) -> None:
    """Where it is about the pod and the direction, and by name."""
    side = asked(other(kind, spec)).ingress
    assert side.answer is answer
    if answer is MAYBE:
        assert side.policy == kind.ref("pay", "p")
        assert "is not modelled" in side.said


DENY = {
    "metadata": {"name": "deny", "namespace": "red"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}
OPEN = {**DENY, "spec": {"podSelector": {}, "ingress": [{}]}}


def cluster(*policies: Json, **changes: Any) -> Inventory:
    """Return a cluster with these policies in red, of which something else is changed."""
    return msgspec.structs.replace(inventory([], list(policies)), cache={}, **changes)


def said(found: Inventory) -> tuple[Answer, str]:
    """Return what comes of a connection from shop to a pod of red."""
    target = msgspec.structs.replace(DB, namespace="red")
    side = decide(policies_of(found), WEB, target, 5432).ingress
    return side.answer, side.said


ODD = OddObject(kinds.NETWORK_POLICIES.ref("red", "odd"), "it does not decode")


@pytest.mark.parametrize(
    ("policies", "odd", "answer"),
    [
        ((), ODD, MAYBE),
        ((DENY,), ODD, MAYBE),
        ((OPEN,), ODD, YES),
        ((), OddObject(kinds.NETWORK_POLICIES.ref("blue", "odd"), ""), YES),
        ((OPEN,), OddObject(kinds.CILIUM_POLICIES.ref("red", "odd"), ""), MAYBE),
        ((OPEN,), OddObject(kinds.CLUSTER_NETWORK_POLICIES.ref("", "odd"), ""), MAYBE),
        ((), OddObject(kinds.PODS.ref("red", "odd"), ""), YES),
    ],
)
def test_a_policy_that_is_odd_makes_its_namespace_unknown(
    policies: tuple[Json, ...], odd: OddObject, answer: Answer
) -> None:
    """Unless another allows it: a NetworkPolicy cannot take that back, others can."""
    found, why = said(cluster(*policies, odd=(odd,)))
    assert found is answer
    assert why == (f"{odd.ref.label} could not be read" if answer is MAYBE else "")


@pytest.mark.parametrize(
    ("kind", "namespaces", "policies", "answer"),
    [
        (kinds.NETWORK_POLICIES, None, (), MAYBE),
        (kinds.NETWORK_POLICIES, frozenset(("red",)), (), YES),
        (kinds.NETWORK_POLICIES, frozenset(("blue",)), (), MAYBE),
        (kinds.NETWORK_POLICIES, None, (OPEN,), YES),
        (kinds.CILIUM_POLICIES, None, (OPEN,), MAYBE),
        (kinds.CALICO_GLOBAL_POLICIES, None, (DENY,), MAYBE),
        (kinds.SERVICES, None, (), YES),
    ],
)
def test_types_that_were_not_read_make_answers_unknown(
    kind: kinds.ResourceType,
    namespaces: frozenset[str] | None,
    policies: tuple[Json, ...],
    answer: Answer,
) -> None:
    """In the namespaces in which they were not."""
    entry = Entry(kind.key, Coverage.FORBIDDEN, namespaces=namespaces)
    found, why = said(cluster(*policies, ledger={kind.key: entry}))
    assert found is answer
    assert why == (f"{kind.key} were not read" if answer is MAYBE else "")


def test_a_type_that_the_server_does_not_have_leaves_nothing_open() -> None:
    """Nobody can have written what cannot be written."""
    kind = kinds.CILIUM_POLICIES
    absent = {kind.key: Entry(kind.key, Coverage.ABSENT)}
    assert said(cluster(DENY, ledger=absent))[0] is NO


def test_a_change_of_any_kind_of_policy_is_foreseen() -> None:
    """Made, changed and taken away; other objects are passed over."""
    before = policies_of(cluster(DENY))
    cilium = kinds.CILIUM_POLICIES.ref("red", "more")
    metadata = {"name": "more", "namespace": "red"}
    rules = {"endpointSelector": {}, "ingress": [{"fromEntities": ["world"]}]}
    target = msgspec.structs.replace(DB, namespace="red")
    after = before.changed({cilium: {"metadata": metadata, "spec": rules}})
    assert decide(before, OUTSIDE, target, 80).answer is NO
    assert decide(after, OUTSIDE, target, 80).answer is YES
    gone = after.changed({cilium: None, kinds.NETWORK_POLICIES.ref("red", "deny"): None})
    assert (gone.policies, gone.others) == ({}, {})
    assert decide(gone, HOST, target, 80).answer is YES
    assert after.changed({kinds.SERVICES.ref("red", "s"): None}).policies == after.policies
