"""Units: workloads that labels can tell apart, so that one policy can be written for each.

A policy that chose another workload's pods too would isolate them, and cut what nothing allows
them yet. So a selector is narrowed until it chooses the pods of one workload only; workloads whose
labels are the same, or that one custom resource owns, are one unit.

Source: kubernetes.io, Labels and Selectors; the labels that controllers put on pods.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec

from k8sharden.analysis.network.naming import label
from k8sharden.analysis.network.parties import Party, workload_parties
from k8sharden.analysis.selectors import chooses
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads_in

_PASSING = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/job-completion-index",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    }
)
"""Labels that controllers put on single pods, or on one generation of them."""

_TELLING = (
    "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component",
    "app", "k8s-app", "name", "component", "tier", "role",
)  # fmt: skip
"""Labels by which people name what runs, the likeliest first."""


class Unit(msgspec.Struct, frozen=True):
    """Workloads of one namespace that a policy chooses together, most often just one.

    ``selector`` chooses their pods and nobody else's. ``name`` is told apart from those of the
    namespace's other units. ``owner`` is the custom resource that owns them, where one does.
    """

    name: str
    namespace: str
    workloads: tuple[Workload, ...]
    parties: tuple[Party, ...]
    selector: Mapping[str, Any]
    owner: str = ""

    @property
    def on_hosts(self) -> bool:
        """Whether all of it is on the nodes' network, where few plug-ins hold to policies."""
        return all(each.spec.host_network for each in self.workloads)

    @property
    def label(self) -> str:
        """``Deployment web``, or all of them."""
        if self.owner:
            return self.owner
        return " and ".join(f"{each.ref.kind} {each.ref.name}" for each in self.workloads)


def units(namespace: str, inventory: Inventory) -> tuple[Unit, ...]:
    """Return the units of a namespace, those on their nodes' network among them."""
    known = cast("dict[str, tuple[Unit, ...]]", inventory.cache.setdefault("units", {}))
    if namespace not in known:
        known[namespace] = tuple(_units(namespace, inventory))
    return known[namespace]


def unit_of(ref: Ref, inventory: Inventory) -> Unit | None:
    """Return the unit of a workload; None where it is not known."""
    key = "units-by-workload"
    known = cast("dict[str, dict[Ref, Unit]]", inventory.cache.setdefault(key, {}))
    if ref.namespace not in known:
        known[ref.namespace] = {
            each.ref: unit for unit in units(ref.namespace, inventory) for each in unit.workloads
        }
    return known[ref.namespace].get(ref)


Labels = Mapping[str, str]


class _Group(msgspec.Struct):
    """Workloads that go together, before it is known how they are chosen."""

    workloads: list[Workload]
    parties: list[Party]
    labels: list[Labels]
    """The lasting labels of their pods and templates, each once."""
    owner: str = ""

    def take(self, other: "_Group") -> None:
        """Make another group a part of this one."""
        self.workloads += other.workloads
        self.parties += other.parties
        self.labels += [each for each in other.labels if each not in self.labels]
        self.owner = self.owner if self.owner == other.owner else ""


def _units(namespace: str, inventory: Inventory) -> Iterator[Unit]:
    groups = _merged(_owned(namespace, inventory))
    index = _Index(groups)
    taken: set[str] = set()
    for group in groups:
        name = _free(group, taken)
        taken.add(name)
        parties, selector = tuple(group.parties), _selector(group, index)
        yield Unit(name, namespace, tuple(group.workloads), parties, selector, group.owner)


def _owned(namespace: str, inventory: Inventory) -> list[_Group]:
    """Group the workloads of a namespace by the custom resource that owns them, if any."""
    found: dict[str, _Group] = {}
    for workload in workloads_in(namespace, inventory):
        owner = workload.metadata.controller
        known_as = f"{owner.kind} {owner.name}" if owner else ""
        parties = workload_parties(workload, inventory)
        labels = [*(party.labels for party in parties), workload.template_metadata.label]
        known = list(map(dict, dict.fromkeys(map(_lasting, labels))))
        group = _Group([workload], list(parties), list(known), known_as)
        home = found.setdefault(known_as or workload.ref.label, group)
        if home is not group:
            home.take(group)
    return list(found.values())


def _lasting(labels: Labels) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in labels.items() if key not in _PASSING))


def _merged(groups: list[_Group]) -> list[_Group]:
    """Merge the groups that no selector tells apart."""
    while pair := next(_mixed(groups), None):
        one, two = pair
        one.take(two)
        groups = [group for group in groups if group is not two]
    return groups


def _mixed(groups: Sequence[_Group]) -> Iterator[tuple[_Group, _Group]]:
    homes: dict[tuple[tuple[str, str], ...], _Group] = {}
    for group in groups:
        for labels in group.labels:
            home = homes.setdefault(_lasting(labels), group)
            if home is not group:
                yield home, group
    # Only among several sets of labels may a mixture of them be hidden.
    for group in (each for each in groups if len(each.labels) > 1):
        for other in groups:
            hidden = (next(_keys(group.labels, labels), None) is None for labels in other.labels)
            if other is not group and any(hidden):
                yield group, other


class _Index:
    """The labels of all groups by each of their pairs, so that a selector need not ask them all."""

    def __init__(self, groups: Iterable[_Group]) -> None:
        self._every = [(group, labels) for group in groups for labels in group.labels]
        self._pairs: dict[tuple[str, str], list[tuple[_Group, Labels]]] = {}
        for each in self._every:
            for pair in each[1].items():
                self._pairs.setdefault(pair, []).append(each)

    def others(self, group: _Group, chosen: Labels) -> list[Labels]:
        """Return the labels of other groups that some labels choose, too."""
        some = (self._pairs.get(pair, []) for pair in chosen.items())
        known = min(some, key=len, default=self._every)
        selector = {"matchLabels": dict(chosen)}
        return [labels for each, labels in known if each is not group and chooses(selector, labels)]


def _selector(group: _Group, index: _Index) -> dict[str, Any]:
    """Return what chooses a group's pods and no others."""
    chosen = _fewest(group, index)
    left = index.others(group, chosen)
    expressions = list(_apart(group.labels, left))
    return ({"matchLabels": chosen} if chosen else {}) | (
        {"matchExpressions": expressions} if expressions else {}
    )


def _fewest(group: _Group, index: _Index) -> dict[str, str]:
    """Return the labels to choose by: the declared ones, and others only where those are shared."""
    first, *rest = group.labels
    common = {k: v for k, v in first.items() if all(labels.get(k) == v for labels in rest)}
    declared = group.workloads[0].selector if len(group.workloads) == 1 else {}
    chosen = {key: value for key, value in declared.items() if common.get(key) == value}
    more = sorted(set(common) - set(chosen), key=_rank)
    if not chosen and more:
        chosen[more[0]] = common[more[0]]
    left = index.others(group, chosen)
    for key in more:
        fewer = [labels for labels in left if labels.get(key) == common[key]]
        if len(fewer) < len(left):
            chosen[key] = common[key]
            left = fewer
    return dict(sorted(chosen.items()))


def _rank(key: str) -> tuple[int, str]:
    return (_TELLING.index(key) if key in _TELLING else len(_TELLING), key)


def _apart(own: Sequence[Labels], left: Sequence[Labels]) -> Iterator[dict[str, Any]]:
    """Yield requirements that the others do not meet, each for as many of them as it can."""
    while left:
        key = min(_keys(own, left[0]), key=_rank)
        wanted = _requirement(key, {labels.get(key) for labels in own}, left)
        yield wanted
        left = [labels for labels in left if chooses({"matchExpressions": [wanted]}, labels)]


def _requirement(key: str, kept: set[str | None], left: Sequence[Labels]) -> dict[str, Any]:
    if kept == {None}:
        return {"key": key, "operator": "DoesNotExist"}
    if key not in left[0]:
        return {"key": key, "operator": "Exists"}
    values = {labels[key] for labels in left if key in labels}
    return {"key": key, "operator": "NotIn", "values": sorted(values - kept)}


def _keys(own: Iterable[Labels], other: Labels) -> Iterator[str]:
    """Yield the keys by which other labels differ from all of a group's own."""
    own = list(own)
    for key in dict.fromkeys(key for labels in (*own, other) for key in labels):
        if other.get(key) not in {labels.get(key) for labels in own}:
            yield key


def _free(group: _Group, taken: set[str]) -> str:
    """Return a name for a group that no other one has, fit to be a part of an object's."""
    workload = group.workloads[0]
    plain = group.owner.partition(" ")[2] or workload.ref.name
    kind = group.owner.partition(" ")[0] or workload.ref.kind
    name = label(plain)
    return label(f"{plain}-{kind.lower()}", always=True) if name in taken else name
