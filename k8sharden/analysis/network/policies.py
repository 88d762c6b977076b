"""The policies of an inventory, found by the pods that they select.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any, cast

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.beyond import spoken_in
from k8sharden.analysis.network.blocks import VERSIONS
from k8sharden.analysis.network.cilium_policies import cilium_clauses
from k8sharden.analysis.network.clauses import Clause, Doubt, Labels
from k8sharden.analysis.network.clauses import Direction as Direction  # noqa: PLC0414 - one door
from k8sharden.analysis.network.cni import enforcement
from k8sharden.analysis.network.doubts import OTHER_KINDS, POLICY_KINDS, odd, unread
from k8sharden.analysis.network.native import directions as directions  # noqa: PLC0414 - the same
from k8sharden.analysis.network.native import native_clauses
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.network.plugins import CILIUM
from k8sharden.analysis.network.tiers import calico_doubts, tier_doubts
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

Changed = Mapping[Ref, Mapping[str, Any] | None]
"""Objects as a change leaves them; None where it takes them away."""

Policy = n.NetworkPolicy | n.Loose

_CILIUM = (kinds.CILIUM_POLICIES, kinds.CILIUM_CLUSTERWIDE_POLICIES)
_CALICO = (kinds.CALICO_POLICIES, kinds.CALICO_GLOBAL_POLICIES)


class Context:
    """What the policies stand in: namespaces, what was not read, and the plug-in.

    ``cilium`` where Cilium holds them; ``always`` where it denies what no policy allows even to
    pods that none selects. ``spoken`` are the IP versions of its pods.
    """

    def __init__(
        self,
        namespaces: Labels,
        unread: Iterable[tuple[Doubt, frozenset[str]]] = (),
        *,
        cilium: bool = False,
        always: bool = False,
        spoken: frozenset[int] = VERSIONS,
    ) -> None:
        self.namespaces = namespaces
        self.unread = tuple(unread)
        self.cilium = cilium
        self.always = always
        self.spoken = spoken

    def relabelled(self, changes: Changed) -> "Context":
        """Return the same with the labels that these changes give to namespaces."""
        given = {
            ref.name: convert(dict(value), o.Namespace).metadata.label
            for ref, value in changes.items()
            if ref.kind == kinds.NAMESPACES.kind and value is not None
        }
        if not given:
            return self
        made = copy(self)
        made.namespaces = {**self.namespaces, **given}
        return made


class Policies:
    """The policies of a cluster, of all kinds, and what they stand in.

    ``policies`` are the NetworkPolicies, ``others`` those of other kinds. ``clauses`` says what
    they say, kind by kind alike: whoever asks what policies can tell apart asks there. ``cache``
    holds answers that are derived once from all of it.
    """

    def __init__(
        self,
        policies: Mapping[Ref, n.NetworkPolicy],
        namespaces: Labels | Context,
        others: Mapping[Ref, n.Loose] | None = None,
        *,
        known: Mapping[Ref, tuple[Clause | Doubt, ...]] | None = None,
    ) -> None:
        self.policies = policies
        self.others: Mapping[Ref, n.Loose] = others or {}
        self.context = namespaces if isinstance(namespaces, Context) else Context(namespaces)
        everything: dict[Ref, Policy] = {**policies, **self.others}
        self._said = {
            ref: (known or {}).get(ref) or tuple(_read(ref, policy))
            for ref, policy in everything.items()
        }
        self._clauses: dict[tuple[str, Direction], list[Clause]] = {}
        self._doubts: dict[str, list[Doubt]] = {}
        self.cache: dict[str, Any] = {}
        self._memory: dict[Any, tuple[tuple[Clause, ...], tuple[Doubt, ...]]] = {}
        for each in (part for parts in self._said.values() for part in parts):
            if isinstance(each, Clause):
                self._clauses.setdefault((each.scope.namespace, each.way), []).append(each)
            else:
                self._doubts.setdefault(each.scope.namespace, []).append(each)

    @property
    def namespaces(self) -> Labels:
        """The labels of the namespaces that were read."""
        return self.context.namespaces

    @property
    def clauses(self) -> Iterator[Clause]:
        """What all policies say that is modelled."""
        return (each for some in self._clauses.values() for each in some)

    @property
    def doubts(self) -> Iterator[Doubt]:
        """What of the policies is not modelled."""
        return (each for some in self._doubts.values() for each in some)

    def known(self, ref: Ref) -> Policy | None:
        """Return a policy of any kind; None where there is none."""
        return self.policies.get(ref) or self.others.get(ref)

    def selecting(self, party: Party, way: Direction) -> tuple[Clause, ...]:
        """Return what the policies that select a pod say of a direction.

        A pod on its node's network is selected like any other: what that means is for the judge.
        """
        return self._found(party, way)[0]

    def doubtful(self, party: Party, way: Direction) -> tuple[Doubt, ...]:
        """Return what is not known of the policies about a pod, or about a node."""
        return self._found(party, way)[1]

    def _found(self, party: Party, way: Direction) -> tuple[tuple[Clause, ...], tuple[Doubt, ...]]:
        alike = (party.namespace, way, party.host_network, frozenset(party.labels.items()))
        if alike not in self._memory:
            self._memory[alike] = self._find(party, way)
        return self._memory[alike]

    def _find(self, party: Party, way: Direction) -> tuple[tuple[Clause, ...], tuple[Doubt, ...]]:
        places = dict.fromkeys((party.namespace, ""))
        sure, unsure = [], []
        for clause in (each for place in places for each in self._clauses.get((place, way), ())):
            answer = clause.scope.holds(party, self.namespaces) if party.is_pod else Answer.DENIED
            if answer is Answer.ALLOWED:
                sure.append(clause)
            elif answer is Answer.UNKNOWN:
                said = f"whether {clause.ref.label} selects it: its namespace was not read"
                unsure.append(Doubt(said, ref=clause.ref))
        hosts = party.host_network or not party.is_pod
        for doubt in (each for place in places for each in self._doubts.get(place, ())):
            meant = doubt.hosts or doubt.scope.holds(party, self.namespaces) is not Answer.DENIED
            if meant and way in doubt.ways and doubt.hosts == hosts:
                unsure.append(doubt)
        if party.is_pod:
            unsure += [
                doubt
                for doubt, spaces in self.context.unread
                if doubt.scope.namespace in ("", party.namespace) and party.namespace not in spaces
            ]
        return tuple(sure), tuple(unsure)

    def changed(self, changes: Changed) -> "Policies":
        """Return the policies as these changes leave them, and the labels of namespaces.

        What is neither is skipped. Raises msgspec.ValidationError for one that is odd.
        """
        native, others = dict(self.policies), dict(self.others)
        known = dict(self._said)
        for ref, value in changes.items():
            kind = kinds.find(ref.api_version, ref.kind)
            if kind not in POLICY_KINDS:
                continue
            known.pop(ref, None)
            native.pop(ref, None)
            others.pop(ref, None)
            if value is not None and kind is kinds.NETWORK_POLICIES:
                native[ref] = convert(dict(value), n.NetworkPolicy)
            elif value is not None:
                others[ref] = convert(dict(value), n.Loose)
        return Policies(native, self.context.relabelled(changes), others, known=known)


def _read(ref: Ref, policy: Policy) -> Iterator[Clause | Doubt]:
    """Yield what a policy says, whatever its kind."""
    if isinstance(policy, n.NetworkPolicy):
        yield from native_clauses(ref, policy)
        return
    kind = kinds.find(ref.api_version, ref.kind)
    if kind in _CILIUM:
        yield from cilium_clauses(ref, policy)
    else:
        yield from calico_doubts(ref, policy) if kind in _CALICO else tier_doubts(ref, policy)


def policies_of(inventory: Inventory) -> Policies:
    """Return the policies of an inventory, indexed once."""
    if "network-policies" not in inventory.cache:
        inventory.cache["network-policies"] = _policies_of(inventory)
    return cast("Policies", inventory.cache["network-policies"])


def _policies_of(inventory: Inventory) -> Policies:
    native = {
        kinds.NETWORK_POLICIES.ref(policy.namespace, policy.name): policy
        for policy in inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy)
    }
    others = {
        kind.ref(policy.namespace, policy.name): policy
        for kind in OTHER_KINDS
        for policy in inventory.of(kind, n.Loose)
    }
    labels = {space.name: space.metadata.label for space in inventory.namespaces}
    doubts = (*unread(inventory), *((doubt, frozenset[str]()) for doubt in odd(inventory)))
    known = enforcement(inventory)
    cilium = known is not None and known.plugin == CILIUM
    always = cilium and known is not None and known.mode == "always"
    context = Context(labels, doubts, cilium=cilium, always=always, spoken=spoken_in(inventory))
    return Policies(native, context, others)
