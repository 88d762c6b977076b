"""Addresses as the ipBlocks of policies tell them apart: those that lie in the same ones are alike.

Source: the API reference of networking.k8s.io/v1 (IPBlock): the addresses of ``cidr`` less those
of ``except``.
"""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator

import msgspec

from k8sharden.model.network import IPBlock

BlockKey = tuple[str, tuple[str, ...]]
"""A block as its ``cidr`` and its ``except``."""

Held = frozenset[BlockKey]
"""The blocks that hold an address."""

_FIRST = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - where the addresses begin, not where one listens


class Stretch(msgspec.Struct, frozen=True):
    """Addresses that the same blocks hold: one of them stands for all."""

    address: str
    held: Held

    @property
    def label(self) -> str:
        """``addresses in 10.0.0.0/8``, ``any other address``."""
        cidrs = sorted({cidr for cidr, _ in self.held})
        return f"addresses in {' and '.join(cidrs)}" if cidrs else "any other address"


class _Range(msgspec.Struct, frozen=True):
    version: int
    first: int
    last: int

    def holds(self, version: int, number: int) -> bool:
        return version == self.version and self.first <= number <= self.last


def block_key(block: IPBlock) -> BlockKey:
    """Return what tells a block from another."""
    return block.cidr, tuple(block.except_ or ())


class AddressClasses:
    """The blocks of some policies, and for an address those that hold it."""

    def __init__(self, blocks: Iterable[BlockKey]) -> None:
        self._blocks = {key: ranges for key in blocks if (ranges := _ranges(key))}
        self._bounds: dict[int, list[int]] = {}
        for ranges in self._blocks.values():
            for each in ranges:
                self._bounds.setdefault(each.version, [0]).extend((each.first, each.last + 1))
        for version, bounds in self._bounds.items():
            self._bounds[version] = sorted(set(bounds))
        self._known: dict[tuple[int, int], Held] = {}

    def held(self, addresses: Iterable[str]) -> Held:
        """Return the blocks that hold any of a pod's addresses; none where one is no address."""
        if not self._blocks:
            return frozenset()
        try:
            found = [ipaddress.ip_address(text) for text in addresses]
        except ValueError:
            return frozenset()
        return frozenset().union(*(self._one(each.version, int(each)) for each in found))

    def stretches(self) -> Iterator[Stretch]:
        """Yield all classes of addresses, of the IP versions that the blocks know."""
        for version, bounds in sorted(self._bounds.items()):
            seen: set[Held] = set()
            for first in bounds:
                held = self._one(version, first)
                if first < 1 << _BITS[version] and held not in seen:
                    seen.add(held)
                    made = ipaddress.ip_address(_FIRST[version]) + first
                    yield Stretch(str(made), held)

    def _one(self, version: int, number: int) -> Held:
        bounds = self._bounds.get(version)
        if bounds is None:
            return frozenset()
        first = bounds[bisect_right(bounds, number) - 1]
        if (version, first) not in self._known:
            self._known[version, first] = frozenset(
                key for key, ranges in self._blocks.items() if _inside(ranges, version, first)
            )
        return self._known[version, first]


_BITS = {4: 32, 6: 128}


def _inside(ranges: tuple[_Range, ...], version: int, number: int) -> bool:
    whole, *out = ranges
    return whole.holds(version, number) and not any(each.holds(version, number) for each in out)


def _ranges(key: BlockKey) -> tuple[_Range, ...]:
    """Return a block's addresses and then its exceptions; nothing where one is not readable."""
    try:
        known = [ipaddress.ip_network(text, strict=False) for text in (key[0], *key[1])]
    except ValueError:
        return ()
    return tuple(
        _Range(each.version, int(each.network_address), int(each.broadcast_address))
        for each in known
    )
