"""The matrix of reachability before and after: what each cell loses and gains."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sharden.analysis.network.cells import Cell, Change, Spot
from k8sharden.analysis.network.classes import classes_of
from k8sharden.analysis.network.matrix import Matrix, made
from k8sharden.analysis.network.policies import Policies
from k8sharden.analysis.network.rows import Row
from k8sharden.analysis.network.selected import Bits
from k8sharden.model.inventory import Inventory


class Differences(NamedTuple):
    """Of one source by ports the targets that it loses, gains, and is or was unsure of."""

    lost: dict[int, Bits]
    gained: dict[int, Bits]
    unsure: dict[int, Bits]


class Comparison:
    """The same matrix under two sets of policies."""

    def __init__(self, before: Matrix, after: Matrix) -> None:
        self.spots = before.spots
        self.before = before
        self.after = after
        self._changes: dict[tuple[Spot, Spot], Change] = {}
        self._sources: dict[Spot, list[tuple[int, Differences]]] = {}
        self._known: dict[tuple[int, int], Differences] = {}

    def change(self, source: Spot, target: Spot) -> Change:
        """Return what becomes of a cell."""
        if (source, target) not in self._changes:
            self._changes[source, target] = self._changed(source, target)
        return self._changes[source, target]

    def changes(self) -> Iterator[tuple[Spot, Spot, Change]]:
        """Yield the cells that change."""
        for source in self.spots:
            for target in self.spots:
                if not (change := self.change(source, target)).same:
                    yield source, target, change

    def _changed(self, source: Spot, target: Spot) -> Change:
        if source.around and target.around:
            return Change(Cell(), Cell())
        there = self.before.members(target)
        counts = [0, 0, 0]
        ports: tuple[set[int], ...] = (set(), set(), set())
        for weight, kinds in self._differing(source):
            for index, by_port in enumerate(kinds):
                touched = 0
                for port, targets in by_port.items():
                    if here := targets & there.bits:
                        touched |= here
                        ports[index].add(port)
                counts[index] += weight * there.weigh(touched)
        lost, gained, _ = (self.before.ports.labels(some) if some else () for some in ports)
        cell, then = self.before.cell(source, target), self.after.cell(source, target)
        return Change(cell, then, counts[0], counts[1], counts[2], lost, gained)

    def _differing(self, source: Spot) -> list[tuple[int, Differences]]:
        """Return what differs for a spot's classes, with the workloads that it counts for."""
        if source not in self._sources:
            own = self.before.members(source)
            found: dict[tuple[int, int], int] = {}
            for number in own.numbers:
                rows = self.before.reach(number), self.after.reach(number)
                pair = (id(rows[0]), id(rows[1]))
                found[pair] = found.get(pair, 0) + own.of(number)
                if pair not in self._known:
                    self._known[pair] = _differences(*rows, self.before.only)
            pairs = ((many, self._known[pair]) for pair, many in found.items())
            self._sources[source] = [(many, kinds) for many, kinds in pairs if any(kinds)]
        return self._sources[source]


def _differences(old: Row, new: Row, ports: Iterable[int]) -> Differences:
    """Return, by ports, the targets that are lost, gained, and become or cease to be unknown."""
    lost, gained, unsure = Differences({}, {}, {})
    for port in ports:
        was, might = old.sure[port], old.possible[port]
        now, may = new.sure[port], new.possible[port]
        lost[port] = was & ~may
        gained[port] = now & ~might
        # Unknown is what may and does not for certain.
        unsure[port] = (might & ~was) ^ (may & ~now)
    return Differences(
        *({p: bits for p, bits in kind.items() if bits} for kind in (lost, gained, unsure))
    )


def compared(
    inventory: Inventory,
    before: Policies,
    after: Policies,
    namespace: str = "",
    port: tuple[str, int] | None = None,
) -> Comparison:
    """Return the matrix of all namespaces, or of the workloads within one, before and after."""
    classes = classes_of(inventory, before, after)
    return Comparison(*(made(classes, each, namespace, port) for each in (before, after)))
