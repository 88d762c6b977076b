"""What lies beyond the pods' network, as the addresses by which a policy can name it.

Source: kubernetes.io, Network Policies (ipBlock), EndpointSlices; the instance metadata services of
AWS, Azure and Google Cloud.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import cast

import msgspec

from k8sharden.analysis.network.blocks import VERSIONS, Net, network
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory

_LINK_LOCAL = {4: "169.254.0.0/16", 6: "fd00:ec2::254/128"}
"""Where clouds serve the metadata of a node, with its credentials."""
_METADATA = ("169.254.169.254/32", "fd00:ec2::254/128")
METADATA_HOSTS = (
    "metadata.google.internal", "metadata.goog", "metadata", "instance-data",
    "instance-data.ec2.internal",
)  # fmt: skip
"""Names that clouds give to their metadata service."""
_ALL = {4: "0.0.0.0/0", 6: "::/0"}


class Block(msgspec.Struct, frozen=True, order=True):
    """An ipBlock: addresses, less those of ``excepted``."""

    cidr: str
    excepted: tuple[str, ...] = ()


def api_server(inventory: Inventory) -> tuple[Block, ...]:
    """Return the addresses of the API server itself; empty where they are not known.

    Policies see a connection once the Service's address has become that of an endpoint.
    """
    slices = inventory.of(kinds.ENDPOINT_SLICES, n.EndpointSlice)
    found = {
        address
        for each in slices
        if each.namespace == "default"
        and each.metadata.label.get("kubernetes.io/service-name") == "kubernetes"
        for endpoint in each.endpoints or ()
        for address in endpoint.addresses or ()
    }
    return tuple(sorted(filter(None, map(host_block, found))))


def api_ports(inventory: Inventory) -> tuple[int, ...]:
    """Return the ports on which the API server answers itself."""
    return tuple(
        sorted(
            {
                port.port
                for each in inventory.of(kinds.ENDPOINT_SLICES, n.EndpointSlice)
                if each.namespace == "default"
                and each.metadata.label.get("kubernetes.io/service-name") == "kubernetes"
                for port in each.ports or ()
                if port.port
            }
        )
    )


def nodes(inventory: Inventory) -> tuple[Block, ...]:
    """Return the addresses of the nodes inside the cluster."""
    found = {
        each.address
        for node in inventory.of(kinds.NODES, o.Node)
        for each in (node.status or o.NodeStatus()).addresses or ()
        if each.type == "InternalIP"
    }
    return tuple(sorted(filter(None, map(host_block, found))))


def everywhere(inventory: Inventory) -> tuple[Block, ...]:
    """Return every address but the pods' and the cloud's metadata, of each family in use.

    Where that is not known, as in files, of both: a rule too many harms no cluster of one family.
    """
    pods = pod_networks(inventory)
    return tuple(
        Block(_ALL[version], (_LINK_LOCAL[version], *_within(pods, version)))
        for version in sorted(spoken_in(inventory))
    )


def spoken_in(inventory: Inventory) -> frozenset[int]:
    """Return the IP versions that the pods of a cluster speak, both if not known."""
    return _speaks(inventory) or VERSIONS


def _within(networks: Iterable[Net], version: int) -> Iterator[str]:
    return (str(each) for each in networks if each.version == version and each.prefixlen)


def pod_networks(inventory: Inventory) -> tuple[Net, ...]:
    """Return the networks that the nodes give their pods addresses of, neighbours joined."""
    if "pod-networks" not in inventory.cache:
        inventory.cache["pod-networks"] = tuple(_pod_networks(inventory))
    return cast("tuple[Net, ...]", inventory.cache["pod-networks"])


def _pod_networks(inventory: Inventory) -> Iterator[Net]:
    specs = (node.spec or o.NodeSpec() for node in inventory.of(kinds.NODES, o.Node))
    texts = {each for spec in specs for each in (*(spec.pod_cidrs or ()), spec.pod_cidr) if each}
    found = [each for each in map(network, sorted(texts)) if each is not None]
    yield from ipaddress.collapse_addresses(
        each for each in found if isinstance(each, ipaddress.IPv4Network)
    )
    yield from ipaddress.collapse_addresses(
        each for each in found if isinstance(each, ipaddress.IPv6Network)
    )


def _speaks(inventory: Inventory) -> frozenset[int]:
    statuses = (pod.status for pod in inventory.pods if pod.status)
    ips = {each.ip for status in statuses for each in status.pod_ips or ()}
    found = {each.version for each in map(network, ips) if each is not None}
    return frozenset(found | {each.version for each in pod_networks(inventory)})


def is_metadata(address: str, host: str) -> bool:
    """Whether an address or a host is the cloud's metadata service."""
    if host in METADATA_HOSTS:
        return True
    found = network(address)
    return found is not None and str(found) in _METADATA


def is_link_local(block: Block) -> bool:
    """Whether a block reaches no further than the node."""
    found = network(block.cidr)
    return found is not None and found.is_link_local


def host_block(text: str) -> Block | None:
    """Return the block of an address or a CIDR; None for what is neither."""
    found = network(text)
    return None if found is None else Block(str(found))
