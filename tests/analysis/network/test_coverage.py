"""What was not read, so that the matrix may lack it."""

import msgspec

from k8sharden.analysis.network.coverage import unread
from k8sharden.model import kinds
from k8sharden.model.inventory import Coverage, Entry, OddObject
from tests.analysis.network.worlds import inventory

NOTHING = inventory([], [])


def test_all_that_counts_was_read() -> None:
    """Types that say nothing of the network are no gap."""
    gap = Entry(kinds.ROLES.key, Coverage.FORBIDDEN)
    ledger = {**NOTHING.ledger, kinds.ROLES.key: gap}
    assert unread(msgspec.structs.replace(NOTHING, ledger=ledger)) == ()


def test_a_gap_names_the_permission() -> None:
    """One that was refused, and one of which only a namespace was listed."""
    key = kinds.NETWORK_POLICIES.key
    refused = Entry(key, Coverage.FORBIDDEN, permission="list networkpolicies")
    part = Entry("pods", Coverage.READ, namespaces=frozenset(("red",)))
    ledger = {**NOTHING.ledger, key: refused, "pods": part}
    assert unread(msgspec.structs.replace(NOTHING, ledger=ledger)) == (
        f"{key} could not all be read: it takes the permission to list networkpolicies.",
        "pods could not all be read: it takes the permission to list pods.",
    )


def test_a_type_of_policies_that_a_tool_brings_is_a_gap_as_well() -> None:
    """What it denies is not known, which makes every cell unknown."""
    key = kinds.CILIUM_POLICIES.key
    refused = Entry(key, Coverage.FORBIDDEN, permission="list it")
    seen = msgspec.structs.replace(NOTHING, ledger={**NOTHING.ledger, key: refused})
    assert unread(seen) == (f"{key} could not all be read: it takes the permission to list it.",)


def test_an_odd_object_is_named() -> None:
    """A policy that did not decode is unknown itself; an odd Role does not matter here."""
    odd = tuple(
        OddObject(kind.ref("red", "odd"), "spec is a string")
        for kind in (kinds.NETWORK_POLICIES, kinds.ROLES)
    )
    assert unread(msgspec.structs.replace(NOTHING, odd=odd)) == (
        "NetworkPolicy red/odd could not be understood: spec is a string.",
    )
