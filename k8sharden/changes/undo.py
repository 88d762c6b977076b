"""Undo as a plan: take back field by field what we wrote, and refuse where somebody changed it."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from k8sharden.analysis.network.touched import POLICIES
from k8sharden.changes.bind import bind
from k8sharden.changes.entry import Entry
from k8sharden.changes.plan import Fetch, Plan, Planned, Unfixed
from k8sharden.changes.reverse import Drifted, Edited, reverse
from k8sharden.changes.stranding import (
    Stranded,
    refuse_built_on,
    refuse_cut_off,
    refuse_unadmitted,
)
from k8sharden.errors import ApiError, Refused
from k8sharden.model.change import (
    AccessReview,
    Change,
    ChangeKind,
    Create,
    Delete,
    Patch,
    Risk,
    Write,
)
from k8sharden.model.inventory import Source
from k8sharden.model.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CRON_JOBS,
    ROLE_BINDINGS,
    WORKLOADS,
)
from k8sharden.model.ref import Ref


def plan_undo(
    entries: Sequence[Entry],
    source: Source,
    fetch: Fetch,
    *,
    others: Sequence[Entry] = (),
    partial: bool = False,
) -> Plan:
    """Return the plan that takes these entries back, the newest first.

    ``others`` are the cluster's other entries that stand: what stands on one of these must go with
    it. ``partial`` leaves the fields alone that somebody else changed since. An entry that cannot
    be taken back stands in ``unfixed`` under its id, with what is in the way.
    """
    overlay: dict[Ref, dict[str, Any] | None] = {}
    standing = list(others)

    def seen(ref: Ref) -> dict[str, Any] | None:
        return overlay[ref] if ref in overlay else fetch(ref)

    changes, unfixed = [], []
    for entry in sorted(entries, key=lambda entry: entry.created, reverse=True):
        try:
            refuse_built_on(entry, standing)
            refuse_cut_off(entry, standing)
            planned = _undo(entry, seen, partial=partial)
            refuse_unadmitted(planned.bound, standing, source, seen)
        except (Refused, ApiError) as error:
            unfixed.append(_in_the_way(entry, error))
            # What stays stands in the way of what it stands on.
            standing.append(entry)
            continue
        # An older entry meets the object as it will be once the newer one is taken back.
        overlay |= {bound.ref: bound.after for bound in planned.bound}
        changes.append(planned)
    return Plan(source, tuple(changes), tuple(unfixed))


def _in_the_way(entry: Entry, error: Refused | ApiError) -> Unfixed:
    drift = error.fields if isinstance(error, Drifted) else ()
    needs = error.needs if isinstance(error, Stranded) else ()
    edited = error.edited if isinstance(error, Edited) else None
    return Unfixed(entry.id, str(error), drift, needs, edited)


def _undo(entry: Entry, seen: Callable[[Ref], dict[str, Any] | None], *, partial: bool) -> Planned:
    if not entry.undoable:
        raise Refused(f"Entry {entry.id} is {entry.state}: there is nothing to take back.")
    bound = []
    for record in reversed(entry.standing):
        live = seen(record.ref)
        write = reverse(record, live, partial=partial)
        bound.append(bind(write, live))
    writes = tuple(item.write for item in bound)
    change = Change(
        ChangeKind.GROUP if len(writes) > 1 else _kind(writes[0]),
        f"Undo {entry.id}: {entry.title}",
        max((_risk(write) for write in writes), key=list(Risk).index),
        writes,
        warnings=tuple(filter(None, map(_given_back, writes))),
        reviews=tuple(_as_before(each) for record in entry.standing for each in record.reviews),
    )
    return Planned(change, entry.findings, tuple(bound), entry.id)


def _as_before(review: AccessReview) -> AccessReview:
    """Return a question with the answer that was there before."""
    return msgspec.structs.replace(review, allowed=review.before, before=review.allowed)


def _risk(write: Write) -> Risk:
    """Return what taking back may disturb; workloads roll out again."""
    if "rbac" in write.ref.api_version:
        return Risk.ACCESS
    if (write.ref.api_version, write.ref.kind) in POLICIES:
        return Risk.TRAFFIC
    workload = any(write.ref.kind == kind.kind for kind in WORKLOADS)
    return Risk.RESTART if workload and write.ref.kind != CRON_JOBS.kind else Risk.SAFE


def _given_back(write: Write) -> str:
    """Say that access comes back: the risk of the change alone would not tell which way it goes."""
    binding = isinstance(write, Create | Patch) and write.ref.kind in (
        CLUSTER_ROLE_BINDINGS.kind,
        ROLE_BINDINGS.kind,
    )
    return f"{write.ref.label} gives back the access that was taken away." if binding else ""


def _kind(write: Write) -> ChangeKind:
    match write:
        case Patch():
            return ChangeKind.PATCH
        case Create():
            return ChangeKind.CREATE
        case Delete():
            return ChangeKind.DELETE
