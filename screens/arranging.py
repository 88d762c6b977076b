"""Filter, sort and group rows in small steps, so that 50,000 of them never hold up a key.

Each function is a generator that yields after about `STEP` rows and returns its result.
"""

import heapq
from collections.abc import Callable, Container, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import TypeVar

from screens.rows import Row

T = TypeVar("T")
Steps = Generator[None, None, T]

STEP = 500
"""Rows between two yields: a millisecond of the dearest step."""


class Order(StrEnum):
    """How rows are sorted."""

    WORST = "worst first"
    OBJECT = "by object"
    CHECK = "by check"


class Grouping(StrEnum):
    """What rows are gathered under."""

    NONE = "not grouped"
    CHECK = "grouped by check"
    NAMESPACE = "grouped by namespace"
    WORKLOAD = "grouped by object"


_SORT: dict[Order, Callable[[Row], str]] = {
    # Strings, since the collector of garbage would walk 50,000 tuples.
    Order.OBJECT: lambda row: f"{row.finding.system:d}{row.where}",
    Order.CHECK: lambda row: f"{row.finding.system:d}{row.finding.check}",
}

_GATHER: dict[Grouping, Callable[[Row], str]] = {
    Grouping.CHECK: lambda row: row.finding.check,
    Grouping.NAMESPACE: lambda row: row.finding.resource.namespace or "no namespace",
    Grouping.WORKLOAD: lambda row: row.where,
}


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one head."""

    name: str
    rows: Sequence[int]


@dataclass(frozen=True, slots=True)
class Groups:
    """The rows of all groups, one group after the other; ``starts`` says where each begins.

    Flat, since the collector of garbage would walk 50,000 small lists. Without a grouping there is
    one group without a name.
    """

    names: Sequence[str] = ()
    starts: Sequence[int] = (0,)
    rows: Sequence[int] = ()

    def __getitem__(self, number: int) -> Group:
        """Return one group."""
        return Group(self.names[number], self.rows[self.starts[number] : self.starts[number + 1]])


def ordered(rows: Sequence[Row], order: Order) -> Steps[list[int]]:
    """Return the indexes of all rows in this order; what is equal stays worst first."""
    if order not in _SORT:
        return list(range(len(rows)))
    keys: list[str] = []
    runs = []
    for start in range(0, len(rows), STEP):
        part = range(start, min(start + STEP, len(rows)))
        keys += [_SORT[order](rows[index]) for index in part]
        runs.append(sorted(part, key=keys.__getitem__))
        yield
    merged: list[int] = []
    for index in heapq.merge(*runs, key=keys.__getitem__):
        merged.append(index)
        if not len(merged) % STEP:
            yield
    return merged


def matching(rows: Sequence[Row], indexes: Sequence[int], words: Sequence[str]) -> Steps[list[int]]:
    """Return the indexes of the rows that hold every word."""
    found: list[int] = []
    for start in range(0, len(indexes), STEP):
        part = indexes[start : start + STEP]
        for word in words:
            part = [index for index in part if word in rows[index].text]
        found += part
        yield
    return found


def gathered(rows: Sequence[Row], indexes: Sequence[int], grouping: Grouping) -> Steps[Groups]:
    """Return the groups in the order of their first rows: the worst comes first."""
    if grouping not in _GATHER:
        return Groups(("",), (0, len(indexes)), indexes)
    name_of, numbers = _GATHER[grouping], dict[str, int]()
    of: list[int] = []
    for start in range(0, len(indexes), STEP):
        part = indexes[start : start + STEP]
        of += [numbers.setdefault(name_of(rows[index]), len(numbers)) for index in part]
        yield
    starts = yield from _starts(of, len(numbers))
    free, placed = starts.copy(), [0] * len(indexes)
    for place, (index, number) in enumerate(zip(indexes, of, strict=True)):
        placed[free[number]] = index
        free[number] += 1
        if not place % STEP:
            yield
    return Groups(list(numbers), starts, placed)


def _starts(of: Sequence[int], groups: int) -> Steps[list[int]]:
    """Return where each group begins, and the end of the last."""
    sizes = [0] * groups
    for place, number in enumerate(of):
        sizes[number] += 1
        if not place % STEP:
            yield
    return [0, *accumulate(sizes)]


def laid_out(groups: Groups, folded: Container[str]) -> Steps[list[int]]:
    """Return the lines: the index of a row, or ``-1 - n`` for the head of group n."""
    lines: list[int] = []
    for number, name in enumerate(groups.names):
        if name:
            lines.append(-1 - number)
        if not name or name not in folded:
            lines += groups.rows[groups.starts[number] : groups.starts[number + 1]]
        if not number % STEP:
            yield
    return lines
