"""Rights and policies once some findings are answered, without reading or writing anything."""

from collections.abc import Iterable, Mapping

import msgspec

from k8sharden.analysis.left import left_by
from k8sharden.analysis.network.after import policies_after, with_policies
from k8sharden.analysis.network.policies import Policies, policies_of
from k8sharden.analysis.rbac.after import changed_by
from k8sharden.analysis.rbac.policy import Policy, policy_of
from k8sharden.changes.compose import Wanted, compose
from k8sharden.changes.make import remediation
from k8sharden.errors import Refused
from k8sharden.model.change import Change, Write
from k8sharden.model.finding import Area, Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref


def foreseen(
    bindings: Iterable[Ref],
    findings: Iterable[Finding],
    inventory: Inventory,
    items: Mapping[str, Item],
) -> Policy | None:
    """Return roles and bindings as the fixes of these bindings leave them; None without any fix."""
    about = set(bindings)
    wanted = [each for each in findings if each.area is Area.RBAC and each.resource in about]
    policy = policy_of(inventory)
    writes = _writes(wanted, inventory, items)
    if not writes:
        return None
    try:
        return policy.changed(changed_by(writes, policy))
    except (Refused, msgspec.ValidationError):
        return None


def foreseen_policies(
    findings: Iterable[Finding], inventory: Inventory, items: Mapping[str, Item]
) -> Policies | None:
    """Return the policies as the fixes of all network findings leave them; None without any fix."""
    wanted = [each for each in findings if each.area is Area.NETWORK]
    first = [each for each in wanted if not items[each.check].last]
    writes = _writes(first, inventory, items)
    try:
        left = with_policies(inventory, left_by(writes, policies_of(inventory).known))
        last = [each for each in wanted if items[each.check].last]
        writes += _writes(last, left, items)
        return policies_after(writes, policies_of(inventory)) if writes else None
    except (Refused, msgspec.ValidationError):
        return None


def _writes(
    findings: Iterable[Finding], inventory: Inventory, items: Mapping[str, Item]
) -> list[Write]:
    """Return what a plan of these findings writes; those that count for nobody are left out."""
    answers = [
        Wanted(answer, (finding.id,))
        for finding in findings
        if finding.counts
        if isinstance(answer := remediation(finding, inventory, items[finding.check]), Change)
    ]
    return [write for want in compose(answers)[0] for write in want.change.writes]
