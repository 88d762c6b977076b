"""The matrix of reachability: namespaces by namespaces, or the workloads within one.

Cells count pairs of workloads, found by their equivalence classes and never pod by pod; a workload
whose pods are judged differently counts once for each kind of them. Rows and columns for outside
the cluster, and within a namespace for all others, come last.
"""

from collections.abc import Iterable

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

    def __init__(self, row: Row, ports: Iterable[int]) -> None:
        self.sure = {port: row.sure[port] for port in ports}
        self.some = self.possible = 0
        self.full = -1
        for sure in set(self.sure.values()):
            self.full &= sure
            self.some |= sure
        for possible in {row.possible[port] for port in self.sure}:
            self.possible |= possible
        self.limited = self.some & ~self.full
        self.unknown = self.possible & ~self.some


class Matrix:
    """Cells between spots, each found when it is first asked for; ``spots`` are its rows.

    Cells between other spots may be asked for, too. With ``only`` no other classes of ports count.
    """

    def __init__(
        self,
        spots: Iterable[Spot],
        classes: Classes,
        policies: Policies,
        ports: PortClasses,
        only: Iterable[int] = (),
    ) -> None:
        self.spots = tuple(spots)
        self.classes = classes
        self.policies = policies
        self.ports = ports
        self.only = tuple(only) or tuple(range(len(ports)))
        self._rows = Rows(classes, policies, ports)
        self._members: dict[Spot, Members] = {}
        self._sources: dict[Spot, list[tuple[_Summed, int]]] = {}
        self._summed: dict[int, _Summed] = {}
        self._cells: dict[tuple[Spot, Spot], Cell] = {}

    def cell(self, source: Spot, target: Spot) -> Cell:
        """Return one cell; it is empty between two that are only around the rows."""
        if source.around and target.around:
            return Cell()
        if (source, target) not in self._cells:
            self._cells[source, target] = self._cell(source, target)
        return self._cells[source, target]

    def row(self, source: Spot) -> dict[Spot, Cell]:
        """Return the cells of a row, by their columns."""
        return {target: self.cell(source, target) for target in self.spots}

    def members(self, spot: Spot) -> Members:
        """Return the classes of a spot."""
        if spot not in self._members:
            self._members[spot] = members_of(spot, self.classes)
        return self._members[spot]

    def reach(self, number: int) -> Row:
        """Return whom a class reaches."""
        return self._rows.of(number)

    def _weighed(self, source: Spot) -> list[tuple[_Summed, int]]:
        """Return the different rows of a spot's classes, with the workloads each counts for."""
        if source not in self._sources:
            own = self.members(source)
            found: dict[int, int] = {}
            for number in own.numbers:
                row = self._rows.of(number)
                if id(row) not in self._summed:
                    self._summed[id(row)] = _Summed(row, self.only)
                found[id(row)] = found.get(id(row), 0) + own.of(number)
            self._sources[source] = [(self._summed[row], many) for row, many in found.items()]
        return self._sources[source]

    def _cell(self, source: Spot, target: Spot) -> Cell:
        there = self.members(target)
        pairs = full = limited = unknown = 0
        ports: set[int] = set()
        for row, weight in self._weighed(source):
            pairs += weight * there.weight
            full += weight * there.weigh(row.full)
            unknown += weight * there.weigh(row.unknown)
            if here := row.limited & there.bits:
                limited += weight * there.weigh(here)
                ports |= {port for port, sure in row.sure.items() if sure & here}
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


def matrix(
    inventory: Inventory,
    policies: Policies,
    namespace: str = "",
    port: tuple[str, int] | None = None,
) -> Matrix:
    """Return the matrix of all namespaces, or of the workloads within one.

    With ``port`` (``("TCP", 5432)``) only that one counts.
    """
    classes = classes_of(inventory, policies)
    return made(classes, policies, namespace, port)


def made(
    classes: Classes, policies: Policies, namespace: str, port: tuple[str, int] | None
) -> Matrix:
    """Return a matrix under policies that these classes were made for."""
    ports = port_classes(classes)
    only = [ports.holding(*port)] if port else []
    return Matrix(spots_of(classes, namespace), classes, policies, ports, only)
