"""Versions of Kubernetes: how they are read, when they end, how far apart they may be."""

import itertools
from datetime import UTC, datetime

import pytest

from k8sharden.analysis.releases import AS_OF, ENDS, allowed_skew, ended, minor


def _day(text: str) -> float:
    return datetime.fromisoformat(f"{text}T12:00:00+00:00").timestamp()


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("v1.36.2", 36),
        ("1.9", 9),
        ("v1.33.5+k3s1", 33),
        ("v1.31.4-eks-1a2b3c4", 31),
        ("v1.4000.0", None),
        ("v2.1.0", None),
        ("main", None),
        ("", None),
    ],
)
def test_the_minor_version_is_read_from_what_distributions_write(
    version: str, number: int | None
) -> None:
    """Suffixes do not matter, and what is no version of Kubernetes 1 is none."""
    assert minor(version) == number


def test_a_version_ends_the_day_after_its_last() -> None:
    """The day that is named still has fixes."""
    assert ended(34, _day("2026-10-27")) == ""
    assert ended(34, _day("2026-10-28")) == "2026-10-27"


def test_older_than_the_table_has_ended_and_newer_has_not() -> None:
    """Nobody lists them any more, or not yet."""
    assert ended(min(ENDS) - 1, 0.0) == f"before {ENDS[min(ENDS)]}"
    assert ended(max(ENDS) + 1, _day("2099-01-01")) == ""


def test_the_table_is_in_order_and_knows_what_is_current() -> None:
    """A date that was mistyped would stand out: each version ends after the one before it."""
    assert list(ENDS) == list(range(min(ENDS), max(ENDS) + 1))
    days = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in ENDS.values()]
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(days)]
    assert all(60 <= gap <= 220 for gap in gaps), gaps
    assert sum(day > AS_OF for day in ENDS.values()) == 3


def test_kubelets_may_lag_by_three_and_before_1_25_by_two() -> None:
    """The policy grew with Kubernetes 1.28, for kubelets from 1.25 on."""
    assert (allowed_skew(24), allowed_skew(25), allowed_skew(36)) == (2, 3, 3)
