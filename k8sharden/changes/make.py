"""Making a plan: findings' changes composed into one write per object, bound and ordered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from k8sharden.changes.compose import Wanted, compose
from k8sharden.changes.impact import with_impact
from k8sharden.changes.plan import Fetch, Origin, Plan, Planned, Unfixed, bind_change
from k8sharden.errors import ApiError, Refused
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


def make_plan(
    findings: Sequence[Finding],
    inventory: Inventory,
    items: Iterable[Item],
    fetch: Fetch,
    *,
    step: Callable[[int, int], None] = lambda _done, _total: None,
) -> Plan:
    """Compose the changes that answer ``findings``; ``step`` is told how many of how many are done.

    What cannot be changed stands in ``unfixed`` with its reason; nothing raises for one object.
    """
    known = {finding.id: finding for finding in findings}
    origin = Origin(known, {item.id: item for item in items}, inventory)
    wanted, unfixed = _remediate(findings, inventory, origin.items)
    composed, refused = compose(wanted)
    unfixed += [Unfixed(finding, reason) for finding, reason in refused]
    changes = []
    for done, want in enumerate(composed):
        step(done, len(composed))
        try:
            planned = bind_change(want.change, want.findings, fetch)
        except (Refused, ApiError) as error:
            unfixed += [Unfixed(finding, str(error)) for finding in want.findings]
            continue
        if all(bound.idle for bound in planned.bound) and not planned.change.files:
            reason = "It is already as the fix wants it. Scan again."
            unfixed += [Unfixed(finding, reason) for finding in want.findings]
        else:
            changes.append(planned)
    ordered = tuple(sorted(changes, key=order))
    made = Plan(inventory.source, ordered, tuple(sorted(unfixed, key=str)), origin)
    return with_impact(made, inventory)


def _remediate(
    findings: Sequence[Finding], inventory: Inventory, items: Mapping[str, Item]
) -> tuple[list[Wanted], list[Unfixed]]:
    wanted, unfixed = [], []
    for finding in findings:
        answer = remediation(finding, inventory, items[finding.check])
        if isinstance(answer, NoChange):
            unfixed.append(Unfixed(finding.id, one_line(answer.reason, 600)))
        else:
            wanted.append(Wanted(answer, (finding.id,)))
    return wanted, unfixed


def remediation(finding: Finding, inventory: Inventory, item: Item) -> Change | NoChange:
    """Return the item's answer, or why there is none: an unknown or a system finding has none."""
    if finding.status != "fail":
        return NoChange("What is unknown is not changed: grant the permission and scan again.")
    if finding.system:
        return NoChange("It is a part of the cluster itself: its installer is what changes it.")
    if finding.waived:
        return NoChange("It is waived.")
    try:
        return item.remediate(finding, inventory)
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything
        return NoChange(f"The fix itself failed ({type(error).__name__}). Report it.")


_RISKS = list(Risk)


def order(planned: Planned) -> tuple[Any, ...]:
    """Workloads before the labels that judge them, files last; equal plans come out equal."""
    ref = planned.ref
    namespace_label = ref is not None and ref.kind == "Namespace"
    return (
        planned.change.kind is ChangeKind.ARTEFACT,
        namespace_label,
        _RISKS.index(planned.change.risk) if not namespace_label else 0,
        ref or Ref("", "", "", ""),
        planned.change.title,
    )
