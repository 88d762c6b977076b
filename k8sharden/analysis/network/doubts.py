"""What is not known of the policies: types that were not read, objects that are odd."""

from collections.abc import Iterator

from k8sharden.analysis.network.clauses import Doubt, Scope
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ResourceType

OTHER_KINDS: tuple[ResourceType, ...] = (
    kinds.CILIUM_POLICIES,
    kinds.CILIUM_CLUSTERWIDE_POLICIES,
    kinds.CLUSTER_NETWORK_POLICIES,
    kinds.ADMIN_NETWORK_POLICIES,
    kinds.BASELINE_ADMIN_NETWORK_POLICIES,
    kinds.CALICO_POLICIES,
    kinds.CALICO_GLOBAL_POLICIES,
)
"""The types beside NetworkPolicies that limit traffic, where a tool has brought them."""

POLICY_KINDS = (kinds.NETWORK_POLICIES, *OTHER_KINDS)


def unread(inventory: Inventory) -> Iterator[tuple[Doubt, frozenset[str]]]:
    """Yield the types that were not read, each with the namespaces in which it was."""
    for kind in POLICY_KINDS:
        entry = inventory.ledger.get(kind.key)
        # An inventory that was put together without a ledger says nothing of what was not read.
        if entry is not None and not entry.complete:
            said = f"{kind.key} were not read"
            additive = kind is kinds.NETWORK_POLICIES
            yield Doubt(said, denies=not additive), entry.namespaces or frozenset()


def odd(inventory: Inventory) -> Iterator[Doubt]:
    """Yield the policies that could not be decoded."""
    for each in inventory.odd:
        kind = kinds.find(each.ref.api_version, each.ref.kind)
        if kind in POLICY_KINDS:
            additive = kind is kinds.NETWORK_POLICIES
            said = f"{each.ref.label} could not be read"
            yield Doubt(said, scope=Scope(each.ref.namespace), ref=each.ref, denies=not additive)
