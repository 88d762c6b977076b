"""Peers: whether what a rule names is the other end of a connection.

Source: kubernetes.io, Network Policies (hostNetwork pods; ipBlock); Cilium's documentation (Layer 3
Policies).
"""

from collections.abc import Iterator, Sequence

import msgspec

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.blocks import VERSIONS, Block, holds, versions
from k8sharden.analysis.network.clauses import (
    Addresses,
    Entities,
    Labels,
    Peer,
    Pods,
    Unmodelled,
)
from k8sharden.analysis.network.parties import Entity, Party, entities_of

_UNREAD = "the labels of its namespace were not read"
_HOST = "it is on its node's network, and network plug-ins differ in whether labels mean it there"
_POD_BLOCK = "an ipBlock holds its address, and network plug-ins differ in whether that means pods"
_NODE_BLOCK = "Cilium takes no node and no API server by its address, unless it is told so"
_PART = "a block holds only a part of where it may be, or cannot be read"
_WHERE = "it is not known on which node it is"
_API = "it is not known whether that is the API server's node"


class Found(msgspec.Struct, frozen=True):
    """Whether a peer is meant, and where that is unknown, why."""

    answer: Answer
    said: str = ""


_YES, _NO = Found(Answer.ALLOWED), Found(Answer.DENIED)


class Ends(msgspec.Struct, frozen=True):
    """The end that policies are about, and the other; ``cilium`` where Cilium holds them.

    ``spoken`` are the IP versions of pods whose addresses are not known yet.
    """

    own: Party
    other: Party
    labels: Labels
    cilium: bool = False
    spoken: frozenset[int] = VERSIONS

    def find(self, peer: Peer) -> Found:
        """Whether a peer is the other end."""
        match peer:
            case Pods():
                return self._pods(peer)
            case Addresses():
                return self._addresses(peer)
            case Entities():
                found = [self._entity(name) for name in peer.names]
                return next((f for a in _BEST for f in found if f.answer is a), _NO)
            case Unmodelled():
                may = peer.pods or not self.other.on_pod_network
                return Found(Answer.UNKNOWN, f"{peer.field} is not modelled") if may else _NO

    @property
    def on_own_node(self) -> bool:
        """Whether the other end is the node of this one, or a pod on that node's network."""
        known = self.own.node and self.own.node == self.other.node
        return bool(known) and Entity.NODE in entities_of(self.other)

    def _pods(self, peer: Pods) -> Found:
        if not self.other.is_pod:
            return _NO
        answer = peer.scope.holds(self.other, self.labels)
        if answer is Answer.DENIED:
            return _NO
        if self.other.host_network:
            certain = not peer.hosts or self.cilium
            return _NO if certain else Found(Answer.UNKNOWN, _HOST)
        return _YES if answer is Answer.ALLOWED else Found(answer, _UNREAD)

    def _addresses(self, peer: Addresses) -> Found:
        if self.other.on_pod_network and not peer.pods:
            return _NO
        answer = holds(peer.block, self.other.addresses, self._versions, self.other.nowhere)
        if answer is Answer.DENIED:
            return _NO
        if self.other.on_pod_network:
            return Found(Answer.UNKNOWN, _POD_BLOCK)
        if (self.cilium or not peer.pods) and entities_of(self.other) != (Entity.WORLD,):
            return Found(Answer.UNKNOWN, _NODE_BLOCK)
        return _YES if answer is Answer.ALLOWED else Found(answer, _PART)

    @property
    def _versions(self) -> frozenset[int]:
        return versions(self.own.addresses) if self.own.addresses else self.spoken

    def is_within(self, peers: Sequence[Peer]) -> bool:
        """Whether blocks together hold all of where the other end may be, in each IP version."""
        if self.other.on_pod_network:
            return False
        world = entities_of(self.other) == (Entity.WORLD,)
        found = [each for each in peers if isinstance(each, Addresses)]
        blocks = [each.block for each in found if world or (each.pods and not self.cilium)]
        return all(any(self._is_in(block, *each) for block in blocks) for each in self._places())

    def _is_in(self, block: Block, version: int, addresses: tuple[str, ...]) -> bool:
        nowhere = self.other.nowhere
        return holds(block, addresses, frozenset((version,)), nowhere) is Answer.ALLOWED

    def _places(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield where the other end may be, one IP version and one address at a time."""
        for version in self._versions:
            known = [each for each in self.other.addresses if version in versions((each,))]
            yield from ((version, (each,)) for each in known)
            if not self.other.addresses:
                yield version, ()

    def _entity(self, name: str) -> Found:  # noqa: PLR0911 - a table
        if name == "all":
            return _YES
        if self.other.on_pod_network:
            return _YES if name == "cluster" else _NO
        kinds = entities_of(self.other)
        match name:
            case "world" | "cluster" if kinds == (Entity.KUBE_APISERVER,):
                return Found(Answer.UNKNOWN, "it is not known whether the API server is on a node")
            case "world":
                return _YES if Entity.WORLD in kinds else _NO
            case "cluster":
                return _YES if Entity.NODE in kinds else _NO
            case "kube-apiserver":
                return self._api(kinds)
            case "host" | "remote-node":
                return self._node(kinds, own=name == "host")
            case "none" | "init" | "health" | "unmanaged":
                return _NO
        return Found(Answer.UNKNOWN, f"the entity {name} is not modelled")

    def _api(self, kinds: tuple[Entity, ...]) -> Found:
        if Entity.KUBE_APISERVER in kinds:
            return _YES
        return Found(Answer.UNKNOWN, _API) if Entity.NODE in kinds else _NO

    def _node(self, kinds: tuple[Entity, ...], *, own: bool) -> Found:
        if kinds == (Entity.WORLD,):
            return _NO
        if Entity.WORLD in kinds:
            return _NO
        if not self.own.node or not self.other.node:
            return Found(Answer.UNKNOWN, _WHERE)
        return _YES if (self.own.node == self.other.node) is own else _NO


_BEST = (Answer.ALLOWED, Answer.UNKNOWN)
