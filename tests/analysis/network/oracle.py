"""An oracle for NetworkPolicies, written from their documentation and from nothing of ours.

It reads manifests as they are. What the documentation leaves to the network plug-in it tries out
each way, with each address that a connection may use: where the ways agree the answer is known.
Nothing here may import k8sharden, so that no mistake is made twice.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1.
"""

import ipaddress
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

Json = dict[str, Any]


class World(NamedTuple):
    """A cluster: the labels of its namespaces, and the manifests of its policies."""

    namespaces: dict[str, dict[str, str]]
    policies: list[Json]


class Way(NamedTuple):
    """One way in which a plug-in may do what is left to it, and the addresses that are used."""

    hosts_are_pods: bool
    blocks_mean_pods: bool
    own_node_reached: bool
    own_address: str
    other_address: str


class Asked(NamedTuple):
    """A connection between two ends.

    An end is a Pod's manifest, or ``{"node": name, "addresses": […]}``, or addresses alone.
    """

    source: Json
    target: Json
    port: int
    protocol: str


def answer(world: World, direction: str, asked: Asked) -> str:
    """Return ``allowed``, ``denied`` or ``unknown`` for one direction of a connection."""
    own, other = asked.source, asked.target
    if direction == "Ingress":
        own, other = other, own
    found = {_passes(world, direction, own, other, asked, way) for way in _ways(own, other)}
    return "unknown" if len(found) > 1 else "allowed" if True in found else "denied"


def _ways(own: Json, other: Json) -> Iterator[Way]:
    pairs = [
        (one, two)
        for one, two in product(_addresses(own), _addresses(other))
        if (":" in one) is (":" in two)
    ]
    for choice in product((True, False), repeat=3):
        for pair in pairs or [("", "")]:
            yield Way(choice[0], choice[1], choice[2], *pair)


def _addresses(end: Json) -> list[str]:
    if "spec" not in end:
        return list(end["addresses"])
    return [each["ip"] for each in end["status"]["podIPs"]]


def _passes(world: World, direction: str, own: Json, other: Json, asked: Asked, way: Way) -> bool:
    if "spec" not in own or own is other:
        return True
    near = _on_node(other) and _node(own) == _node(other)
    if near and (direction == "Ingress" or way.own_node_reached):
        return True
    if _is_host(own) and not way.hosts_are_pods:
        return True
    about = [each for each in world.policies if _is_about(each, direction, own)]
    return not about or any(_allows(world, each, direction, other, asked, way) for each in about)


def _is_host(end: Json) -> bool:
    return "spec" in end and bool(end["spec"].get("hostNetwork"))


def _on_node(end: Json) -> bool:
    return _is_host(end) or "node" in end


def _node(end: Json) -> str:
    return str(end["spec"]["nodeName"] if "spec" in end else end["node"])


def _is_about(policy: Json, direction: str, pod: Json) -> bool:
    spec = policy["spec"]
    types = list(spec.get("policyTypes") or [])
    if not types:
        types = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    here = policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
    return here and direction in types and _matches(spec.get("podSelector"), _labels(pod))


def _labels(end: Json) -> dict[str, str]:
    return dict(end["metadata"].get("labels") or {})


def _matches(selector: Json | None, labels: dict[str, str]) -> bool:
    """Whether labels satisfy a selector; both parts of one must hold, and an empty one does."""
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        if key not in labels or labels[key] != value:
            return False
    for term in (selector or {}).get("matchExpressions") or []:
        there = term["key"] in labels
        listed = there and labels[term["key"]] in (term.get("values") or [])
        holds = {"In": listed, "NotIn": not listed, "Exists": there, "DoesNotExist": not there}
        if not holds[term["operator"]]:
            return False
    return True


def _allows(
    world: World, policy: Json, direction: str, other: Json, asked: Asked, way: Way
) -> bool:
    peers = "from" if direction == "Ingress" else "to"
    for rule in policy["spec"].get(direction.lower()) or []:
        ports = rule.get("ports") or []
        if ports and not any(_is_port(each, asked) for each in ports):
            continue
        named = rule.get(peers) or []
        if not named or any(_is_peer(world, policy, each, other, way) for each in named):
            return True
    return False


def _is_port(port: Json, asked: Asked) -> bool:
    protocol = port.get("protocol") or "TCP"
    if protocol != asked.protocol:
        return False
    number = port.get("port")
    if number is None:
        return True
    if isinstance(number, int):
        return bool(number <= asked.port <= (port.get("endPort") or number))
    containers = asked.target["spec"]["containers"] if "spec" in asked.target else []
    return any(
        each.get("name") == number
        and each["containerPort"] == asked.port
        and (each.get("protocol") or "TCP") == protocol
        for container in containers
        for each in container.get("ports") or []
    )


def _is_peer(world: World, policy: Json, peer: Json, other: Json, way: Way) -> bool:
    if "ipBlock" in peer:
        return _is_in(peer["ipBlock"], other, way)
    if "spec" not in other or (_is_host(other) and not way.hosts_are_pods):
        return False
    space = other["metadata"]["namespace"]
    if "namespaceSelector" in peer:
        known = {**world.namespaces[space], "kubernetes.io/metadata.name": space}
        if not _matches(peer["namespaceSelector"], known):
            return False
    elif space != policy["metadata"]["namespace"]:
        return False
    return "podSelector" not in peer or _matches(peer["podSelector"], _labels(other))


def _is_in(block: Json, other: Json, way: Way) -> bool:
    plain_pod = "spec" in other and not _is_host(other)
    if not way.other_address or (plain_pod and not way.blocks_mean_pods):
        return False
    address = ipaddress.ip_address(way.other_address)
    inside = address in ipaddress.ip_network(block["cidr"])
    return inside and not any(
        address in ipaddress.ip_network(each) for each in block.get("except") or []
    )
