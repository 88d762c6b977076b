"""Whom each class reaches, by the policies of both ends: `decide` for all classes at a time.

Every rule of either direction says: these sources may, at these targets, on these ports. Rules with
the same sources are one, and sources that stand in the same rules share a row: so the work grows
with the different policies there are, and not with pods.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sharden.analysis.network.classes import Classes, ports_of
from k8sharden.analysis.network.policies import Direction, Policies, directions
from k8sharden.analysis.network.port_classes import FIRST, LAST, PortClasses, Span
from k8sharden.analysis.network.selected import Bits, Chooser, members
from k8sharden.model.network import Peer, PolicyPort, Rule

ByPort = tuple[Bits, ...]
"""A set of targets for each class of ports."""


class Row(NamedTuple):
    """Whom one source reaches: for certain, and at most."""

    sure: ByPort
    possible: ByPort


class _Targets:
    """Targets of one set of sources: on any port, and beside them on some."""

    def __init__(self) -> None:
        self.any: Bits = 0
        self.some: dict[int, Bits] = {}

    def add(self, targets: Bits, ports: Iterable[tuple[int, Bits]] | None) -> None:
        """Take in the targets of a rule, by its ports; None where it names none."""
        if ports is None:
            self.any |= targets
            return
        for number, having in ports:
            if both := targets & having:
                self.some[number] = self.some.get(number, 0) | both


Grants = dict[Bits, _Targets]
"""What the rules of a direction allow, by their sources."""


def port_classes(classes: Classes, *policies: Policies) -> PortClasses:
    """Return the classes of ports under some policies, those that pods' names stand for too."""
    named = {port.port for port in ports_of(policies) if isinstance(port.port, str)}
    found = {_span(port) for port in ports_of(policies) if not isinstance(port.port, str)}
    for group in classes.groups:
        for port in group.party.ports:
            if port.name in named:
                found.add(_point(port.protocol, port.container_port))
    return PortClasses(found)


class Rows:
    """The rows of all classes under some policies; sources that are judged alike share one."""

    def __init__(self, classes: Classes, policies: Policies, ports: PortClasses) -> None:
        self._classes = classes
        self._chooser = Chooser(classes, policies.namespaces)
        self._policies = policies
        self._ports = ports
        self._named = self._names()
        self._sides = [self._side(way) for way in Direction]
        self._known: dict[tuple[int, ...], Row] = {}

    def of(self, source: int) -> Row:
        """Return the row of a class."""
        profile = tuple(side.profile(source) for side in self._sides)
        if profile not in self._known:
            one, other = (
                side.row(number) for side, number in zip(self._sides, profile, strict=True)
            )
            self._known[profile] = Row(
                _both(one.sure, other.sure), _both(one.possible, other.possible)
            )
        return self._known[profile]

    def _side(self, way: Direction) -> "_Side":
        sure: Grants = {}
        possible: Grants = {}
        every, isolated = self._chooser.every, 0
        for ref, policy in self._policies.policies.items():
            if way not in directions(policy):
                continue
            own = self._chooser.pods(policy.spec.pod_selector, ref.namespace)
            isolated |= own
            listed = policy.spec.ingress if way is Direction.INGRESS else policy.spec.egress
            for rule in (listed or ()) if own else ():
                named = rule.from_ if way is Direction.INGRESS else rule.to
                certain, perhaps = self._peers(named, ref.namespace)
                self._grant(sure, way, own, certain, rule)
                self._grant(possible, way, own, certain | perhaps, rule)
        free = every & ~isolated
        for grants in (sure, possible):
            if way is Direction.INGRESS:
                grants.setdefault(every, _Targets()).add(free, None)
            else:
                grants.setdefault(free, _Targets()).add(every, None)
        return _Side(_Half(sure, len(self._ports)), _Half(possible, len(self._ports)))

    def _grant(self, grants: Grants, way: Direction, own: Bits, others: Bits, rule: Rule) -> None:
        sources, targets = (others, own) if way is Direction.INGRESS else (own, others)
        if sources and targets:
            ports = (
                [each for port in rule.ports for each in self._port(port)] if rule.ports else None
            )
            grants.setdefault(sources, _Targets()).add(targets, ports)

    def _peers(self, named: list[Peer] | None, namespace: str) -> tuple[Bits, Bits]:
        if not named:
            return self._chooser.every, 0
        certain, perhaps = 0, 0
        for peer in named:
            known, unsure = self._chooser.peer(peer, namespace)
            certain, perhaps = certain | known, perhaps | unsure
        return certain, perhaps

    def _port(self, port: PolicyPort) -> Iterator[tuple[int, Bits]]:
        """Yield the classes of ports that a port means, with the targets for which it does."""
        if isinstance(port.port, str):
            yield from self._named.get((port.port, port.protocol or "TCP"), {}).items()
            return
        for number in self._ports.of(_span(port)):
            yield number, self._chooser.every

    def _names(self) -> dict[tuple[str, str], dict[int, Bits]]:
        found: dict[tuple[str, str], dict[int, Bits]] = {}
        for target, group in enumerate(self._classes.groups):
            for port in group.party.ports:
                known = found.setdefault((port.name or "", port.protocol or "TCP"), {})
                for number in self._ports.of(_point(port.protocol, port.container_port)):
                    known[number] = known.get(number, 0) | 1 << target
        return found


class _Half:
    """The grants of one direction, and which of them each source stands in."""

    def __init__(self, grants: Grants, ports: int) -> None:
        self._targets = list(grants.values())
        self._ports = ports
        self._stands: dict[int, list[int]] = {}
        for number, sources in enumerate(grants):
            for source in members(sources):
                self._stands.setdefault(source, []).append(number)

    def stands(self, source: int) -> tuple[int, ...]:
        """Return the grants that a source stands in, by number."""
        return tuple(self._stands.get(source, ()))

    def row(self, grants: tuple[int, ...]) -> ByPort:
        """Return the targets of some grants together."""
        some: dict[int, Bits] = {}
        everywhere = 0
        for number in grants:
            everywhere |= self._targets[number].any
            for port, targets in self._targets[number].some.items():
                some[port] = some.get(port, 0) | targets
        return tuple(everywhere | some.get(port, 0) for port in range(self._ports))


class _Side:
    """One direction: its rows, and which of them is whose."""

    def __init__(self, sure: _Half, possible: _Half) -> None:
        self._halves = (sure, possible)
        self._numbers: dict[tuple[tuple[int, ...], ...], int] = {}
        self._rows: list[Row] = []

    def profile(self, source: int) -> int:
        """Return the number of a source's row."""
        stands = tuple(half.stands(source) for half in self._halves)
        if stands not in self._numbers:
            self._numbers[stands] = len(self._rows)
            rows = (half.row(some) for half, some in zip(self._halves, stands, strict=True))
            self._rows.append(Row(*rows))
        return self._numbers[stands]

    def row(self, number: int) -> Row:
        """Return a row."""
        return self._rows[number]


def _both(one: ByPort, other: ByPort) -> ByPort:
    return tuple(a & b for a, b in zip(one, other, strict=True))


def _span(port: PolicyPort) -> Span:
    protocol = port.protocol or "TCP"
    if not isinstance(port.port, int):
        return Span(protocol, FIRST, LAST)
    return Span(protocol, port.port, port.end_port or port.port)


def _point(protocol: str | None, port: int) -> Span:
    return Span(protocol or "TCP", port, port)
