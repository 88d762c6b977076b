"""Making a plan: findings' changes composed into one write per object, bound and ordered."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from k8sharden.changes.compose import Wanted, compose
from k8sharden.changes.impact import with_impact
from k8sharden.changes.left import left_by
from k8sharden.changes.plan import Fetch, Origin, Plan, Planned, Unfixed, bind_change
from k8sharden.errors import ApiError, Refused
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory, SourceKind
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
    last = [finding for finding in findings if origin.items[finding.check].last]
    first = [finding for finding in findings if not origin.items[finding.check].last]
    wanted, unfixed = _remediate(first, inventory, origin.items)
    changes, left_out = _bound(wanted, fetch, step)
    unfixed += left_out
    wanted, more = on_top(last, changes, inventory, origin.items)
    labels, left_out = _bound(wanted, fetch, step)
    unfixed += [*more, *left_out]
    ordered = tuple(sorted((*changes, *labels), key=order))
    made = Plan(inventory.source, ordered, tuple(sorted(unfixed, key=str)), origin)
    return with_impact(made, inventory)


def _bound(
    wanted: Sequence[Wanted], fetch: Fetch, step: Callable[[int, int], None]
) -> tuple[list[Planned], list[Unfixed]]:
    """Compose changes and bind them to the objects as they are now."""
    composed, refused = compose(wanted)
    unfixed = [Unfixed(finding, reason) for finding, reason in refused]
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
    return changes, unfixed


def on_top(
    findings: Sequence[Finding],
    changes: Sequence[Planned],
    inventory: Inventory,
    items: Mapping[str, Item],
) -> tuple[list[Wanted], list[Unfixed]]:
    """Return what answers findings of ``last`` items on what the other changes of a plan leave."""
    if not findings:
        return [], []
    wanted, unfixed = _remediate(findings, left_by(changes, inventory), items)
    plain = {each.findings: each.change for each in _remediate(findings, inventory, items)[0]}
    taken = {bound.ref for planned in changes for bound in planned.bound}
    kept = []
    for want in wanted:
        change, before = want.change, plain.get(want.findings)
        if taken & {write.ref for write in change.writes}:
            unfixed += [Unfixed(finding, _TAKEN) for finding in want.findings]
        elif before is None or before.basis != change.basis:
            said = (_COUNTS_ON[inventory.source.kind is SourceKind.MANIFESTS], *change.warnings)
            change = msgspec.structs.replace(change, warnings=said)
            kept.append(Wanted(change, want.findings))
        else:
            kept.append(want)
    return kept, unfixed


def relabelled(plan: Plan) -> Plan:
    """Return the plan with its ``last`` items answered anew, as after a change was left out.

    What comes out as it was keeps what the server said of it.
    """
    origin = plan.origin
    last = [] if origin is None else [each for each in plan.changes if _is_last(each, origin)]
    if origin is None or not last:
        return plan
    others = [each for each in plan.changes if each not in last]
    findings = [origin.findings[name] for each in last for name in each.findings]
    wanted, unfixed = on_top(findings, others, origin.inventory, origin.items)
    live = {bound.ref: bound.before for each in last for bound in each.bound}
    made, left_out = _bound(wanted, live.get, lambda _done, _total: None)
    known = {each.digest: each for each in last}
    labels = [known.get(each.digest) or _untried(each) for each in made]
    return msgspec.structs.replace(
        plan,
        changes=tuple(sorted((*others, *labels), key=order)),
        unfixed=(*plan.unfixed, *unfixed, *left_out),
    )


def _is_last(planned: Planned, origin: Origin) -> bool:
    return any(origin.items[origin.findings[name].check].last for name in planned.findings)


def _untried(planned: Planned) -> Planned:
    said = (
        f"{planned.change.title}: the server is asked when it is applied, since the plan changed."
    )
    return msgspec.structs.replace(planned, checked=(said,))


_TAKEN = "Another change of this plan writes the same object: plan it on its own."
_COUNTS_ON = {
    False: (
        "It counts on the changes before it: it is written once they have rolled out, and only if "
        "every pod template and every pod of the namespace is admitted then. Until then the server "
        "warns of the old pods."
    ),
    True: (
        "It counts on the other changes of these files: roll those out first, since old pods that "
        "die in between would be refused."
    ),
}
"""What is said of a change on top of others: in a cluster, and in files."""


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
        return _shown(item.remediate(finding, inventory))
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything
        return NoChange(f"The fix itself failed ({type(error).__name__}). Report it.")


def _shown(answer: Change | NoChange) -> Change | NoChange:
    """Make what an answer says safe to show: it names users, whose names may hold anything."""
    if isinstance(answer, NoChange):
        return NoChange(one_line(answer.reason, _LONGEST))
    return msgspec.structs.replace(
        answer,
        title=one_line(answer.title, _LONGEST),
        warnings=tuple(one_line(each, _LONGEST) for each in answer.warnings),
    )


_LONGEST = 2_000
"""Characters of one sentence on a change."""


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
