"""Policies once findings are answered, without reading or writing anything."""

from k8sharden.analysis.assess import assess
from k8sharden.changes.foreseen import foreseen_policies
from k8sharden.model.inventory import Inventory
from remediations import OWN
from tests.analysis.network.worlds import inventory, pod, policy

ITEMS = {item.id: item for item in OWN}


def foreseen(everybody: Inventory, *checks: str) -> set[str] | None:
    """Return the names of the policies that the fixes of some checks leave."""
    items = [ITEMS[check] for check in checks]
    found = foreseen_policies(assess(items, everybody).findings, everybody, ITEMS)
    return None if found is None else {ref.label for ref in found.policies}


def test_fixes_of_the_network_are_foreseen_together() -> None:
    """What is there stays, and each namespace that takes everything in gets its own."""
    everybody = inventory(
        [pod("red", "web"), pod("green", "db")], [policy("red", "deny", policyTypes=["Ingress"])]
    )
    found = foreseen(everybody, "net-no-default-deny-ingress")
    assert found is not None
    assert "NetworkPolicy red/deny" in found
    assert {label.partition("/")[0] for label in found} == {
        "NetworkPolicy red",
        "NetworkPolicy green",
    }


def test_without_a_fix_nothing_is_foreseen() -> None:
    """None is returned, so that nobody shows a picture of after that is the one of before."""
    closed = inventory([pod("red", "web")], [policy("red", "deny", policyTypes=["Ingress"])])
    assert foreseen(closed, "net-no-default-deny-ingress") is None
    assert foreseen(inventory([pod("red", "web")], []), "rt-seccomp") is None
