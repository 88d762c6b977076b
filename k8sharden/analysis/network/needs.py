"""Needs: the peers and ports that a unit's expected edges ask for, and what has to be said of them.

Labels name pods. What is no pod arrives from an address that is not known before: of a node, or of
the control plane; there only the port can be limited, and that is said.
"""

import msgspec

from k8sharden.analysis.network import beyond
from k8sharden.analysis.network.beyond import Block
from k8sharden.analysis.network.edges import Edge, End, EndKind, EvidenceKind
from k8sharden.analysis.network.parties import workload_parties
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.rules import Beyond, Need, Pods
from k8sharden.analysis.network.units import Unit, unit_of
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

PROTOCOLS = ("TCP", "UDP", "SCTP")
"""What a policy can be about."""

_NODES = ("host", "remote-node")
_SERVER = ("kube-apiserver",)
_OUTSIDE = ("world", *_NODES)


class Asked(msgspec.Struct, frozen=True):
    """What an edge asks for: ``needs``, empty where nothing is to be opened; ``said`` is why so.

    ``said`` is a sentence's part that stands behind the unit and the port.
    """

    needs: tuple[Need, ...] = ()
    said: str = ""


def asked(edge: Edge, way: Direction, inventory: Inventory) -> Asked:
    """Return what one edge asks of the policy at its source, or at its target."""
    if edge.protocol not in PROTOCOLS:
        return Asked(said=f"a policy cannot be about {one_line(edge.protocol, 20)}")
    if way is Direction.INGRESS:
        return _caller(edge, inventory)
    return _called(edge, inventory)


def _need(edge: Edge, peer: Pods | Beyond, said: str = "") -> Asked:
    return Asked((Need(peer, edge.port, edge.protocol),), said)


def _caller(edge: Edge, inventory: Inventory) -> Asked:
    end = edge.source
    if end.ref is not None:
        if pods := _pods(end.ref, inventory):
            return _need(edge, pods)
        said = f"open to anybody, since {end.ref.label} calls it from the address of a node"
        return _need(edge, Beyond((), _NODES), said)
    if end.kind is EndKind.CONTROL_PLANE:
        said = "open to anybody, since the API server calls it from an address that may change"
        return _need(edge, Beyond((), (*_SERVER, *_NODES)), said)
    if end.kind is EndKind.NODES:
        said = "open to anybody, since the nodes call it, and their addresses may change"
        return _need(edge, Beyond((), _NODES), said)
    return _outsider(edge)


def _pods(ref: Ref, inventory: Inventory) -> Pods | None:
    """Return a workload's pods by their labels; None where they have no address of their own."""
    unit = unit_of(ref, inventory)
    if unit is None or any(each.ref == ref and each.spec.host_network for each in unit.workloads):
        return None
    return Pods(unit.namespace, unit.selector)


def _outsider(edge: Edge) -> Asked:
    """Return what clients outside ask for: a Service may give them the address of a node."""
    exposed = any(each.kind is EvidenceKind.EXPOSED for each in edge.evidence)
    block = beyond.host_block(edge.source.address)
    if block and not exposed and not _is_all(block):
        return _need(edge, Beyond((block,)))
    said = "open to anybody, since clients from outside arrive with the address of a node"
    return _need(edge, Beyond((), _OUTSIDE), said)


def _is_all(block: Block) -> bool:
    return block.cidr.endswith("/0")


def _called(edge: Edge, inventory: Inventory) -> Asked:
    end = edge.target
    if end.ref is not None:
        if pods := _pods(end.ref, inventory):
            return _need(edge, pods)
        return _on_nodes(edge, _addresses(end.ref, inventory), inventory)
    match end.kind:
        case EndKind.CONTROL_PLANE:
            return _api_server(edge, inventory)
        case EndKind.NODES:
            block = beyond.host_block(end.address)
            return _on_nodes(edge, (block,) if block else (), inventory)
        case _:
            return _outside(edge, end, inventory)


def _addresses(ref: Ref, inventory: Inventory) -> tuple[Block, ...]:
    """Return where the pods of a workload on the nodes' network are."""
    unit = unit_of(ref, inventory)
    found = next((each for each in unit.workloads if each.ref == ref), None) if unit else None
    parties = workload_parties(found, inventory) if found else ()
    ips = {address for party in parties for address in party.addresses}
    return tuple(sorted(filter(None, map(beyond.host_block, ips))))


def _on_nodes(edge: Edge, blocks: tuple[Block, ...], inventory: Inventory) -> Asked:
    if blocks and all(map(beyond.is_link_local, blocks)):
        # A cache on every node has the same address everywhere; it is no address of the node's.
        return _need(edge, Beyond(blocks, ("host",)))
    blocks = blocks or beyond.nodes(inventory) or beyond.everywhere(inventory)
    said = "the addresses of today's nodes: nodes to come have to be added"
    return _need(edge, Beyond(blocks, _NODES), f"to {edge.target.label} it is by {said}")


def _api_server(edge: Edge, inventory: Inventory) -> Asked:
    blocks = beyond.api_server(inventory)
    said = ""
    if not blocks:
        blocks = beyond.everywhere(inventory)
        said = "open to every address, since those of the API server could not be read"
    ports = (edge.port,) if edge.port else beyond.api_ports(inventory) or (443, 6443)
    peer = Beyond(blocks, _SERVER)
    return Asked(tuple(Need(peer, port, edge.protocol) for port in ports), said)


def _outside(edge: Edge, end: End, inventory: Inventory) -> Asked:
    if beyond.is_metadata(end.address, end.host):
        return Asked(said="the cloud's metadata is not opened: its credentials are the node's")
    block = beyond.host_block(end.address)
    if block and not _is_all(block):
        return _need(edge, Beyond((block,)))
    if _is_lost_dns(edge):
        return _usual_dns(edge, inventory)
    where = one_line(end.host, 120) or "hosts outside"
    said = f"open to every address outside, since {where} has none that is known to stay"
    return _need(edge, Beyond(beyond.everywhere(inventory)), said)


_DNS = 53
_USUAL = Pods("kube-system", {"matchLabels": {"k8s-app": "kube-dns"}})


def _is_lost_dns(edge: Edge) -> bool:
    """Whether a query for names leads nowhere that is known: the cluster's DNS was not seen."""
    asks = any(each.kind is EvidenceKind.DNS for each in edge.evidence)
    return asks and not edge.target.address and not edge.target.host


def _usual_dns(edge: Edge, inventory: Inventory) -> Asked:
    """Return the DNS pods by the labels that nearly every cluster has, and servers outside."""
    said = "the cluster's DNS was not seen, and is taken to be k8s-app=kube-dns in kube-system"
    peers = (_USUAL, Beyond(beyond.everywhere(inventory)))
    return Asked(tuple(Need(peer, edge.port, edge.protocol) for peer in peers), said)


def node_resolver(unit: Unit, inventory: Inventory) -> Asked:
    """Return what pods need that ask the servers of their node for names, and not the cluster's."""
    if not any(each.spec.dns_policy == "Default" for each in unit.workloads):
        return Asked()
    said = "open to every address outside, since it asks the DNS servers of its node"
    peer = Beyond(beyond.everywhere(inventory))
    return Asked(tuple(Need(peer, _DNS, each) for each in ("TCP", "UDP")), said)
