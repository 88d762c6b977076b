"""Adds connections up by ends, port and protocol, in bounded memory, whatever a file holds.

Addresses on the internet change from one to the next; of one that nothing else names more than
`ADDRESSES` at the same port are kept as one end without an address. Dropped connections get half of
the room: anybody can send them.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.evidence.flows.seen import Seen
from k8sharden.model.flows import Flow, FlowEnd

KINDS = 60_000
"""Kinds of connections that are kept: with their ends some 80 MB at the very worst."""
ADDRESSES = 500
"""Addresses that are kept at one port of one end, or that one end calls at a port."""
PORTS = 200
"""Ports that are kept between two ends: who looks for open ones tries all."""
PATHS = 40
_CLUSTERS, _NODES = 20, 2

_Key = tuple[FlowEnd, FlowEnd, int, str]
_Group = tuple[int, _Key]
"""Connections that differ in an address: of the source where 0, of the target where 1."""


class _Count:
    __slots__ = ("dropped", "first", "forwarded", "last", "paths")

    def __init__(self) -> None:
        self.forwarded = self.dropped = 0
        self.first = self.last = 0.0
        self.paths: dict[str, None] = {}

    def add(self, forwarded: int, dropped: int, first: float, last: float) -> None:
        self.forwarded += forwarded
        self.dropped += dropped
        if last:
            self.first = min(self.first or first, first)
            self.last = max(self.last, last)

    def note(self, path: str) -> None:
        if path not in self.paths and len(self.paths) < PATHS:
            self.paths[path] = None

    def take(self, other: "_Count") -> None:
        self.add(other.forwarded, other.dropped, other.first, other.last)
        for path in other.paths:
            self.note(path)


class Tally:
    """All that was seen so far; ``dropped`` counts lines that found no place."""

    def __init__(self) -> None:
        self.flows = self.dropped = self.folded = 0
        self.first = self.last = 0.0
        self.clusters: set[str] = set()
        self.nodes: set[str] = set()
        """Nodes on which something was seen, no more than two of them."""
        self._counts: dict[_Key, _Count] = {}
        self._groups: dict[_Group, list[_Key] | None] = {}
        self._ports: dict[tuple[FlowEnd, FlowEnd], int] = {}
        self._ends: dict[FlowEnd, FlowEnd] = {}

    def add(self, seen: Seen) -> None:
        """Add one connection."""
        self.flows += 1
        when = seen.when
        if when:
            self.first = min(self.first or when, when)
            self.last = max(self.last, when)
        key = seen[:4]
        count = self._counts.get(key) or self._place(key, passed=seen.passed)
        if count is None:
            self.dropped += 1
            return
        if seen.passed:
            count.add(seen.times, 0, when, when)
        else:
            count.add(0, seen.times, when, when)
        if seen.path:
            count.note(seen.path)

    def name(self, clusters: tuple[str, ...], node: str) -> None:
        """Note the clusters that a line names, and the node that saw it."""
        for cluster in clusters:
            if cluster and len(self.clusters) < _CLUSTERS:
                self.clusters.add(cluster)
        if node and len(self.nodes) < _NODES:
            self.nodes.add(node)

    def found(self) -> Iterator[Flow]:
        """Yield what was seen, in a stable order."""
        for key in sorted(self._counts):
            count = self._counts[key]
            yield Flow(
                *key,
                forwarded=count.forwarded,
                dropped=count.dropped,
                paths=tuple(sorted(count.paths)),
                first=count.first,
                last=count.last,
            )

    def _place(self, key: _Key, *, passed: bool) -> _Count | None:
        """Return where to count what was not seen before; None where there is no room."""
        key = self._within(self._within(key, at=0), at=1)
        known = self._counts.get(key)
        if known is not None:
            return known
        ports = self._ports.get(key[:2], 0)
        share = 1 if passed else 2
        if ports >= PORTS // share or len(self._counts) >= KINDS // share:
            return None
        key = self._shared(key[0]), self._shared(key[1]), key[2], key[3]
        self._ports[key[:2]] = ports + 1
        for at in (0, 1):
            if _loose(_at(key, at)):
                members = self._groups.setdefault(_group(key, at), [])
                if members is not None:
                    members.append(key)
        count = self._counts[key] = _Count()
        return count

    def _within(self, key: _Key, at: int) -> _Key:
        """Return the key, without an address where there are too many such."""
        if not _loose(_at(key, at)):
            return key
        group = _group(key, at)
        members = self._groups.get(group, [])
        if members is not None and len(members) < ADDRESSES:
            return key
        wide = _widened(key, at)
        if members is not None:
            self._groups[group] = None
            self._fold(members, wide)
        return wide

    def _fold(self, members: list[_Key], wide: _Key) -> None:
        """Put the counts of many addresses into one."""
        self.folded += 1
        count = self._counts.setdefault(wide, _Count())
        for member in members:
            count.take(self._counts.pop(member))
            self._ports.pop(member[:2], None)
            for at in (0, 1):
                self._ends.pop(_at(member, at), None)
                if _loose(_at(member, at)):
                    self._leave(member, _group(member, at))

    def _leave(self, member: _Key, group: _Group) -> None:
        others = self._groups.get(group)
        if others:
            others.remove(member)
            if not others:
                del self._groups[group]

    def _shared(self, end: FlowEnd) -> FlowEnd:
        """Return an end that is kept once, however many connections it has."""
        return self._ends.setdefault(end, end)


def _loose(end: FlowEnd) -> bool:
    """Whether an end is an address, and nothing else tells what it belongs to."""
    return bool(end.address) and not end.namespace


def _at(key: _Key, at: int) -> FlowEnd:
    return key[0] if at == 0 else key[1]


def _widened(key: _Key, at: int) -> _Key:
    source, target, port, protocol = key
    if at == 0:
        return msgspec.structs.replace(source, address=""), target, port, protocol
    return source, msgspec.structs.replace(target, address=""), port, protocol


def _group(key: _Key, at: int) -> _Group:
    return at, _widened(key, at)
