"""The impact of a planned change: pods that restart or are refused, rights and traffic lost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from k8sharden.analysis.network.cuts import Traffic, may_cut
from k8sharden.analysis.network.touched import Written
from k8sharden.analysis.pod_security import minor_of
from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.analysis.refusals import Later, refused_in, refused_pods
from k8sharden.analysis.restarts import restarts, template
from k8sharden.changes.bind import Bound
from k8sharden.changes.plan import Plan, Planned
from k8sharden.changes.turns import Still, asked_in_turn, takes_effect
from k8sharden.model import kinds
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.text import one_line


def with_impact(plan: Plan, inventory: Inventory | None) -> Plan:
    """Return the plan with the impact of each change, as it will be when its turn comes.

    Without an inventory, as for an undo before anything was scanned, what needs the rest of the
    cluster is said not to be known.
    """
    left: Still = ()
    if inventory is not None:
        plan, left = asked_in_turn(plan, inventory)
    later: dict[Any, Mapping[str, Any] | None] = {}
    changes: list[Planned] = []
    traffic = Traffic(inventory) if inventory is not None else None
    for number, planned in enumerate(plan.changes):
        written = [Written(bound.ref, bound.before, bound.after) for bound in planned.bound]
        cut = traffic.cut_by(written) if traffic else _unscanned(planned.bound)
        impact = (*cut, *_impact(planned.bound, inventory, later), *(left[number] if left else ()))
        changes.append(msgspec.structs.replace(planned, impact=impact))
        if takes_effect(plan, planned):
            later |= {bound.ref: bound.after for bound in planned.bound}
            if traffic:
                traffic.take(written)
    return msgspec.structs.replace(plan, changes=tuple(changes))


def _unscanned(bound: Sequence[Bound]) -> tuple[Impact, ...]:
    """Return what nobody can tell of writes without the rest of the cluster."""
    found = {kind for each in bound for kind in _beside(each)}
    return tuple(
        Impact(kind, None, f"{said}: the cluster was not scanned.", blind=True)
        for kind, said in _UNSCANNED.items()
        if kind in found
    )


def _beside(bound: Bound) -> Iterator[ImpactKind]:
    """Yield the effects of a write that show only beside the rest of the cluster."""
    before, after = bound.before or {}, bound.after or {}
    namespace = bound.ref.kind == kinds.NAMESPACES.kind
    relabelled = _labels(before) != _labels(after)
    written = Written(bound.ref, bound.before, bound.after)
    if relabelled if namespace else may_cut(written):
        yield ImpactKind.TRAFFIC
    if namespace and relabelled:
        yield ImpactKind.REFUSED
    if "rbac" in bound.ref.api_version and bound.before is not None:
        yield ImpactKind.PERMISSIONS


_UNSCANNED = {
    ImpactKind.TRAFFIC: "Cannot tell which connections it cuts",
    ImpactKind.REFUSED: "Cannot tell which pods Pod Security would refuse",
    ImpactKind.PERMISSIONS: "Cannot tell who loses which rights",
}


def _impact(bound: Sequence[Bound], inventory: Inventory | None, later: Later) -> Iterator[Impact]:
    for each in bound:
        if each.before is not None and each.after is not None:
            yield from _replaced(each.before, each.after)
            yield from _refused(each, inventory, later)
    if inventory is not None:
        now = {ref: value for ref, value in later.items() if "rbac" in ref.api_version}
        mine = {each.ref: each.after for each in bound}
        yield from lost_access(mine, inventory, now)


def _replaced(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Impact]:
    found = restarts(before, after)
    if found is not None:
        yield found


def _refused(bound: Bound, inventory: Inventory | None, later: Later) -> Iterator[Impact]:
    before, after = bound.before or {}, bound.after or {}
    if bound.ref.kind == kinds.NAMESPACES.kind and inventory is not None:
        found = refused_in(bound.ref.name, _labels(before), _labels(after), inventory, later)
    elif template(before) != template(after):
        found = _refused_pods(bound, inventory, later)
    else:
        found = None
    if found is not None:
        yield found


def _refused_pods(bound: Bound, inventory: Inventory | None, later: Later) -> Impact | None:
    where = kinds.NAMESPACES.ref("", bound.ref.namespace)
    coming = later.get(where)
    listed = inventory.namespaces if inventory is not None else ()
    known = [each.metadata.label for each in listed if each.name == bound.ref.namespace]
    if coming is None and not known:
        name = one_line(bound.ref.namespace, 70)
        said = f"Cannot tell whether Pod Security would refuse its pods: namespace {name} was not "
        return Impact(ImpactKind.REFUSED, None, said + "read.")
    labels = _labels(coming) if coming is not None else known[0]
    version = inventory.source.server_version if inventory is not None else ""
    return refused_pods(bound.after or {}, labels, minor_of(version))


def _labels(value: Mapping[str, Any]) -> Mapping[str, str]:
    metadata = value.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}
