"""A second look at findings: fixed, still there, cannot tell."""

from typing import Any

import msgspec
import pytest

import remediations
from k8sharden.analysis.assess import assess
from k8sharden.analysis.recheck import Rechecked, recheck
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Coverage, Entry, Inventory
from tests.remediations.harness import inventory

ITEMS = {item.id: item for item in remediations.catalogue()}
NAMESPACES = ("shop", "ci")


def namespaced(*hardened: str, **unread: Entry) -> Inventory:
    """Return a cluster of two namespaces with a pod each; some of them deny ingress."""
    docs: list[dict[str, Any]] = []
    for name in NAMESPACES:
        docs.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        meta = {"name": "web", "namespace": name}
        docs.append({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {}})
        if name in hardened:
            policy = {"podSelector": {}, "policyTypes": ["Ingress"]}
            meta = {"name": "default-deny", "namespace": name}
            made = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
            docs.append(made | {"metadata": meta, "spec": policy})
    found = inventory(docs)
    known = {entry.resource: entry for entry in unread.values()}
    return msgspec.structs.replace(found, ledger={**found.ledger, **known})


def look(after: Inventory) -> dict[str, Rechecked]:
    """Return what became of the missing default denies, by namespace."""
    items = [ITEMS["net-no-default-deny-ingress"]]
    before: tuple[Finding, ...] = assess(items, namespaced()).findings
    assert len(before) == len(NAMESPACES)
    found = recheck(before, ITEMS, after, assess(items, after))
    return {finding.resource.name: found[finding.id] for finding in before}


def test_what_is_gone_is_fixed_and_the_rest_still_there() -> None:
    """Each finding is looked at on its own."""
    assert look(namespaced("shop")) == {"shop": Rechecked.FIXED, "ci": Rechecked.STILL_THERE}


@pytest.mark.parametrize("status", [Coverage.FORBIDDEN, Coverage.ERROR])
def test_what_could_not_be_read_again_cannot_be_told(status: Coverage) -> None:
    """A finding that is merely not seen any more is not fixed."""
    lost = Entry("networkpolicies.networking.k8s.io", status)
    assert set(look(namespaced("shop", "ci", lost=lost)).values()) == {Rechecked.CANNOT_TELL}


def test_a_namespace_that_was_read_can_be_told_alone() -> None:
    """Partial access is enough for what lies within it."""
    part = Entry("networkpolicies.networking.k8s.io", Coverage.READ, namespaces=frozenset({"shop"}))
    found = look(namespaced("shop", "ci", part=part))
    assert found == {"shop": Rechecked.FIXED, "ci": Rechecked.CANNOT_TELL}
