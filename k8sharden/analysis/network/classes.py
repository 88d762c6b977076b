"""Equivalence classes: pods, and addresses outside, that every policy judges alike.

Pods of one namespace are in one class where no selector, ipBlock or named port of any policy tells
them apart: so nothing that follows has to look at pods, and still less at pairs of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.network.address_classes import AddressClasses, Held, block_key
from k8sharden.analysis.network.parties import Party, outside, workload_parties
from k8sharden.analysis.network.policies import Policies
from k8sharden.model.inventory import Inventory
from k8sharden.model.network import NetworkPolicy, Peer, PolicyPort, Rule
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import workloads

Words = dict[str, set[str]]
"""The labels that selectors look at, with the values that they name."""

_OTHER = "\0"
"""Stands for every value of a label that no selector names; no label's value can be it."""


class Group(msgspec.Struct, frozen=True):
    """One class: ``party`` stands for all its ``pods``, which belong to the workloads ``refs``.

    Outside the cluster there are neither, and ``label`` says which addresses are meant. The party
    is on no node, so that what a node's own pods may do beside the policies is left out.
    """

    party: Party
    held: Held = frozenset()
    refs: tuple[Ref, ...] = ()
    pods: int = 0
    label: str = ""

    @property
    def weight(self) -> int:
        """How many workloads it counts for; addresses outside count as one."""
        return len(self.refs) or 1


class Terms:
    """What some policies can tell pods apart by."""

    def __init__(self, policies: Iterable[Policies]) -> None:
        self.ports: set[str] = set()
        self._everywhere: Words = {}
        self._within: dict[str, Words] = {}
        self._together: dict[str, Words] = {}
        blocks = set()
        for ref, policy in _distinct(policies):
            own = self._within.setdefault(ref.namespace, {})
            _learn(policy.spec.pod_selector, own)
            for rule in rules(policy):
                self.ports |= {p.port for p in rule.ports or () if isinstance(p.port, str)}
                for peer in peers(rule):
                    words = own if peer.namespace_selector is None else self._everywhere
                    _learn(peer.pod_selector, words)
                    if peer.ip_block is not None:
                        blocks.add(block_key(peer.ip_block))
        self.addresses = AddressClasses(blocks)

    def key(self, party: Party) -> tuple[Any, ...]:
        """Return what makes a pod's class; those with equal keys are judged alike."""
        held = self.addresses.held(party.addresses)
        named = frozenset(
            (port.name, port.container_port, port.protocol or "TCP")
            for port in party.ports
            if port.name in self.ports
        )
        labels = () if party.host_network else self._labels(party)
        return party.namespace, party.host_network, labels, named, held

    def _labels(self, party: Party) -> tuple[tuple[str, str], ...]:
        words = self._words(party.namespace)
        return tuple(
            (key, value if (value := party.labels[key]) in words[key] else _OTHER)
            for key in words
            if key in party.labels
        )

    def _words(self, namespace: str) -> Words:
        if namespace not in self._together:
            words = {key: set(values) for key, values in self._everywhere.items()}
            for key, values in self._within.get(namespace, {}).items():
                words.setdefault(key, set()).update(values)
            self._together[namespace] = words
        return self._together[namespace]


class Classes:
    """The classes of an inventory under some policies, in the order of their namespaces.

    The addresses outside come first. ``order`` gives the numbers of each namespace's classes,
    ``""`` being outside; ``of`` those of each workload.
    """

    def __init__(self, groups: Iterable[Group], terms: Terms) -> None:
        self.groups = tuple(sorted(groups, key=lambda group: group.party.namespace))
        self._terms = terms
        self._keys = {terms.key(group.party): number for number, group in enumerate(self.groups)}
        self.order: dict[str, list[int]] = {}
        self.of: dict[Ref, list[int]] = {}
        for number, group in enumerate(self.groups):
            self.order.setdefault(group.party.namespace, []).append(number)
            for ref in group.refs:
                self.of.setdefault(ref, []).append(number)

    def of_party(self, party: Party) -> int:
        """Return the class of a pod, or of an address that stands for its class."""
        return self._keys[self._terms.key(party)]


def classes_of(inventory: Inventory, *policies: Policies) -> Classes:
    """Group the pods of an inventory as all of these policies together tell them apart.

    A workload of which no pod runs is there with those that its template would make.
    """
    terms = Terms(policies)
    refs: dict[tuple[Any, ...], dict[Ref, int]] = {}
    first: dict[tuple[Any, ...], Party] = {}
    for workload in workloads(inventory):
        for party in workload_parties(workload, inventory):
            key = terms.key(party)
            first.setdefault(key, party)
            counts = refs.setdefault(key, {})
            counts[workload.ref] = counts.get(workload.ref, 0) + 1
    found = [
        Group(
            msgspec.structs.replace(party, node=""),
            key[-1],
            tuple(refs[key]),
            sum(refs[key].values()),
        )
        for key, party in first.items()
    ]
    return Classes([*_outside(terms), *found], terms)


def rules(policy: NetworkPolicy) -> tuple[Rule, ...]:
    """Return the rules of both directions."""
    return (*(policy.spec.ingress or ()), *(policy.spec.egress or ()))


def peers(rule: Rule) -> tuple[Peer, ...]:
    """Return the peers of a rule, whichever direction it is of."""
    return (*(rule.from_ or ()), *(rule.to or ()))


def ports_of(policies: Iterable[Policies]) -> Iterator[PolicyPort]:
    """Yield the ports that the rules of policies name, each policy looked at once."""
    for _, policy in _distinct(policies):
        for rule in rules(policy):
            yield from rule.ports or ()


def _outside(terms: Terms) -> Iterator[Group]:
    stretches = list(terms.addresses.stretches())
    for each in stretches:
        yield Group(outside(each.address), each.held, label=each.label)
    if not stretches:
        yield Group(outside(), label="any address")


def _distinct(policies: Iterable[Policies]) -> Iterator[tuple[Ref, NetworkPolicy]]:
    """Yield every policy; what before and after share is the same object, and comes once."""
    seen: set[int] = set()
    for some in policies:
        for ref, policy in some.policies.items():
            if id(policy) not in seen:
                seen.add(id(policy))
                yield ref, policy


def _learn(selector: Mapping[str, Any] | None, words: Words) -> None:
    """Take in the labels that a selector looks at."""
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        words.setdefault(key, set()).add(value)
    for expression in (selector or {}).get("matchExpressions") or ():
        values = expression.get("values") or ()
        words.setdefault(expression.get("key", ""), set()).update(values)
