"""Who may do what once some findings are answered, without reading or writing anything."""

from collections.abc import Iterable, Mapping

import msgspec

from k8sharden.analysis.rbac.after import changed_by
from k8sharden.analysis.rbac.policy import Policy, policy_of
from k8sharden.changes.compose import Wanted, compose
from k8sharden.changes.make import remediation
from k8sharden.errors import Refused
from k8sharden.model.change import Change
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
    answers = [
        Wanted(answer, (finding.id,))
        for finding in findings
        if finding.area is Area.RBAC and finding.counts and finding.resource in about
        if isinstance(answer := remediation(finding, inventory, items[finding.check]), Change)
    ]
    policy = policy_of(inventory)
    writes = [write for want in compose(answers)[0] for write in want.change.writes]
    if not writes:
        return None
    try:
        return policy.changed(changed_by(writes, policy))
    except (Refused, msgspec.ValidationError):
        return None
