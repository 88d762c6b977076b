"""Sets of classes as whole numbers: which classes the peers and ports of rules mean.

Bit n stands for class n. Whether a peer or a port is meant is asked of those that `decide` asks,
once for each class; an index by labels only leaves out those that cannot be meant.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.classes import Classes
from k8sharden.analysis.network.clauses import NAME, Addresses, Peer, Pods, Ports, Scope, Selector
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.peers import ends_of
from k8sharden.analysis.network.policies import Context
from k8sharden.analysis.network.port_classes import PROTOCOLS, PortClasses
from k8sharden.analysis.selectors import chooses

Bits = int


class Meant(NamedTuple):
    """The classes that are meant for certain, and those that may be, the certain ones included."""

    sure: Bits = 0
    possible: Bits = 0

    def __or__(self, other: "Meant") -> "Meant":
        return Meant(self.sure | other.sure, self.possible | other.possible)

    def __and__(self, other: "Meant") -> "Meant":
        return Meant(self.sure & other.sure, self.possible & other.possible)


def bits(numbers: Iterable[int]) -> Bits:
    """Return the set of these classes."""
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def members(some: Bits) -> Iterator[int]:
    """Yield the classes of a set."""
    while some:
        low = some & -some
        yield low.bit_length() - 1
        some ^= low


class Labelled:
    """Things by their labels, so that what a selector chooses is sought among few of them."""

    def __init__(self, labels: Mapping[Any, Mapping[str, str]]) -> None:
        self._labels = labels
        self._by_pair: dict[tuple[str, str], list[Any]] = {}
        for name, pairs in labels.items():
            for pair in pairs.items():
                self._by_pair.setdefault(pair, []).append(name)

    def chosen(self, selector: Selector | None) -> Iterator[Any]:
        """Yield what a selector chooses; all where there is none."""
        found = (self._by_pair.get(pair, []) for pair in _pairs(selector))
        few = min(found, key=len, default=None)
        for name in self._labels if few is None else few:
            if chooses(selector, self._labels[name]):
                yield name


def _pairs(selector: Selector | None) -> Iterator[tuple[str, str]]:
    """Yield the labels that whatever is chosen has."""
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        if isinstance(value, str):
            yield key, value
    for each in (selector or {}).get("matchExpressions") or ():
        values = list(each.get("values") or ())
        if each.get("operator") == "In" and len(values) == 1 and isinstance(values[0], str):
            yield each.get("key", ""), values[0]


class Chooser:
    """Which classes are meant by peers and ports, each answer found once."""

    def __init__(self, classes: Classes, context: Context, ports: PortClasses) -> None:
        everybody = (1 << len(classes.groups)) - 1
        self.every = Meant(everybody, everybody)
        self._classes = classes
        self._context = context
        self._samples = [ports.sample(number) for number in range(len(ports))]
        spaces = {space: context.namespaces.get(space) for space in classes.order if space}
        known = {space: labels for space, labels in spaces.items() if labels is not None}
        self._spaces = Labelled({name: {**has, NAME: name} for name, has in known.items()})
        self._unread = [space for space in spaces if space not in known]
        self._pods: dict[str, Labelled] = {}
        self._peers: dict[Any, Meant] = {}
        self._ports: dict[Ports, dict[int, Bits]] = {}

    def peer(self, peer: Peer, own: Party) -> Meant:
        """Return which classes a peer in a policy about ``own`` means."""
        # Of the own end its IP versions and its network count, since all parties are on no node.
        where = frozenset(":" in each for each in own.addresses)
        key = (
            type(peer),
            msgspec.json.encode(peer),
            where if isinstance(peer, Addresses) else own.host_network,
        )
        if key not in self._peers:
            some = self._among(peer.scope) if isinstance(peer, Pods) else None
            self._peers[key] = self._found(peer, own, some)
        return self._peers[key]

    def _found(self, peer: Peer, own: Party, some: Iterable[int] | None) -> Meant:
        sure = possible = 0
        groups, context = self._classes.groups, self._context
        for number in range(len(groups)) if some is None else some:
            answer = ends_of(own, groups[number].party, context).find(peer).answer
            possible |= (answer is not Answer.DENIED) << number
            sure |= (answer is Answer.ALLOWED) << number
        return Meant(sure, possible)

    def _among(self, scope: Scope) -> Iterator[int]:
        """Yield the classes that a scope can mean."""
        if scope.namespace:
            spaces: Iterable[str] = (scope.namespace,)
        else:
            spaces = (*self._spaces.chosen(scope.namespaces), *self._unread)
        for space in spaces:
            yield from self._labelled(space).chosen(scope.pods)

    def _labelled(self, space: str) -> Labelled:
        if space not in self._pods:
            numbers = self._classes.order.get(space, ())
            groups = self._classes.groups
            self._pods[space] = Labelled({n: groups[n].party.labels for n in numbers})
        return self._pods[space]

    def port(self, ports: Ports) -> Mapping[int, Bits]:
        """Return of each class of ports that is meant the targets at which it is."""
        if ports not in self._ports:
            self._ports[ports] = self._named(ports) if ports.name else self._numbered(ports)
        return self._ports[ports]

    def _numbered(self, ports: Ports) -> dict[int, Bits]:
        anybody = self._classes.groups[0].party
        return {
            number: self.every.sure
            for number, (protocol, port) in enumerate(self._samples)
            if ports.holds(port, protocol, anybody) is Answer.ALLOWED
        }

    def _named(self, ports: Ports) -> dict[int, Bits]:
        numbers = {sample: number for number, sample in enumerate(self._samples)}
        found: dict[int, Bits] = {}
        for target, group in enumerate(self._classes.groups):
            for each in group.party.ports:
                for protocol in PROTOCOLS if each.name == ports.name else ():
                    number = numbers.get((protocol, each.container_port))
                    asked = (each.container_port, protocol, group.party)
                    if number is not None and ports.holds(*asked) is Answer.ALLOWED:
                        found[number] = found.get(number, 0) | 1 << target
        return found
