"""Blocks of addresses: whether they hold all, none or some of where somebody is."""

import pytest

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.blocks import Block, holds

ALL, NONE, SOME = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN
HALVES = ("10.0.0.0/25", "10.0.0.128/25")


@pytest.mark.parametrize(
    ("block", "where", "answer"),
    [
        (Block("10.0.0.0/8"), "10.0.0.0/24", ALL),
        (Block("10.0.0.0/25"), "10.0.0.0/24", SOME),
        (Block("10.1.0.0/16"), "10.0.0.0/24", NONE),
        (Block("10.0.0.0/8", HALVES), "10.0.0.0/24", NONE),
        (Block("10.0.0.0/8", HALVES[:1]), "10.0.0.0/24", SOME),
        (Block("10.0.0.0/8", HALVES[:1]), "10.0.0.128/26", ALL),
        (Block("10.0.0.0/24", HALVES), "10.0.0.0/8", NONE),
        (Block("fd00::/8"), "fd00::1", ALL),
        (Block("fd00::/8"), "10.0.0.1", NONE),
        (Block("10.0.0.7/8"), "10.9.9.9", ALL),
        (Block("nonsense"), "10.0.0.1", SOME),
        (Block("10.0.0.0/8"), "a host", SOME),
    ],
)
def test_a_block_holds_all_none_or_some(block: Block, where: str, answer: Answer) -> None:
    """Exceptions count together, and what cannot be read may be anywhere."""
    assert holds(block, (where,)) is answer


def test_versions_that_the_other_end_does_not_speak_do_not_count() -> None:
    """Of two addresses only one may be used."""
    both = ("10.0.0.1", "fd00::1")
    assert holds(Block("10.0.0.0/8"), both) is SOME
    assert holds(Block("10.0.0.0/8"), both, frozenset((4,))) is ALL
    assert holds(Block("10.0.0.0/8"), both, frozenset((6,))) is NONE
