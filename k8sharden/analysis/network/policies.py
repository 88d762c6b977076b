"""The policies of an inventory, found by the pods that they select.

Source: kubernetes.io, Network Policies; the API reference of networking.k8s.io/v1.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, cast

from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref


class Direction(StrEnum):
    """Into a pod, or out of it."""

    INGRESS = "ingress"
    EGRESS = "egress"

    @property
    def type(self) -> str:
        """The word in ``policyTypes``."""
        return self.value.capitalize()


Changed = Mapping[Ref, Mapping[str, Any] | None]
"""Objects as a change leaves them; None where it takes them away."""


class Policies:
    """The NetworkPolicies of a cluster, and the labels of its namespaces."""

    def __init__(
        self, policies: Mapping[Ref, n.NetworkPolicy], namespaces: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.policies = policies
        self.namespaces = namespaces
        self._by_namespace: dict[str, list[tuple[Ref, n.NetworkPolicy]]] = {}
        for ref, policy in policies.items():
            self._by_namespace.setdefault(ref.namespace, []).append((ref, policy))

    def selecting(self, party: Party, way: Direction) -> Iterator[tuple[Ref, n.NetworkPolicy]]:
        """Yield the policies that isolate a pod in a direction; none reaches the node's network."""
        if party.host_network:
            return
        for ref, policy in self._by_namespace.get(party.namespace, ()):
            if way in directions(policy) and chooses(policy.spec.pod_selector, party.labels):
                yield ref, policy

    def changed(self, changes: Changed) -> "Policies":
        """Return the policies as these changes leave them; what is no policy is skipped.

        Raises msgspec.ValidationError for one that is odd.
        """
        kept = dict(self.policies)
        for ref, value in changes.items():
            if ref.api_version == kinds.NETWORK_POLICIES.api_version and ref.kind == _KIND:
                kept.pop(ref, None)
                if value is not None:
                    kept[ref] = convert(dict(value), n.NetworkPolicy)
        return Policies(kept, self.namespaces)


_KIND = kinds.NETWORK_POLICIES.kind


def directions(policy: n.NetworkPolicy) -> tuple[Direction, ...]:
    """Return the directions a policy is about: ingress, and egress where it has rules for it.

    Only where ``policyTypes`` says otherwise are they others.
    """
    if policy.spec.policy_types:
        return tuple(way for way in Direction if way.type in policy.spec.policy_types)
    return (Direction.INGRESS, *((Direction.EGRESS,) if policy.spec.egress else ()))


def policies_of(inventory: Inventory) -> Policies:
    """Return the policies of an inventory, indexed once."""
    if "network-policies" not in inventory.cache:
        found = {
            kinds.NETWORK_POLICIES.ref(policy.namespace, policy.name): policy
            for policy in inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy)
        }
        labels = {space.name: space.metadata.label for space in inventory.namespaces}
        inventory.cache["network-policies"] = Policies(found, labels)
    return cast("Policies", inventory.cache["network-policies"])
