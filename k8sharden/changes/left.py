"""What the changes of a plan leave behind, once their workloads have rolled out."""

from collections.abc import Iterable

from k8sharden.analysis.network.after import POLICY_KINDS, with_policies
from k8sharden.analysis.pod_security.projection import projected
from k8sharden.analysis.restarts import replaces_all, template
from k8sharden.changes.bind import Bound
from k8sharden.changes.plan import Planned
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.ref import Ref


def left_by(changes: Iterable[Planned], inventory: Inventory) -> Inventory:
    """Return the inventory as the changes that are applied leave its workloads and its policies.

    Files are their own source: whoever owns their objects, all of the plan goes into them.
    """
    files = inventory.source.kind is SourceKind.MANIFESTS
    bound = [each for planned in changes if planned.applies or files for each in planned.bound]
    after = {
        each.ref: each.after
        for each in bound
        if each.before and each.after and template(each.before) != template(each.after)
    }
    left = projected(inventory, after, replaced_by(bound)) if after else inventory
    policies = {
        each.ref: each.after
        for each in bound
        if (each.ref.api_version, each.ref.kind) in POLICY_KINDS
    }
    return with_policies(left, policies) if policies else left


def replaced_by(bound: Iterable[Bound]) -> frozenset[Ref]:
    """Return the workloads whose pods these writes replace, each one of them."""
    return frozenset(
        each.ref
        for each in bound
        if each.before
        and each.after
        and template(each.before) != template(each.after)
        and replaces_all(each.after)
    )
