"""Sets of classes as whole numbers: which classes a selector, a peer or a block chooses.

Bit n stands for class n. Whether labels are chosen is asked of `chooses` alone; the index by labels
only leaves out those that it cannot choose.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.network.address_classes import block_key
from k8sharden.analysis.network.classes import Classes
from k8sharden.analysis.selectors import chooses
from k8sharden.model.network import IPBlock, Peer

Bits = int


def bits(numbers: Iterable[int]) -> Bits:
    """Return the set of these classes."""
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def members(some: Bits) -> Iterator[int]:
    """Yield the classes of a set."""
    while some:
        low = some & -some
        yield low.bit_length() - 1
        some ^= low


class Labelled:
    """Things by their labels, so that what a selector chooses is found among few of them."""

    def __init__(self, labels: Mapping[Any, Mapping[str, str]]) -> None:
        self._labels = labels
        self._by_pair: dict[tuple[str, str], list[Any]] = {}
        for name, pairs in labels.items():
            for pair in pairs.items():
                self._by_pair.setdefault(pair, []).append(name)

    def chosen(self, selector: Mapping[str, Any] | None) -> Iterator[Any]:
        """Yield what a selector chooses."""
        wanted = [
            pair
            for pair in ((selector or {}).get("matchLabels") or {}).items()
            if isinstance(pair[1], str)
        ]
        few = min((self._by_pair.get(pair, []) for pair in wanted), key=len, default=None)
        for name in self._labels if few is None else few:
            if chooses(selector, self._labels[name]):
                yield name


class Chooser:
    """Which classes the parts of policies choose, each answer found once."""

    def __init__(self, classes: Classes, namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self.every = (1 << len(classes.groups)) - 1
        self._groups = classes.groups
        known = {space: namespaces.get(space, {}) for space in classes.order if space}
        self._spaces = Labelled(known)
        self._within: dict[str, Bits] = {
            space: bits(n for n in classes.order[space] if not self._groups[n].party.host_network)
            for space in known
        }
        self._pods = {
            space: Labelled({n: self._groups[n].party.labels for n in members(inside)})
            for space, inside in self._within.items()
        }
        self._known: dict[tuple[str, bytes], Bits] = {}

    def pods(self, selector: Mapping[str, Any] | None, namespace: str) -> Bits:
        """Return what a pod selector chooses in one namespace; None chooses all."""
        if namespace not in self._pods:
            return 0
        return bits(self._pods[namespace].chosen(selector))

    def peer(self, peer: Peer, namespace: str) -> tuple[Bits, Bits]:
        """Return what a peer in a policy of a namespace allows for certain, and perhaps."""
        if peer.ip_block is not None:
            return self._block(peer.ip_block)
        if peer.namespace_selector is None:
            return self.pods(peer.pod_selector, namespace), 0
        key = ("", msgspec.json.encode((peer.namespace_selector, peer.pod_selector)))
        if key not in self._known:
            found = 0
            for space in self._spaces.chosen(peer.namespace_selector):
                everyone = peer.pod_selector is None
                found |= self._within[space] if everyone else self.pods(peer.pod_selector, space)
            self._known[key] = found
        return self._known[key], 0

    def _block(self, block: IPBlock) -> tuple[Bits, Bits]:
        key = block_key(block)
        held = [n for n, group in enumerate(self._groups) if key in group.held]
        # Whether a pod's address is meant is the plug-in's choice; a node's address is no pod's.
        unsure = bits(n for n in held if self._is_plain_pod(n))
        return bits(held) & ~unsure, unsure

    def _is_plain_pod(self, number: int) -> bool:
        party = self._groups[number].party
        return party.is_pod and not party.host_network
