"""Whether policies let one party connect to a port of another, and which rule does.

Both directions have to agree: what limits the source, and what limits the target. Policies add up.

Where the specification leaves something to the network plug-in the answer is unknown, unless it is
the same either way: ipBlocks over pods; policies that select a pod on its node's network, or name
one by labels (a plug-in treats it like any pod, or like its node); what a pod sends to its own
node, which the API reference promises for one direction only.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1; Cilium's
documentation.
"""

import msgspec

from k8sharden.analysis.network.answers import Answer as Answer  # noqa: PLC0414 - one door
from k8sharden.analysis.network.answers import worst
from k8sharden.analysis.network.clauses import Clause, Direction, Doubt, Rule
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.peers import Ends, ends_of
from k8sharden.analysis.network.policies import Policies
from k8sharden.model.ref import Ref


class Side(msgspec.Struct, frozen=True):
    """What one direction says.

    ``policy`` and ``rule`` (its index) allow it, or would if what is ``said`` were known, or deny
    it where it is a rule that denies; they are empty where no policy does. ``isolating`` are the
    policies that isolate the pod. ``said`` also limits what is allowed: to HTTP rules.
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
        return worst((self.egress.answer, self.ingress.answer))


_OPEN = Side(Answer.ALLOWED)
_SELF = Side(Answer.ALLOWED, said="a pod always reaches itself")
_NODE = Side(Answer.ALLOWED, said="its own node always reaches a pod")
_TO_NODE = "network plug-ins differ in whether a pod always reaches its own node"
_ON_NODE = "it is on its node's network, and network plug-ins differ in whether policies hold there"
_ALWAYS = "Cilium denies whatever no policy allows: enable-policy is always"


def decide(
    policies: Policies, source: Party, target: Party, port: int, protocol: str = "TCP"
) -> Verdict:
    """Judge a connection from ``source`` to a port of ``target``; port 0 is any port."""
    if source.is_same(target):
        return Verdict(_SELF, _SELF)
    asked = _Asked(policies, target, port, protocol)
    return Verdict(
        asked.side(Direction.EGRESS, source, target), asked.side(Direction.INGRESS, target, source)
    )


class _Asked:
    """One connection, seen from either end."""

    def __init__(self, policies: Policies, target: Party, port: int, protocol: str) -> None:
        self._policies = policies
        self._target = target
        self._port = port
        self._protocol = protocol

    def side(self, way: Direction, own: Party, other: Party) -> Side:
        """Judge one direction: what the policies about ``own`` say of ``other``."""
        context = self._policies.context
        ends = ends_of(own, other, context)
        doubts = self._policies.doubtful(own, way)
        if not own.is_pod:
            return _doubted(_OPEN, doubts)
        if way is Direction.INGRESS and ends.on_own_node:
            return _NODE
        if own.host_network and context.cilium:
            return _doubted(_OPEN, doubts)
        found = self._by_address(self._policies.selecting(own, way), ends)
        if found.answer is not Answer.ALLOWED and (own.host_network or ends.on_own_node):
            return _unknown(found, _ON_NODE if own.host_network else _TO_NODE)
        return _doubted(found, doubts)

    def _by_address(self, clauses: tuple[Clause, ...], ends: Ends) -> Side:
        """Judge the other end as a whole, and where that is unknown address by address.

        One rule may hold the one, and another rule the other.
        """
        whole = self._judged(clauses, ends)
        if whole.answer is not Answer.UNKNOWN or ends.other.on_pod_network:
            return whole
        sides = [self._judged(clauses, part) for part in ends.parts]
        return sides[0] if len({side.answer for side in sides}) == 1 else whole

    def _judged(self, clauses: tuple[Clause, ...], ends: Ends) -> Side:
        isolating = tuple(dict.fromkeys(each.ref for each in clauses if each.isolates))
        unsure: Side | None = None
        for clause in clauses:
            for number, rule in enumerate(clause.denied):
                found = self._rule(rule, ends)
                if found.answer is Answer.ALLOWED:
                    return Side(Answer.DENIED, clause.ref, number, "it is denied", isolating)
                if found.answer is Answer.UNKNOWN and unsure is None:
                    unsure = _placed(found, clause, number, isolating)
        allowed = self._allowed(clauses, ends, isolating)
        if not isolating and not self._policies.context.always:
            allowed = _OPEN
        return unsure if unsure is not None and allowed.answer is not Answer.DENIED else allowed

    def _allowed(self, clauses: tuple[Clause, ...], ends: Ends, isolating: tuple[Ref, ...]) -> Side:
        """Look for the best rule: one that allows all, one with a limit, one that is unsure."""
        best = Side(Answer.DENIED, said="" if isolating else _ALWAYS, isolating=isolating)
        for clause in clauses:
            for number, rule in enumerate(clause.rules):
                found = self._rule(rule, ends)
                if found.answer is Answer.ALLOWED and not found.said:
                    return _placed(found, clause, number, isolating)
                if _RANK[found.answer] > _RANK[best.answer]:
                    best = _placed(found, clause, number, isolating)
        return best

    def _rule(self, rule: Rule, ends: Ends) -> Side:
        """Whether a rule means this connection, without saying whose it is."""
        port = self._ports(rule)
        if port.answer is Answer.DENIED:
            return port
        peer = _peers(rule, ends)
        if peer.answer is Answer.DENIED:
            return peer
        if rule.unsure:
            return Side(Answer.UNKNOWN, said=f"{rule.unsure} is not modelled")
        unknown = next((each for each in (peer, port) if each.answer is Answer.UNKNOWN), None)
        return unknown or port

    def _ports(self, rule: Rule) -> Side:
        if rule.ports is None:
            return _OPEN
        best = Side(Answer.DENIED)
        for ports in rule.ports:
            answer = ports.holds(self._port, self._protocol, self._target)
            if answer is Answer.ALLOWED and not ports.note:
                return _OPEN
            if _RANK[answer] > _RANK[best.answer]:
                best = Side(answer, said=ports.note if answer is Answer.ALLOWED else _SOME_PORTS)
        return best


_SOME_PORTS = "only some ports are allowed, and which one it needs is not known"
_RANK = {Answer.DENIED: 0, Answer.UNKNOWN: 1, Answer.ALLOWED: 2}


def _peers(rule: Rule, ends: Ends) -> Side:
    if rule.peers is None:
        return _OPEN
    best = Side(Answer.DENIED)
    for peer in rule.peers:
        found = ends.find(peer)
        if found.answer is Answer.ALLOWED:
            return _OPEN
        if _RANK[found.answer] > _RANK[best.answer]:
            best = Side(found.answer, said=found.said)
    return best


def _placed(found: Side, clause: Clause, number: int, isolating: tuple[Ref, ...]) -> Side:
    return Side(found.answer, clause.ref, number, found.said, isolating)


def _unknown(found: Side, said: str) -> Side:
    return msgspec.structs.replace(found, answer=Answer.UNKNOWN, said=found.said or said)


def _doubted(found: Side, doubts: tuple[Doubt, ...]) -> Side:
    """Return what is left of an answer, given what is not known of the policies."""
    for doubt in doubts:
        may = {
            Answer.ALLOWED: doubt.denies or (doubt.isolates and not found.isolating),
            Answer.DENIED: doubt.grants,
            Answer.UNKNOWN: False,
        }
        if may[found.answer]:
            return Side(Answer.UNKNOWN, doubt.ref, -1, doubt.said, found.isolating)
    return found
