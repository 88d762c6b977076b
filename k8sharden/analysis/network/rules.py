"""Rules: what one side of a policy lets through, grouped and written as people would.

One rule for each set of ports, with all of its peers. The same needs are written as rules of a
NetworkPolicy, or of a CiliumNetworkPolicy where only that can say who is meant.

Source: the API reference of networking.k8s.io/v1; docs.cilium.io, Layer 3 and Layer 4 policies.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.network.beyond import Block, is_link_local
from k8sharden.analysis.network.policies import Direction

NAMED = "kubernetes.io/metadata.name"
"""The label that the API server gives every namespace."""
_CILIUM_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_MOST_PORTS = 40
"""Ports that one list of a CiliumNetworkPolicy may hold."""

Json = dict[str, Any]
Port = tuple[str, int | str]
"""A protocol with a port: a number, 0 where any, or a name."""


class Pods(msgspec.Struct, frozen=True):
    """The pods of one namespace that a selector chooses."""

    namespace: str
    selector: Mapping[str, Any]


class Beyond(msgspec.Struct, frozen=True):
    """What is no pod: ``blocks`` of addresses, anybody at all where there are none.

    ``entities`` are Cilium's words for the same, empty where it has no better one.
    """

    blocks: tuple[Block, ...] = ()
    entities: tuple[str, ...] = ()


class Need(msgspec.Struct, frozen=True):
    """One peer and one port that have to be let through."""

    peer: Pods | Beyond
    port: int | str
    protocol: str = "TCP"


def policy_rules(needs: Iterable[Need], way: Direction, namespace: str) -> list[Json]:
    """Return the rules of a NetworkPolicy in a namespace: the open ones first."""
    grouped = _peers(needs)
    open_to_all = {port for peer, ports in grouped if _is_open(peer) for port in ports}
    shared: dict[tuple[Port, ...], list[Json]] = {}
    for peer, ports in grouped:
        left = ports if _is_open(peer) else _less(ports, open_to_all)
        if left:
            shared.setdefault(left, []).extend(_policy_peers(peer, namespace))
    return [_policy_rule(ports, peers, way) for ports, peers in _ordered(shared)]


def _ordered(shared: Mapping[tuple[Port, ...], list[Json]]) -> list[tuple[Any, list[Json]]]:
    return sorted(shared.items(), key=lambda item: (bool(item[1]), [str(p) for p in item[0]]))


def _is_open(peer: Pods | Beyond) -> bool:
    return isinstance(peer, Beyond) and not peer.blocks


def _less(ports: tuple[Port, ...], others: set[Port]) -> tuple[Port, ...]:
    if any(number == 0 for _, number in others):
        return ()
    return tuple(port for port in ports if port not in others)


def _peers(needs: Iterable[Need]) -> list[tuple[Pods | Beyond, tuple[Port, ...]]]:
    """Return each peer once, with its ports, in a stable order."""
    found: dict[bytes, tuple[Pods | Beyond, set[Port]]] = {}
    for need in needs:
        key = msgspec.json.encode(need.peer, order="deterministic")
        found.setdefault(key, (need.peer, set()))[1].add((need.protocol, need.port))
    return [(peer, _ports(ports)) for _, (peer, ports) in sorted(found.items())]


def _ports(ports: set[Port]) -> tuple[Port, ...]:
    """Return ports in order; a port that may be any makes the others of no use."""
    if any(number == 0 for _, number in ports):
        return (("", 0),)
    return tuple(sorted(ports, key=lambda port: (str(port[1]).zfill(5), port[0])))


def _policy_rule(ports: tuple[Port, ...], peers: list[Json], way: Direction) -> Json:
    key = "from" if way is Direction.INGRESS else "to"
    written = [{"protocol": protocol, "port": port} for protocol, port in ports if port]
    return ({key: peers} if peers else {}) | ({"ports": written} if written else {})


def _policy_peers(peer: Pods | Beyond, namespace: str) -> Iterator[Json]:
    if isinstance(peer, Beyond):
        yield from ({"ipBlock": _block(block)} for block in peer.blocks)
        return
    there = {"namespaceSelector": {"matchLabels": {NAMED: peer.namespace}}}
    yield (there if peer.namespace != namespace else {}) | {"podSelector": dict(peer.selector)}


def _block(block: Block) -> Json:
    return {"cidr": block.cidr} | ({"except": list(block.excepted)} if block.excepted else {})


def cilium_rules(needs: Iterable[Need], way: Direction, namespace: str) -> list[Json]:
    """Return the rules of a CiliumNetworkPolicy in a namespace: one kind of peer in each."""
    word = "from" if way is Direction.INGRESS else "to"
    shared: dict[tuple[str, tuple[Port, ...]], list[Any]] = {}
    for peer, ports in _peers(needs):
        for kind, written in _cilium_peers(peer, namespace):
            known = shared.setdefault((kind, ports), [])
            known += [each for each in written if each not in known]
    return [
        {f"{word}{kind}": peers} | _cilium_ports(ports)
        for (kind, ports), peers in sorted(shared.items(), key=lambda item: str(item[0]))
    ]


def _cilium_peers(peer: Pods | Beyond, namespace: str) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(peer, Pods):
        labels = dict(peer.selector.get("matchLabels") or {})
        if peer.namespace != namespace:
            labels[_CILIUM_NAMESPACE] = peer.namespace
        yield "Endpoints", [dict(peer.selector) | ({"matchLabels": labels} if labels else {})]
        return
    # Agents differ in whether an address that each node has for itself is the node's.
    blocks = [each for each in peer.blocks if not peer.entities or is_link_local(each)]
    if peer.entities or not blocks:
        yield "Entities", list(peer.entities or ("all",))
    if blocks:
        yield "CIDRSet", [_block(block) for block in blocks]


def _cilium_ports(ports: tuple[Port, ...]) -> Json:
    written = [{"port": str(port), "protocol": protocol} for protocol, port in ports if port]
    chunks = range(0, len(written), _MOST_PORTS)
    return (
        {"toPorts": [{"ports": written[at : at + _MOST_PORTS]} for at in chunks]} if chunks else {}
    )
