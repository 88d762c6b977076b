"""Equivalence classes: pods, and addresses outside, that every policy judges alike.

Pods of one namespace are in one class where no selector, block of addresses or named port of any
policy tells them apart: so nothing that follows has to look at pods, and still less at pairs.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from k8sharden.analysis.network.address_classes import AddressClasses
from k8sharden.analysis.network.clauses import Addresses, Clause, Peer, Pods, Ports, Rule, Selector
from k8sharden.analysis.network.parties import Party, outside, workload_parties
from k8sharden.analysis.network.policies import Policies
from k8sharden.model.inventory import Inventory
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
        self.ports: set[Ports] = set()
        self._everywhere: Words = {}
        self._within: dict[str, Words] = {}
        self._together: dict[str, Words] = {}
        blocks = set()
        for some in policies:
            scopes = [each.scope for each in some.clauses] + [each.scope for each in some.doubts]
            for rule in (rule for clause in some.clauses for rule in rules(clause)):
                self.ports |= set(rule.ports or ())
                blocks |= {p.block for p in peers(rule) if isinstance(p, Addresses)}
                scopes += [peer.scope for peer in peers(rule) if isinstance(peer, Pods)]
            for scope in scopes:
                _learn(scope.pods, self._words_of(scope.namespace))
        self.addresses = AddressClasses(blocks)
        self._names = {port.name for port in self.ports if port.name}

    def key(self, party: Party) -> tuple[Any, ...]:
        """Return what makes a pod's class; those with equal keys are judged alike."""
        named = frozenset(
            (port.name, port.container_port, port.protocol or "TCP")
            for port in party.ports
            if port.name in self._names
        )
        place = self.addresses.place(party.addresses)
        return party.namespace, party.host_network, self._labels(party), named, place

    def _labels(self, party: Party) -> tuple[tuple[str, str], ...]:
        words = self._words(party.namespace)
        return tuple(
            (key, value if (value := party.labels[key]) in words[key] else _OTHER)
            for key in words
            if key in party.labels
        )

    def _words_of(self, namespace: str) -> Words:
        return self._within.setdefault(namespace, {}) if namespace else self._everywhere

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
    ``""`` being outside; ``of`` those of each workload. ``ports`` are those that rules name.
    """

    def __init__(self, groups: Iterable[Group], terms: Terms) -> None:
        self.groups = tuple(sorted(groups, key=lambda group: group.party.namespace))
        self.ports = frozenset(terms.ports)
        self.order: dict[str, list[int]] = {}
        self.of: dict[Ref, list[int]] = {}
        self._key = terms.key
        self._keys = {terms.key(group.party): n for n, group in enumerate(self.groups)}
        for number, group in enumerate(self.groups):
            self.order.setdefault(group.party.namespace, []).append(number)
            for ref in group.refs:
                self.of.setdefault(ref, []).append(number)

    def of_party(self, party: Party) -> int:
        """Return the class of a pod, or of an address outside that stands for its class."""
        return self._keys[self._key(party)]


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
        Group(_anywhere(party), tuple(refs[key]), sum(refs[key].values()))
        for key, party in first.items()
    ]
    return Classes([*_outside(terms), *found], terms)


def rules(clause: Clause) -> tuple[Rule, ...]:
    """Return the rules of a clause, those that deny among them."""
    return (*clause.rules, *clause.denied)


def peers(rule: Rule) -> tuple[Peer, ...]:
    """Return whom a rule names."""
    return rule.peers or ()


def _anywhere(party: Party) -> Party:
    return msgspec.structs.replace(party, node="", name="")


def _outside(terms: Terms) -> Iterator[Group]:
    stretches = list(terms.addresses.stretches())
    for each in stretches:
        yield Group(outside(each.address), label=each.label)
    if not stretches:
        yield Group(outside(), label="any address")


def _learn(selector: Selector | None, words: Words) -> None:
    """Take in the labels that a selector looks at."""
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        words.setdefault(key, set()).add(value)
    for expression in (selector or {}).get("matchExpressions") or ():
        values = expression.get("values") or ()
        words.setdefault(expression.get("key", ""), set()).update(values)
