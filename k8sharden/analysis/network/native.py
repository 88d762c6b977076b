"""NetworkPolicies as clauses.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.analysis.network.blocks import Block
from k8sharden.analysis.network.clauses import (
    HIGHEST,
    Addresses,
    Clause,
    Direction,
    Doubt,
    Entities,
    Peer,
    Pods,
    Ports,
    Rule,
    Scope,
    checked,
)
from k8sharden.model import network as n
from k8sharden.model.ref import Ref


def directions(policy: n.NetworkPolicy) -> tuple[Direction, ...]:
    """Return the directions a policy is about: ingress, and egress where it has rules for it.

    Only where ``policyTypes`` says otherwise are they others.
    """
    if policy.spec.policy_types:
        return tuple(way for way in Direction if way.type in policy.spec.policy_types)
    return (Direction.INGRESS, *((Direction.EGRESS,) if policy.spec.egress else ()))


def native_clauses(ref: Ref, policy: n.NetworkPolicy) -> Iterator[Clause | Doubt]:
    """Yield what a NetworkPolicy says of each direction that it is about."""
    try:
        scope = Scope(ref.namespace, pods=checked(policy.spec.pod_selector))
        for way in directions(policy):
            rules = policy.spec.ingress if way is Direction.INGRESS else policy.spec.egress
            yield Clause(ref, way, scope, tuple(_rule(rule, way, ref) for rule in rules or ()))
    except msgspec.ValidationError:
        said = f"{ref.label} has a selector that is none"
        yield Doubt(said, scope=Scope(ref.namespace), ref=ref)


def _rule(rule: n.Rule, way: Direction, ref: Ref) -> Rule:
    peers = rule.from_ if way is Direction.INGRESS else rule.to
    return Rule(
        tuple(_peer(peer, ref.namespace) for peer in peers) if peers else None,
        tuple(map(_ports, rule.ports)) if rule.ports else None,
    )


def _peer(peer: n.Peer, namespace: str) -> Peer:
    if peer.ip_block is not None:
        return Addresses(Block(peer.ip_block.cidr, tuple(peer.ip_block.except_ or ())))
    if peer.pod_selector is None and peer.namespace_selector is None:
        return Entities(())  # The API server refuses it: it names nobody.
    if peer.namespace_selector is None:
        return Pods(Scope(namespace, pods=checked(peer.pod_selector)))
    return Pods(Scope("", checked(peer.namespace_selector), checked(peer.pod_selector)))


def _ports(port: n.PolicyPort) -> Ports:
    protocol = port.protocol or "TCP"
    if port.port is None:
        return Ports(protocol)
    if isinstance(port.port, str):
        return Ports(protocol, name=port.port)
    return Ports(protocol, port.port, min(port.end_port or port.port, HIGHEST))
