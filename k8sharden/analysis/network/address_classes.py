"""Addresses as the blocks of policies tell them apart: those that lie in the same ones are alike.

Source: the API reference of networking.k8s.io/v1 (IPBlock): the addresses of ``cidr`` less those
of ``except``.
"""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator

import msgspec

from k8sharden.analysis.network.blocks import Block, network
from k8sharden.model.text import one_line

Held = frozenset[Block]
"""The blocks that hold an address."""

Place = frozenset[tuple[int, Held]]
"""Where a pod is: of each of its addresses the IP version, and the blocks that hold it."""

_BITS = {4: 32, 6: 128}
_UNREADABLE: Place = frozenset([(0, frozenset())])


class Stretch(msgspec.Struct, frozen=True):
    """Addresses that the same blocks hold: one of them stands for all."""

    address: str
    held: Held

    @property
    def label(self) -> str:
        """``addresses in 10.0.0.0/8``, ``any other address``; safe to show."""
        cidrs = sorted({block.cidr for block in self.held})
        return (
            one_line(f"addresses in {' and '.join(cidrs)}", 300) if cidrs else "any other address"
        )


class _Range(msgspec.Struct, frozen=True):
    version: int
    first: int
    last: int

    def holds(self, version: int, number: int) -> bool:
        return version == self.version and self.first <= number <= self.last


class AddressClasses:
    """The blocks of some policies, and for an address those that hold it."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = {block: _ranges(block) for block in blocks}
        self._bounds: dict[int, list[int]] = {}
        for ranges in self._blocks.values():
            for each in ranges:
                self._bounds.setdefault(each.version, [0]).extend((each.first, each.last + 1))
        for version, bounds in self._bounds.items():
            self._bounds[version] = sorted(set(bounds))
        self._known: dict[tuple[int, int], Held] = {}

    def place(self, addresses: Iterable[str]) -> Place:
        """Return where a pod is; nowhere where no block has to be looked at."""
        if not self._blocks:
            return frozenset()
        try:
            found = [ipaddress.ip_address(text) for text in addresses]
        except ValueError:
            return _UNREADABLE
        return frozenset((each.version, self._held(each.version, int(each))) for each in found)

    def stretches(self) -> Iterator[Stretch]:
        """Yield all classes of addresses, of the IP versions that the blocks know."""
        for version, bounds in sorted(self._bounds.items()):
            seen: set[Held] = set()
            for first in bounds:
                held = self._held(version, first)
                if first < 1 << _BITS[version] and held not in seen:
                    seen.add(held)
                    yield Stretch(_text(version, first), held)

    def _held(self, version: int, number: int) -> Held:
        bounds = self._bounds.get(version)
        if bounds is None:
            return frozenset()
        first = bounds[bisect_right(bounds, number) - 1]
        if (version, first) not in self._known:
            self._known[version, first] = frozenset(
                block for block, ranges in self._blocks.items() if _inside(ranges, version, first)
            )
        return self._known[version, first]


def _text(version: int, number: int) -> str:
    address = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address  # noqa: PLR2004 - IPv4
    return str(address(number))


def _inside(ranges: tuple[_Range, ...], version: int, number: int) -> bool:
    """Whether an address is in the first range and in none of the others; never without one."""
    return any(each.holds(version, number) for each in ranges[:1]) and not any(
        each.holds(version, number) for each in ranges[1:]
    )


def _ranges(block: Block) -> tuple[_Range, ...]:
    """Return a block's addresses and then its exceptions; nothing where one is not readable."""
    nets = [network(text) for text in (block.cidr, *block.out)]
    known = [net for net in nets if net is not None]
    return tuple(
        _Range(net.version, int(net.network_address), int(net.broadcast_address))
        for net in known
        if len(known) == len(nets)
    )
