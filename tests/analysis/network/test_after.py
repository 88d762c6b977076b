"""Policies as writes leave them."""

import pytest

from k8sharden.analysis.network.after import policies_after
from k8sharden.analysis.network.policies import Policies, policies_of
from k8sharden.model import kinds
from k8sharden.model.change import Create, Delete, Patch, SetField, Write
from k8sharden.model.edits import EditConflict
from tests.analysis.network.worlds import inventory, policy

OLD = kinds.NETWORK_POLICIES.ref("red", "old")
NEW = kinds.NETWORK_POLICIES.ref("green", "new")
MANIFEST = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    **policy("green", "new", policyTypes=["Ingress"]),
}
TYPES = ("spec", "policyTypes")


def left(*writes: Write) -> Policies:
    """Return what is left of one policy, which is about ingress."""
    before = policies_of(inventory([], [policy("red", "old", policyTypes=["Ingress"])]))
    return policies_after(writes, before)


def test_policies_come_go_and_change() -> None:
    """A creation, a deletion and a patch each leave what the server would hold then."""
    assert set(left(Create(NEW, MANIFEST)).policies) == {OLD, NEW}
    assert set(left(Delete(OLD)).policies) == set()
    patched = left(Patch(OLD, (SetField(TYPES, ["Egress"]),))).policies[OLD]
    assert patched.spec.policy_types == ["Egress"]


def test_what_is_no_policy_changes_nothing() -> None:
    """Writes of other objects of the same plan are left out."""
    other = kinds.CONFIG_MAPS.ref("red", "old")
    writes = (Create(other, {"kind": "ConfigMap"}), Patch(other, (SetField(TYPES, ["Egress"]),)))
    assert set(left(*writes, Delete(other)).policies) == {OLD}


def test_an_edit_that_does_not_fit_is_refused() -> None:
    """A guess at what it leaves would be shown as certain."""
    with pytest.raises(EditConflict):
        left(Patch(OLD, (SetField(("spec", "policyTypes", "name"), ["Egress"]),)))
