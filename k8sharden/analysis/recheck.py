"""What became of findings: a second look at what was found before a change."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from k8sharden.analysis.assess import Assessment
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Scope
from k8sharden.model.kinds import NAMESPACES, type_of


class Rechecked(StrEnum):
    """What a second look says of a finding."""

    FIXED = "fixed"
    STILL_THERE = "still there"
    CANNOT_TELL = "cannot tell"


def recheck(
    findings: Iterable[Finding],
    items: Mapping[str, Item],
    inventory: Inventory,
    assessment: Assessment,
) -> dict[str, Rechecked]:
    """Return what became of each finding, by its id; ``items`` are by their id.

    A finding that is not found any more is fixed only where everything was read that tells so.
    """
    failing = {found.id for found in assessment.findings if found.status is Status.FAIL}
    blind = [found for found in assessment.findings if found.status is Status.UNKNOWN]

    def state(finding: Finding) -> Rechecked:
        if finding.id in failing:
            return Rechecked.STILL_THERE
        unknown = [found for found in blind if found.check == finding.check]
        told = _told(finding, items[finding.check], inventory, unknown)
        return Rechecked.FIXED if told else Rechecked.CANNOT_TELL

    return {finding.id: state(finding) for finding in findings}


def _told(finding: Finding, item: Item, inventory: Inventory, unknown: Sequence[Finding]) -> bool:
    """Whether everything was read that would show the finding, were it still there."""
    ref = finding.resource
    if any(found.resource == ref for found in unknown):
        return False
    match item.scope:
        case Scope.EACH:
            return inventory.entry(type_of(ref)).covers(ref.namespace)
        case Scope.NAMESPACE:
            place = ref.name if ref.kind == NAMESPACES.kind else ref.namespace
            needed = (kind for kind in item.needs if kind is not NAMESPACES)
            return all(inventory.entry(kind).covers(place) for kind in needed)
        case _:
            return not unknown
