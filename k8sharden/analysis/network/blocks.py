"""Blocks of addresses: whether they hold where somebody is.

Source: the API reference of networking.k8s.io/v1 (IPBlock); RFC 3927, RFC 4291 and RFC 6890 for
addresses that nobody outside has.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from k8sharden.analysis.network.answers import Answer

Net = ipaddress.IPv4Network | ipaddress.IPv6Network

VERSIONS = frozenset((4, 6))

_NOWHERE = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
            *("::/128", "::1/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128"),
        ),
    )
)
"""What nobody anywhere has: the node itself, its link with the cloud's metadata, and groups."""


class Block(msgspec.Struct, frozen=True):
    """The addresses of ``cidr``, less those of ``out``."""

    cidr: str
    out: tuple[str, ...] = ()


@lru_cache(maxsize=50_000)
def network(text: str) -> Net | None:
    """Return the addresses that a text names, a single one or a CIDR; None where it is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def versions(addresses: Iterable[str]) -> frozenset[int]:
    """Return the IP versions that somebody at these addresses speaks, both if not known."""
    found = frozenset(net.version for net in map(network, addresses) if net is not None)
    return found or VERSIONS


def holds(
    block: Block,
    addresses: Sequence[str],
    spoken: frozenset[int] = VERSIONS,
    nowhere: Sequence[str] = (),
) -> Answer:
    """Whether a block holds all, none, or some (unknown) of where somebody is.

    ``spoken`` are the IP versions that the other end speaks: addresses of others do not count.
    What cannot be read as addresses may be anywhere, but for the blocks ``nowhere``.
    """
    nets = [network(text) for text in (block.cidr, *block.out)]
    places = [network(text) for text in addresses]
    if None in nets or None in places:
        return Answer.UNKNOWN
    whole, *out = (net for net in nets if net is not None)
    known = [net for net in places if net is not None]
    if not known:
        gaps = (network(text) for text in nowhere)
        empty = (*_NOWHERE, *(gap for gap in gaps if gap is not None))
        return _combined(_anywhere(whole, out, version, empty) for version in spoken)
    return _combined(_one(whole, out, net) for net in known if net.version in spoken)


def _combined(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return found.pop() if len(found) == 1 else Answer.UNKNOWN if found else Answer.DENIED


def _anywhere(whole: Net, out: list[Net], version: int, empty: Sequence[Net]) -> Answer:
    if whole.version != version:
        return Answer.DENIED
    everything = whole.prefixlen == 0 and all(any(_within(net, no) for no in empty) for net in out)
    return Answer.ALLOWED if everything else Answer.UNKNOWN


def _one(whole: Net, out: list[Net], net: Net) -> Answer:
    if whole.version != net.version or not whole.overlaps(net):
        return Answer.DENIED
    shared = net if _within(net, whole) else whole
    if any(_within(shared, gap) for gap in _joined(out, net.version)):
        return Answer.DENIED
    clear = not any(gap.version == net.version and gap.overlaps(net) for gap in out)
    return Answer.ALLOWED if clear and shared is net else Answer.UNKNOWN


def _within(net: Net, other: Net) -> bool:
    return net.version == other.version and net.subnet_of(other)  # type: ignore[arg-type]


def _joined(nets: list[Net], version: int) -> list[Net]:
    """Join neighbours: two halves leave out the whole."""
    return list(ipaddress.collapse_addresses([net for net in nets if net.version == version]))  # type: ignore[type-var]
