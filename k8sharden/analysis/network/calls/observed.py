"""Edges that were observed: flows, joined to what runs in the cluster."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from k8sharden.analysis.network.calls.found import Found
from k8sharden.analysis.network.calls.services import Target
from k8sharden.analysis.network.calls.whose import Nobody, Whose
from k8sharden.analysis.network.edges import Edge, End, EndKind, Evidence, EvidenceKind, Untold
from k8sharden.model.flows import Flow
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import pods_of, workloads_in

_MOST_ADDRESSES = 16
"""Addresses outside at one port of a workload, or that it calls at one; beyond, it is anybody."""
_EPHEMERAL = 32_768
"""The first of the ports from which Linux lets clients call (net.ipv4.ip_local_port_range)."""
_SHOWN = 3

_Key = tuple[End, End, int, str]
_Gap = tuple[Ref, bool, int, str]
"""A workload, whether it was called, the port, and why the other end cannot be told."""


class _Seen:
    """How often an edge was seen, and when for the last time."""

    __slots__ = ("last", "paths", "times")

    def __init__(self) -> None:
        self.times, self.last = 0, 0.0
        self.paths: dict[str, None] = {}

    def add(self, times: int, last: float, paths: Iterable[str]) -> None:
        self.times += times
        self.last = max(self.last, last)
        self.paths.update(dict.fromkeys(paths))

    @property
    def said(self) -> str:
        """``seen 412 times, last 2026-11-22``."""
        times = "once" if self.times == 1 else f"{self.times:,} times"
        return f"seen {times}{f', last {_day(self.last)}' if self.last else ''}"


def observed(inventory: Inventory) -> tuple[tuple[Edge, ...], tuple[Untold, ...]]:
    """Return the edges that flows show, and those flows of a workload whose other end is nobody's.

    What was dropped is no use of the network; what no workload takes part in is not looked at.
    """
    flows = inventory.facts.flows
    if flows is None:
        return (), ()
    join = _Join(inventory)
    for flow in flows.flows:
        if flow.forwarded:
            join.add(flow)
    join.leave_answers_out()
    return tuple(join.edges()), tuple(join.untold())


def from_flows(inventory: Inventory) -> Iterator[Found]:
    """Yield the edges that flows show, and what of them cannot be told."""
    edges, untold = observed(inventory)
    yield from edges
    yield from untold


class _Join:
    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._whose = Whose(inventory)
        self._seen: dict[_Key, _Seen] = {}
        self._gaps: dict[_Gap, dict[str, int]] = {}
        self._ports: dict[Ref, frozenset[int]] = {}

    def add(self, flow: Flow) -> None:
        """Take one flow."""
        source, targets = self._whose.source(flow), self._whose.targets(flow)
        if isinstance(targets, Nobody):
            if isinstance(source, End) and source.ref:
                self._gap((source.ref, False, flow.port, targets.why), targets.name, flow.forwarded)
            return
        for target in targets:
            if isinstance(source, Nobody):
                if target.end.ref:
                    gap = (target.end.ref, True, target.port, source.why)
                    self._gap(gap, source.name, flow.forwarded)
            elif source.ref or target.end.ref:
                self._see(source, target, flow)

    def _see(self, source: End, target: Target, flow: Flow) -> None:
        key = (source, target.end, target.port, target.protocol)
        self._seen.setdefault(key, _Seen()).add(flow.forwarded, flow.last, flow.paths)

    def _gap(self, gap: _Gap, name: str, times: int) -> None:
        names = self._gaps.setdefault(gap, {})
        names[name] = names.get(name, 0) + times

    def leave_answers_out(self) -> None:
        """Take out what looks like an answer to a connection the other way.

        A table need not tell which end began. Nothing listens by its own word on a port from which
        clients call, and the other end is called back from it.
        """
        begun = {(key[0], key[1]) for key in self._seen if key[2] < _EPHEMERAL}
        for key in [key for key in self._seen if key[2] >= _EPHEMERAL]:
            source, target, port, _ = key
            if (target, source) in begun and target.ref and not self._listens(target.ref, port):
                why = "to whom it calls itself, so that these may be answers"
                self._gap((target.ref, True, port, why), source.label, self._seen.pop(key).times)

    def _listens(self, ref: Ref, port: int) -> bool:
        """Whether a workload names a port as one of its own."""
        if ref not in self._ports:
            here = workloads_in(ref.namespace, self._inventory)
            specs = [pod.spec for pod in pods_of(self._inventory).get(ref, ())]
            specs += [each.spec for each in here if each.ref == ref]
            seen = (each for spec in specs for each in visit_containers(spec))
            ports = (port for each in seen for port in each.container.ports or ())
            self._ports[ref] = frozenset(each.container_port for each in ports)
        return port in self._ports[ref]

    def edges(self) -> Iterator[Edge]:
        """Yield the edges, in a stable order."""
        for key, (seen, addresses) in _folded(self._seen).items():
            many = f" at {addresses:,} addresses" if addresses else ""
            said, paths = seen.said + many, tuple(sorted(seen.paths))
            yield Edge(*key, (Evidence(EvidenceKind.FLOW, said, paths=paths),))

    def untold(self) -> Iterator[Untold]:
        """Yield the flows of workloads whose other end cannot be told."""
        for gap in sorted(self._gaps):
            ref, called, port, why = gap
            names = self._gaps[gap]
            times = sum(names.values())
            flows = "1 flow" if times == 1 else f"{times:,} flows"
            way = f"to its port {port} from" if called else f"to port {port} of"
            yield Untold(ref, f"{flows} {way} {_some(names)}, {why}", ref, called)


def _folded(seen: Mapping[_Key, _Seen]) -> dict[_Key, tuple[_Seen, int]]:
    """Return the edges in order, with anybody in place of many addresses, and how many those are.

    Of an edge whose addresses all stand the number is 0.
    """
    groups: dict[_Key, list[_Key]] = {}
    for key in sorted(seen, key=_order):
        groups.setdefault(_wide(key), []).append(key)
    found: dict[_Key, tuple[_Seen, int]] = {}
    for wide, members in groups.items():
        if len(members) <= _MOST_ADDRESSES:
            found.update((key, (seen[key], 0)) for key in members)
            continue
        whole = _Seen()
        for key in members:
            whole.add(seen[key].times, seen[key].last, seen[key].paths)
        found[wide] = (whole, len(members))
    return found


def _wide(key: _Key) -> _Key:
    source, target, port, protocol = key
    return _anybody(source), _anybody(target), port, protocol


def _anybody(end: End) -> End:
    """Return an end without its address, where it is outside and has no name."""
    unnamed = end.kind is EndKind.OUTSIDE and not end.host
    return End(EndKind.OUTSIDE) if unnamed else end


def _order(key: _Key) -> tuple[str | int, ...]:
    return (*_words(key[0]), *_words(key[1]), *key[2:])


def _words(end: End) -> tuple[str, ...]:
    ref = end.ref
    where = (ref.namespace, ref.kind, ref.name) if ref else ("", "", "")
    return (end.kind, *where, end.address, end.host)


def _some(names: Mapping[str, int]) -> str:
    often = sorted(names, key=lambda name: (-names[name], name))
    more = f" and {len(often) - _SHOWN:,} more" if len(often) > _SHOWN else ""
    return ", ".join(often[:_SHOWN]) + more


def _day(when: float) -> str:
    try:
        return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"
