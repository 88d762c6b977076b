"""The matrix of reachability: namespaces by namespaces, or the workloads within one.

Cells count pairs of workloads, found by their equivalence classes and never pod by pod; a workload
whose pods are judged differently counts once for each kind of them. Rows and columns for outside
the cluster, and within a namespace for all others, come last.
"""

from collections.abc import Iterable, Iterator

from k8sharden.analysis.network.cells import OUTSIDE, Cell, Spot
from k8sharden.analysis.network.classes import Classes, classes_of
from k8sharden.analysis.network.policies import Policies
from k8sharden.analysis.network.port_classes import PortClasses
from k8sharden.analysis.network.rows import Row, Rows, port_classes
from k8sharden.analysis.network.selected import Bits, bits, members
from k8sharden.model.inventory import Inventory


class Members:
    """The classes of a spot, each with the workloads that it counts for there."""

    def __init__(self, numbers: Iterable[int], classes: Classes, *, single: bool) -> None:
        self.numbers = tuple(numbers)
        self.bits = bits(self.numbers)
        self._weights = {n: 1 if single else classes.groups[n].weight for n in self.numbers}
        self.weight = sum(self._weights.values())

    def weigh(self, some: Bits) -> int:
        """Return how many workloads a set's part in this spot counts for."""
        here = some & self.bits
        if not here or here == self.bits:
            return self.weight if here else 0
        return sum(self._weights[number] for number in members(here))

    def of(self, number: int) -> int:
        """Return how many workloads a class of this spot counts for."""
        return self._weights[number]


class _Summed:
    """A row with what its ports say together."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.full, self.some, self.possible = row.sure[0], 0, 0
        for sure in set(row.sure):
            self.full &= sure
            self.some |= sure
        for possible in set(row.possible):
            self.possible |= possible
        self.limited = self.some & ~self.full
        self.unknown = self.possible & ~self.some


class Matrix:
    """Cells by ``spots``, each row found when it is first asked for."""

    def __init__(
        self, spots: Iterable[Spot], classes: Classes, policies: Policies, ports: PortClasses
    ) -> None:
        self.spots = tuple(spots)
        self.classes = classes
        self.policies = policies
        self.ports = ports
        self._rows = Rows(classes, policies, ports)
        self._members = {spot: members_of(spot, classes) for spot in self.spots}
        self._cells: dict[Spot, dict[Spot, Cell]] = {}

    def cell(self, source: Spot, target: Spot) -> Cell:
        """Return one cell."""
        return self.row(source)[target]

    def row(self, source: Spot) -> dict[Spot, Cell]:
        """Return the cells of a row, by their columns."""
        if source not in self._cells:
            sources = list(self._weighed(source))
            self._cells[source] = {spot: self._cell(sources, spot) for spot in self.spots}
        return self._cells[source]

    def members(self, spot: Spot) -> Members:
        """Return the classes of a spot."""
        return self._members[spot]

    def reach(self, number: int) -> Row:
        """Return whom a class reaches."""
        return self._rows.of(number)

    def _weighed(self, source: Spot) -> Iterator[tuple[_Summed, int]]:
        """Yield the different rows of a spot's classes, with the workloads each counts for."""
        own = self._members[source]
        found: dict[int, tuple[Row, int]] = {}
        for number in own.numbers:
            row = self._rows.of(number)
            found[id(row)] = (row, own.of(number) + found.get(id(row), (row, 0))[1])
        for row, weight in found.values():
            yield _Summed(row), weight

    def _cell(self, sources: list[tuple[_Summed, int]], target: Spot) -> Cell:
        there = self._members[target]
        pairs = full = limited = unknown = 0
        ports: set[int] = set()
        for row, weight in sources:
            pairs += weight * there.weight
            full += weight * there.weigh(row.full)
            unknown += weight * there.weigh(row.unknown)
            if here := row.limited & there.bits:
                limited += weight * there.weigh(here)
                ports |= {n for n, sure in enumerate(row.row.sure) if sure & here}
        return Cell(pairs, full, limited, unknown, self.ports.labels(ports) if ports else ())


def members_of(spot: Spot, classes: Classes) -> Members:
    """Return the classes of a spot."""
    if spot.ref is not None:
        return Members(classes.of.get(spot.ref, ()), classes, single=True)
    if spot.rest:
        others = (n for n, group in enumerate(classes.groups) if group.party.is_pod)
        own = set(classes.order.get(spot.namespace, ()))
        return Members((n for n in others if n not in own), classes, single=False)
    return Members(classes.order.get(spot.namespace, ()), classes, single=False)


def spots_of(classes: Classes, namespace: str = "") -> tuple[Spot, ...]:
    """Return the namespaces that run anything, or the workloads of one, and what is around them."""
    if not namespace:
        return (*(Spot(space) for space in sorted(classes.order) if space), OUTSIDE)
    refs = {ref for n in classes.order.get(namespace, ()) for ref in classes.groups[n].refs}
    return (*(Spot(namespace, ref) for ref in sorted(refs)), Spot(namespace, rest=True), OUTSIDE)


def matrix(inventory: Inventory, policies: Policies, namespace: str = "") -> Matrix:
    """Return the matrix of all namespaces, or of the workloads within one."""
    classes = classes_of(inventory, policies)
    return Matrix(spots_of(classes, namespace), classes, policies, port_classes(classes, policies))
