"""Peers: whether what a rule names is the other end of a connection.

Source: kubernetes.io, Network Policies (hostNetwork pods; ipBlock); Cilium's documentation (Layer 3
Policies).
"""

import msgspec

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.blocks import VERSIONS, holds, versions
from k8sharden.analysis.network.clauses import (
    Addresses,
    Entities,
    Labels,
    Peer,
    Pods,
    Unmodelled,
)
from k8sharden.analysis.network.parties import Entity, Party, entities_of
from k8sharden.analysis.network.policies import Context

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

    ``spoken`` are the IP versions that count: the own end's.
    """

    own: Party
    other: Party
    labels: Labels
    cilium: bool = False
    spoken: frozenset[int] = VERSIONS

    @property
    def parts(self) -> tuple["Ends", ...]:
        """The same for each address of the other end alone, or for each IP version of anywhere."""
        if not self.other.addresses:
            return tuple(msgspec.structs.replace(self, spoken=frozenset((v,))) for v in self.spoken)
        alone = (
            msgspec.structs.replace(self.other, addresses=(address,))
            for address in self.other.addresses
            if not self.spoken.isdisjoint(versions((address,)))
        )
        return tuple(msgspec.structs.replace(self, other=other) for other in alone)

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
        if self.other.host_network and (self.cilium or not peer.hosts):
            return _NO
        if self.other.host_network and not self.own.host_network:
            # Policies hold for the own end there only where they mean others there, too.
            return Found(Answer.UNKNOWN, _HOST)
        return _YES if answer is Answer.ALLOWED else Found(answer, _UNREAD)

    def _addresses(self, peer: Addresses) -> Found:
        if self.other.on_pod_network and not peer.pods:
            return _NO
        answer = holds(peer.block, self.other.addresses, self.spoken, self.other.nowhere)
        if answer is Answer.DENIED:
            return _NO
        if self.other.on_pod_network:
            return Found(Answer.UNKNOWN, _POD_BLOCK)
        if (self.cilium or not peer.pods) and entities_of(self.other) != (Entity.WORLD,):
            return Found(Answer.UNKNOWN, _NODE_BLOCK)
        return _YES if answer is Answer.ALLOWED else Found(answer, _PART)

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


def ends_of(own: Party, other: Party, context: Context) -> Ends:
    """Return two ends as they stand in a cluster."""
    spoken = versions(own.addresses) if own.addresses else context.spoken
    return Ends(own, other, context.namespaces, context.cilium, spoken)


_BEST = (Answer.ALLOWED, Answer.UNKNOWN)
