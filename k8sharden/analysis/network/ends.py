"""Ends: who stands at the end of an edge, as policies see it.

Source: kubernetes.io, Network Policies; EndpointSlices of Service default/kubernetes.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import msgspec

from k8sharden.analysis.network.beyond import METADATA_HOSTS, pod_networks
from k8sharden.analysis.network.blocks import Net, network
from k8sharden.analysis.network.edges import End, EndKind
from k8sharden.analysis.network.parties import Entity, Party, one_pod, workload_parties
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, pods_of, workloads

_METADATA_ADDRESS = "169.254.169.254"


def parties_of(end: End, inventory: Inventory, bounds: Iterable[Net] = ()) -> tuple[Party, ...]:
    """Return who stands at an end; nobody where its workload was not read.

    A block of addresses becomes one party for each part of it that ``bounds`` tell apart.
    """
    match end.kind:
        case EndKind.WORKLOAD:
            return _pods_of(end.ref, inventory) if end.ref else ()
        case EndKind.CONTROL_PLANE:
            known = tuple(_at(each, inventory) for each in api_server_addresses(inventory))
            return known or (Party(entities=(Entity.KUBE_APISERVER,)),)
        case EndKind.NODES if not end.address:
            return tuple(_nodes(inventory)) or (Party(entities=(Entity.NODE,)),)
    address = _METADATA_ADDRESS if end.host in METADATA_HOSTS else end.address
    found = tuple(_at(each, inventory) for each in _parts(address, bounds))
    if end.kind is not EndKind.NODES:
        # Somebody outside has no address of a pod.
        return found or (Party(nowhere=tuple(map(str, pod_networks(inventory)))),)
    return tuple(msgspec.structs.replace(each, entities=(Entity.NODE,)) for each in found)


def api_server_addresses(inventory: Inventory) -> tuple[str, ...]:
    """Return where the API server answers, from the endpoints of Service default/kubernetes."""
    found = (
        address
        for item in inventory.of(kinds.ENDPOINT_SLICES, n.EndpointSlice)
        if item.namespace == "default"
        and item.metadata.label.get("kubernetes.io/service-name") == "kubernetes"
        for endpoint in item.endpoints or ()
        for address in endpoint.addresses or ()
    )
    return tuple(dict.fromkeys(found))


def _parts(address: str, bounds: Iterable[Net]) -> Iterator[str]:
    """Yield an address of each part of a block that other blocks tell apart."""
    whole = network(address) if address else None
    if whole is None:
        yield from filter(None, (address,))
        return
    first, last = int(whole[0]), int(whole[-1])
    cuts = {first, last}
    for net in bounds:
        if net.version == whole.version:
            begin, end = int(net[0]), int(net[-1])
            cuts |= {cut for cut in (begin, end, begin - 1, end + 1) if first <= cut <= last}
    make = ipaddress.IPv4Address if whole.version == _FOUR else ipaddress.IPv6Address
    yield from (str(make(cut)) for cut in sorted(cuts))


_FOUR = 4


def _at(address: str, inventory: Inventory) -> Party:
    """Return what is at an address: a pod or a node where it is one's, or somebody outside."""
    place = network(address)
    known = _places(inventory).get(str(place[0]) if place else address)
    party = known or Party(addresses=(address,))
    if address not in api_server_addresses(inventory):
        return party
    outside = (Entity.WORLD,) if inventory.of(kinds.NODES, o.Node) else ()
    beside = (Entity.NODE,) if known is not None else outside
    return Party(addresses=(address,), node=party.node, entities=(Entity.KUBE_APISERVER, *beside))


def _places(inventory: Inventory) -> Mapping[str, Party]:
    """Index pods and nodes by their addresses; what is on a node's network is the node."""
    if "parties-by-address" not in inventory.cache:
        pods = (pod for some in pods_of(inventory).values() for pod in some)
        parties = [one_pod(pod) for pod in pods]
        parties = [*(each for each in parties if not each.host_network), *_nodes(inventory)]
        inventory.cache["parties-by-address"] = {
            str(place[0]): party
            for party in parties
            for place in map(network, party.addresses)
            if place is not None
        }
    return cast("Mapping[str, Party]", inventory.cache["parties-by-address"])


def _nodes(inventory: Inventory) -> Iterator[Party]:
    for node in inventory.of(kinds.NODES, o.Node):
        addresses = (node.status.addresses if node.status else None) or ()
        known = tuple(each.address for each in addresses if each.type.endswith("IP"))
        yield Party(addresses=known, node=node.name, entities=(Entity.NODE,))


def _pods_of(ref: Ref, inventory: Inventory) -> tuple[Party, ...]:
    """Return a workload's pods, each read once; none where it was not read."""
    known = inventory.cache.setdefault("parties-of-workloads", {})
    if ref not in known:
        workload = _workloads(inventory).get(ref)
        known[ref] = workload_parties(workload, inventory) if workload else ()
    return cast("tuple[Party, ...]", known[ref])


def _workloads(inventory: Inventory) -> Mapping[Ref, Workload]:
    if "workloads-by-ref" not in inventory.cache:
        found = {workload.ref: workload for workload in workloads(inventory)}
        inventory.cache["workloads-by-ref"] = found
    return cast("Mapping[Ref, Workload]", inventory.cache["workloads-by-ref"])
