"""Whether policies let one party connect to a port of another, and which rule does.

Both directions have to agree: what limits the source, and what limits the target. Policies add up.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1.
"""

import ipaddress
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.policies import Direction, Policies
from k8sharden.analysis.selectors import chooses
from k8sharden.model import network as n
from k8sharden.model.ref import Ref


class Answer(StrEnum):
    """Whether a connection gets through."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Side(msgspec.Struct, frozen=True):
    """What one direction says.

    ``policy`` and ``rule`` (its index) allow it, or would if what is ``said`` were known; they are
    empty where no policy selects the pod. ``isolating`` are the policies that select it.
    """

    answer: Answer
    policy: Ref | None = None
    rule: int = -1
    said: str = ""
    isolating: tuple[Ref, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """Both directions; the worse of the two counts."""

    egress: Side
    ingress: Side

    @property
    def answer(self) -> Answer:
        """Denied beats unknown, and unknown beats allowed."""
        both = (self.egress.answer, self.ingress.answer)
        return next(each for each in _WORST if each in both)


_WORST = (Answer.DENIED, Answer.UNKNOWN, Answer.ALLOWED)


def decide(
    policies: Policies, source: Party, target: Party, port: int, protocol: str = "TCP"
) -> Verdict:
    """Judge a connection from ``source`` to a port of ``target``."""
    if source.node and source.node == target.node and (source.host_network or target.host_network):
        # A node always reaches its own pods: the kubelet has to probe them.
        return Verdict(Side(Answer.ALLOWED), Side(Answer.ALLOWED))
    ends = _Ends(policies, target, port, protocol)
    return Verdict(
        ends.side(Direction.EGRESS, source, target), ends.side(Direction.INGRESS, target, source)
    )


class _Ends:
    """One connection, seen from either end."""

    def __init__(self, policies: Policies, target: Party, port: int, protocol: str) -> None:
        self._policies = policies
        self._target = target
        self._port = port
        self._protocol = protocol

    def side(self, way: Direction, own: Party, other: Party) -> Side:
        """Judge one direction: what the policies over ``own`` say of ``other``."""
        selecting = list(self._policies.selecting(own, way))
        if not selecting:
            return Side(Answer.ALLOWED)
        isolating = tuple(ref for ref, _ in selecting)
        unsure: Side | None = None
        for ref, policy in selecting:
            rules = policy.spec.ingress if way is Direction.INGRESS else policy.spec.egress
            for number, rule in enumerate(rules or ()):
                peers = rule.from_ if way is Direction.INGRESS else rule.to
                answer = self._rule(rule, peers, ref.namespace, other)
                if answer is Answer.ALLOWED:
                    return Side(answer, ref, number, "", isolating)
                if answer is Answer.UNKNOWN and unsure is None:
                    unsure = Side(answer, ref, number, _BLOCK, isolating)
        return unsure or Side(Answer.DENIED, isolating=isolating)

    def _rule(
        self, rule: n.Rule, peers: list[n.Peer] | None, namespace: str, other: Party
    ) -> Answer:
        if rule.ports and not any(map(self._is_port, rule.ports)):
            return Answer.DENIED
        if not peers:
            return Answer.ALLOWED
        return _best(self._peer(peer, namespace, other) for peer in peers)

    def _is_port(self, known: n.PolicyPort) -> bool:
        if (known.protocol or "TCP") != self._protocol:
            return False
        if known.port is None:
            return True
        if isinstance(known.port, str):
            return any(
                port.name == known.port
                and port.container_port == self._port
                and (port.protocol or "TCP") == self._protocol
                for port in self._target.ports
            )
        return known.port <= self._port <= (known.end_port or known.port)

    def _peer(self, peer: n.Peer, namespace: str, other: Party) -> Answer:
        if peer.ip_block is not None:
            return _in_block(peer.ip_block, other)
        # On the node's own network a connection has the node's address and nobody's labels.
        if not other.is_pod or other.host_network:
            return Answer.DENIED
        if peer.namespace_selector is None:
            here = other.namespace == namespace
        else:
            labels = self._policies.namespaces.get(other.namespace, {})
            here = chooses(peer.namespace_selector, labels)
        pods = peer.pod_selector is None or chooses(peer.pod_selector, other.labels)
        return Answer.ALLOWED if here and pods else Answer.DENIED


_BLOCK = "an ipBlock holds this address, and the network plug-in decides whether it means pods"


def _best(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return next(each for each in reversed(_WORST) if each in found)


def _in_block(block: n.IPBlock, other: Party) -> Answer:
    """Whether a party is in a block; what is no address or no block is in none."""
    try:
        found = [ipaddress.ip_address(text) for text in other.addresses]
        blocks = [
            ipaddress.ip_network(text, strict=False)
            for text in (block.cidr, *(block.except_ or ()))
        ]
    except ValueError:
        return Answer.DENIED
    inside = any(
        address in blocks[0] and not any(address in out for out in blocks[1:]) for address in found
    )
    if not inside:
        return Answer.DENIED
    return Answer.UNKNOWN if other.is_pod and not other.host_network else Answer.ALLOWED
