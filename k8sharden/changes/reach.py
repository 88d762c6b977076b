"""The Pod Security levels of a cluster: enforced now, possible today, possible after its fixes.

Pure: the fixes are what the catalogue answers, composed as a plan does, and applied to what the
scan read. What stands in the way of restricted after them is named for each workload.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from k8sharden.analysis.containers import SYSTEM
from k8sharden.analysis.pod_security import (
    PREFIX,
    Level,
    describe,
    minor_of,
    policy,
    violations,
)
from k8sharden.analysis.pod_security.projection import projected
from k8sharden.analysis.pod_security.workloads import namespace_levels, not_read, reach
from k8sharden.analysis.system import is_system_namespace
from k8sharden.changes.compose import Wanted, compose
from k8sharden.changes.make import remediation
from k8sharden.model import kinds
from k8sharden.model.change import Change, NoChange, Patch
from k8sharden.model.edits import EditConflict, edited
from k8sharden.model.finding import Area, Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.objects import Namespace
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

_AREAS = (Area.POD_SECURITY, Area.RUNTIME)
_JUDGED_ELSEWHERE = frozenset({"rt-gitrepo", "rt-seccomp"})
"""The checks of another area that stand for controls of the standards."""

_KINDS = frozenset(kind.kind for kind in kinds.WORKLOADS)
_ROLLING = frozenset(kind.kind for kind in kinds.ROLLING)


class WorkloadReach(msgspec.Struct, frozen=True, rename={"ref": "resource"}):
    """The level that a workload, its running pods included, meets today and after its fixes.

    ``reasons`` say why restricted is not reached then, in the words of the fixes that there are not
    or of the API server; empty where it is.
    """

    ref: Ref
    today: Level
    after: Level
    reasons: tuple[str, ...] = ()


class NamespaceReach(msgspec.Struct, frozen=True):
    """The levels of a namespace.

    ``enforced`` is None where no label says, ``today`` and ``after`` where not all of it was read:
    ``unknown`` then says what. A namespace in which nothing runs meets every level.
    """

    name: str
    enforced: Level | None
    today: Level | None
    after: Level | None
    workloads: tuple[WorkloadReach, ...] = ()
    unknown: str = ""
    system: bool = False


def reaches(
    findings: Sequence[Finding],
    inventory: Inventory,
    items: Mapping[str, Item],
    *,
    step: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[NamespaceReach, ...]:
    """Return the levels of every namespace that is known, those of the cluster's own parts last.

    ``step`` is told how many findings of how many were looked at.
    """
    chosen = [f for f in findings if f.counts and f.area in _AREAS and f.resource.kind in _KINDS]
    wanted, reasons = _answers(chosen, inventory, items, step)
    left = _fixed(wanted, inventory, reasons)
    here: defaultdict[str, list[WorkloadReach]] = defaultdict(list)
    minor = minor_of(inventory.source.server_version)
    later = {each.ref: each for each in workloads(left)}
    for each in workloads(inventory):
        found = _workload(each, later.get(each.ref, each), (inventory, left), minor, reasons)
        here[each.namespace].append(found)
    met = namespace_levels(inventory, minor), namespace_levels(left, minor)
    labels = {each.name: each for each in inventory.namespaces}
    names = sorted(inventory.namespace_names, key=lambda name: (is_system_namespace(name), name))
    return tuple(
        _namespace(name, labels.get(name), met, tuple(here[name]), not_read(name, inventory))
        for name in names
    )


_Reasons = defaultdict[Ref, list[str]]


def _answers(
    findings: Iterable[Finding],
    inventory: Inventory,
    items: Mapping[str, Item],
    step: Callable[[int, int], None],
) -> tuple[list[Wanted], _Reasons]:
    """Return the changes, and for each workload why there is none that its level would need."""
    wanted: list[Wanted] = []
    reasons: _Reasons = defaultdict(list)
    about = {finding.id: finding for finding in findings}
    for done, finding in enumerate(about.values()):
        step(done, len(about))
        match remediation(finding, inventory, items[finding.check]):
            case Change() as change:
                wanted.append(Wanted(change, (finding.id,)))
            case NoChange(reason=reason):
                _add(reasons, finding, reason)
    composed, refused = compose(wanted)
    for name, reason in refused:
        _add(reasons, about[name], reason)
    return composed, reasons


def _add(reasons: _Reasons, finding: Finding, reason: str) -> None:
    if finding.area is Area.POD_SECURITY or finding.check in _JUDGED_ELSEWHERE:
        said = one_line(reason, 800)
        known = reasons[finding.resource]
        # One reason often brings another along: not to be privileged comes before what needs it.
        known += [said] if not any(each in said for each in known) else []


def _fixed(wanted: Iterable[Wanted], inventory: Inventory, reasons: _Reasons) -> Inventory:
    """Return the inventory with the changes made and rolled out."""
    objects = {
        kind.ref(each.namespace, each.name): each
        for kind in kinds.WORKLOADS
        for each in inventory.objects.get(kind.key, ())
    }
    after: dict[Ref, Mapping[str, Any]] = {}
    for write in (write for want in wanted for write in want.change.writes):
        if isinstance(write, Patch) and write.ref in objects:
            try:
                after[write.ref] = edited(msgspec.to_builtins(objects[write.ref]), write.edits)
            except EditConflict as error:
                reasons[write.ref].append(str(error))
    rolled = {ref for ref in after if ref.kind in _ROLLING}
    return projected(inventory, after, rolled)


def _workload(
    before: Workload,
    after: Workload,
    inventories: tuple[Inventory, Inventory],
    minor: int | None,
    reasons: _Reasons,
) -> WorkloadReach:
    today, later = reach(before, inventories[0], minor), reach(after, inventories[1], minor)
    why: tuple[str, ...] = ()
    if later < Level.RESTRICTED:
        own = is_system_namespace(before.namespace)
        why = (SYSTEM,) if own else tuple(reasons[before.ref]) or (_remaining(after, minor),)
    return WorkloadReach(before.ref, today, later, why)


def _remaining(workload: Workload, minor: int | None) -> str:
    """Say what the API server would still refuse of a template."""
    found = violations(Level.RESTRICTED, workload.spec, workload.template_metadata, minor)
    if not found:
        return "Its pods are not as its template says, and the next ones will not be either."
    return one_line(f"Restricted would still refuse it: {describe(found)}.", 400)


def _namespace(
    name: str,
    namespace: Namespace | None,
    met: tuple[Mapping[str, Level], Mapping[str, Level]],
    inside: tuple[WorkloadReach, ...],
    gap: str,
) -> NamespaceReach:
    labels = namespace.metadata.label if namespace else {}
    labelled = f"{PREFIX}enforce" in labels
    today, after = (None if gap else levels.get(name, Level.RESTRICTED) for levels in met)
    return NamespaceReach(
        name,
        policy(labels).level if labelled else None,
        today,
        after,
        inside,
        one_line(gap, 300),
        is_system_namespace(name),
    )
