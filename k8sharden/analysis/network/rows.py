"""Whom each class reaches, by the policies of both ends: `decide` for all classes at a time.

What one direction says of one class is found for all others together, as sets. Classes about which
the same is said share the answer: so the work grows with the different policies there are.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from k8sharden.analysis.network.classes import Classes
from k8sharden.analysis.network.clauses import Clause, Direction, Doubt, Rule
from k8sharden.analysis.network.decide import Answer, decide
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.policies import Policies
from k8sharden.analysis.network.port_classes import PROTOCOLS, PortClasses, Span
from k8sharden.analysis.network.selected import Bits, Chooser, Meant, bits, members

ByPort = tuple[Bits, ...]
"""A set of classes for each class of ports."""


class Row(NamedTuple):
    """Whom one class reaches, or by whom it is reached: for certain, and at most."""

    sure: ByPort
    possible: ByPort


def port_classes(classes: Classes) -> PortClasses:
    """Return the classes of ports under the policies of some classes, those with names too."""
    found: set[Span] = set()
    names = {port.name for port in classes.ports}
    for port in classes.ports:
        protocols = (port.protocol,) if port.protocol else PROTOCOLS
        found |= {Span(protocol, port.first, port.last) for protocol in protocols if not port.name}
    for group in classes.groups:
        for named in group.party.ports:
            if named.name in names:
                found.add(Span(named.protocol or "TCP", *(named.container_port,) * 2))
    return PortClasses(found)


class Rows:
    """The rows of all classes under some policies; sources that are judged alike share one."""

    def __init__(self, classes: Classes, policies: Policies, ports: PortClasses) -> None:
        sides = _Sides(classes, policies, ports)
        count = range(len(classes.groups))
        self._egress = [sides.side(number, Direction.EGRESS) for number in count]
        self._ingress = _Turned((sides.side(n, Direction.INGRESS) for n in count), len(ports))
        self._known: dict[tuple[int, int], Row] = {}

    def of(self, source: int) -> Row:
        """Return the row of a class."""
        egress, ingress = self._egress[source], self._ingress.row(source)
        key = (id(egress), id(ingress))
        if key not in self._known:
            sure = _both(egress.sure, ingress.sure)
            self._known[key] = Row(sure, _both(egress.possible, ingress.possible))
        return self._known[key]


def _both(one: ByPort, other: ByPort) -> ByPort:
    return tuple(a & b for a, b in zip(one, other, strict=True))


class _Sides:
    """What one direction says of one class, for all others: see `decide`, which this follows."""

    def __init__(self, classes: Classes, policies: Policies, ports: PortClasses) -> None:
        self._groups = classes.groups
        self._policies = policies
        self._ports = range(len(ports))
        self._samples = [ports.sample(number) for number in self._ports]
        self._several = bits(n for n, group in enumerate(classes.groups) if _several(group.party))
        self._chooser = Chooser(classes, policies.context, ports)
        self._known: dict[tuple[object, ...], Row] = {}

    def side(self, number: int, way: Direction) -> Row:
        """Return the others that this direction of a class lets through."""
        own = self._groups[number].party
        clauses = self._policies.selecting(own, way) if own.is_pod else ()
        doubts = self._policies.doubtful(own, way)
        alike = (way, own.is_pod, own.host_network, frozenset(":" in a for a in own.addresses))
        # What a port's name means is the target's own.
        self_named = number if way is Direction.INGRESS and _by_name(clauses) else -1
        key = (*alike, self_named, tuple(map(id, clauses)), tuple(map(id, doubts)))
        if key not in self._known:
            self._known[key] = self._judged(number, way, clauses, doubts)
        return self._known[key]

    def _judged(
        self, number: int, way: Direction, clauses: tuple[Clause, ...], doubts: tuple[Doubt, ...]
    ) -> Row:
        own, every = self._groups[number].party, self._chooser.every
        context = self._policies.context
        isolated = any(each.isolates for each in clauses)
        allowed = self._meant((r for each in clauses for r in each.rules), own, number, way)
        denied = self._meant((r for each in clauses for r in each.denied), own, number, way)
        free = own.is_pod and (isolated or context.always)
        found = []
        for port in self._ports:
            let = allowed[port] if free else every
            let = Meant(let.sure & ~denied[port].possible, let.possible & ~denied[port].sure)
            if own.host_network:
                let = every if context.cilium else Meant(let.sure, every.possible)
            let = _doubted(let, doubts, every, isolated=isolated)
            found.append(self._by_address(let, number, way, port))
        return Row(tuple(each.sure for each in found), tuple(each.possible for each in found))

    def _by_address(self, let: Meant, number: int, way: Direction, port: int) -> Meant:
        """Ask singly about nodes that have several addresses, each of which a rule may hold."""
        sure, possible = let
        own = self._groups[number].party
        for other in members(possible & ~sure & self._several):
            ends = own, self._groups[other].party
            source, target = ends if way is Direction.EGRESS else reversed(ends)
            protocol, asked = self._samples[port]
            verdict = decide(self._policies, source, target, asked, protocol)
            side = verdict.egress if way is Direction.EGRESS else verdict.ingress
            sure |= (side.answer is Answer.ALLOWED) << other
            possible &= ~((side.answer is Answer.DENIED) << other)
        return Meant(sure, possible)

    def _meant(
        self, rules: Iterable[Rule], own: Party, number: int, way: Direction
    ) -> Mapping[int, Meant]:
        """Return by ports the others that any of these rules means."""
        found = dict.fromkeys(self._ports, Meant())
        for rule in rules:
            peers = Meant()
            for peer in rule.peers or ():
                peers |= self._chooser.peer(peer, own)
            if rule.peers is None:
                peers = self._chooser.every
            if rule.unsure:
                peers = Meant(0, peers.possible)
            for port, targets in self._targets(rule):
                if way is Direction.INGRESS:
                    let = peers if targets >> number & 1 else Meant()
                else:
                    let = peers & Meant(targets, targets)
                found[port] |= let
        return found

    def _targets(self, rule: Rule) -> Iterable[tuple[int, Bits]]:
        if rule.ports is None:
            return ((port, self._chooser.every.sure) for port in self._ports)
        return (pair for ports in rule.ports for pair in self._chooser.port(ports).items())


def _several(party: Party) -> bool:
    return len(party.addresses) > 1 and not party.on_pod_network


def _by_name(clauses: Iterable[Clause]) -> bool:
    rules = (rule for each in clauses for rule in (*each.rules, *each.denied))
    return any(port.name for rule in rules for port in rule.ports or ())


def _doubted(let: Meant, doubts: Iterable[Doubt], every: Meant, *, isolated: bool) -> Meant:
    """Return what is left of an answer, given what is not known of the policies."""
    for doubt in doubts:
        if doubt.denies or (doubt.isolates and not isolated):
            let = Meant(0, let.possible)
        if doubt.grants:
            let = Meant(let.sure, every.possible)
    return let


class _Turned:
    """Columns turned into rows: from who reaches each class to whom each class reaches."""

    def __init__(self, columns: Iterable[Row], ports: int) -> None:
        self._ports = range(ports)
        targets: dict[int, tuple[Row, list[int]]] = {}
        for target, column in enumerate(columns):
            targets.setdefault(id(column), (column, []))[1].append(target)
        self._halves = [
            _Half((column[half], some) for column, some in targets.values()) for half in (0, 1)
        ]
        self._rows: dict[tuple[tuple[int, ...], ...], Row] = {}

    def row(self, source: int) -> Row:
        """Return whom a class reaches by the policies of the targets."""
        stands = tuple(half.stands(source) for half in self._halves)
        if stands not in self._rows:
            sure, possible = (
                half.row(some, self._ports) for half, some in zip(self._halves, stands, strict=True)
            )
            self._rows[stands] = Row(sure, possible)
        return self._rows[stands]


class _Half:
    """The certain half of columns, or the possible one: equal sets of sources are kept once."""

    def __init__(self, columns: Iterable[tuple[ByPort, list[int]]]) -> None:
        found: dict[Bits, dict[int, Bits]] = {}
        for column, some in columns:
            targets = 0
            for target in some:
                targets |= 1 << target
            for port, sources in enumerate(column):
                if sources:
                    known = found.setdefault(sources, {})
                    known[port] = known.get(port, 0) | targets
        self._targets = list(found.values())
        self._stands: dict[int, list[int]] = {}
        for number, sources in enumerate(found):
            for source in members(sources):
                self._stands.setdefault(source, []).append(number)

    def stands(self, source: int) -> tuple[int, ...]:
        """Return the sets that a source is in, by number."""
        return tuple(self._stands.get(source, ()))

    def row(self, sets: Iterable[int], ports: Iterable[int]) -> ByPort:
        """Return the targets of some sets together."""
        found: dict[int, Bits] = {}
        for number in sets:
            for port, targets in self._targets[number].items():
                found[port] = found.get(port, 0) | targets
        return tuple(found.get(port, 0) for port in ports)
