"""The matrix of reachability before and after: what each cell loses and gains."""

from collections.abc import Iterator

from k8sharden.analysis.network.cells import Cell, Change, Spot
from k8sharden.analysis.network.classes import classes_of
from k8sharden.analysis.network.matrix import Matrix, made
from k8sharden.analysis.network.policies import Policies
from k8sharden.analysis.network.rows import Row
from k8sharden.analysis.network.selected import Bits
from k8sharden.model.inventory import Inventory


class Comparison:
    """The same matrix under two sets of policies."""

    def __init__(self, before: Matrix, after: Matrix) -> None:
        self.spots = before.spots
        self.before = before
        self.after = after
        self._changes: dict[tuple[Spot, Spot], Change] = {}

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
        own, there = self.before.members(source), self.before.members(target)
        counts = [0, 0, 0]
        ports: tuple[set[int], ...] = (set(), set(), set())
        for number in own.numbers:
            old, new = self.before.reach(number), self.after.reach(number)
            if old == new:
                continue
            for index, by_port in enumerate(_differing(old, new)):
                touched = 0
                for port in self.before.only:
                    if here := by_port[port] & there.bits:
                        touched |= here
                        ports[index].add(port)
                counts[index] += own.of(number) * there.weigh(touched)
        lost, gained, _ = (self.before.ports.labels(some) if some else () for some in ports)
        cell, then = self.before.cell(source, target), self.after.cell(source, target)
        return Change(cell, then, counts[0], counts[1], counts[2], lost, gained)


def _differing(old: Row, new: Row) -> Iterator[list[Bits]]:
    """Yield, by ports, the targets that are lost, gained, and become or cease to be unknown."""
    both = list(zip(old.sure, old.possible, new.sure, new.possible, strict=True))
    yield [was & ~may for was, _, _, may in both]
    yield [now & ~might for _, might, now, _ in both]
    # Unknown is what may and does not for certain.
    yield [(might & ~was) ^ (may & ~now) for was, might, now, may in both]


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
