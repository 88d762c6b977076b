"""Classes of addresses: what the same blocks hold is alike, inside the cluster and outside."""

import pytest

from k8sharden.analysis.network.address_classes import AddressClasses
from k8sharden.analysis.network.blocks import Block

ALL, TEN = Block("0.0.0.0/0", ("10.0.0.0/8",)), Block("10.1.0.0/16")
SIX = Block("fd00::/8")


def test_stretches_are_one_for_each_set_of_blocks() -> None:
    """All IPv4 but the exception, the exception, and the block within it."""
    found = {each.held: each.address for each in AddressClasses([ALL, TEN]).stretches()}
    assert found == {
        frozenset({ALL}): "0.0.0.0",  # noqa: S104 - an address, and nobody listens
        frozenset(): "10.0.0.0",
        frozenset({TEN}): "10.1.0.0",
    }


def test_versions_that_no_block_knows_are_left_out() -> None:
    """IPv6 is there where a block speaks of it."""
    assert [each.address for each in AddressClasses([SIX]).stretches()] == ["::", "fd00::"]
    assert list(AddressClasses([]).stretches()) == []


def test_stretches_say_what_they_are() -> None:
    """By the blocks that hold them."""
    labels = [each.label for each in AddressClasses([ALL, TEN]).stretches()]
    assert labels == ["addresses in 0.0.0.0/0", "any other address", "addresses in 10.1.0.0/16"]


def test_a_pod_is_where_all_its_addresses_are() -> None:
    """Of two addresses both count; the same blocks make the same place."""
    known = AddressClasses([ALL, TEN, SIX])
    both = known.place(["10.1.2.3", "fd00::1"])
    assert both == known.place(["fdff::9", "10.1.255.255"])
    assert both == {(4, frozenset({TEN})), (6, frozenset({SIX}))}
    assert both != known.place(["10.1.2.3"])


@pytest.mark.parametrize("text", ["", "nonsense", "10.0.0.300"])
def test_what_is_no_address_is_like_nothing_else(text: str) -> None:
    """It is not taken for an address that no block holds, nor for none at all."""
    known = AddressClasses([TEN])
    assert known.place([text]) not in (known.place(["192.0.2.1"]), known.place([]))


def test_a_block_that_cannot_be_read_holds_nothing_here() -> None:
    """What it means is unknown for everybody alike, so that it tells nobody apart."""
    known = AddressClasses([Block("nonsense"), Block("10.0.0.0/8", ("nonsense",)), TEN])
    assert known.place(["10.2.0.1"]) == known.place(["192.0.2.1"])


def test_a_block_is_shown_safely() -> None:
    """The zone of an IPv6 address may hold anything, and a terminal must not obey it."""
    labels = [each.label for each in AddressClasses([Block("fe80::%\x1b[31m/64")]).stretches()]
    assert not any("\x1b" in label for label in labels)
