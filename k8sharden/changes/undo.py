"""Undo as a plan: take back field by field what we wrote, and refuse where somebody changed it."""

from collections.abc import Callable, Sequence
from typing import Any

from k8sharden.changes.bind import UNSET, Drift, FieldChange, bind, look
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.journal import Entry, Record
from k8sharden.changes.plan import Fetch, Plan, Planned, Unfixed
from k8sharden.errors import ApiError, Refused
from k8sharden.model.change import (
    AddElement,
    Change,
    ChangeKind,
    Create,
    Delete,
    Edit,
    Named,
    Patch,
    Path,
    RemoveField,
    Risk,
    SetField,
    Write,
    show_path,
)
from k8sharden.model.edits import edited
from k8sharden.model.inventory import Source
from k8sharden.model.kinds import (
    CLUSTER_ROLE_BINDINGS,
    NETWORK_POLICIES,
    ROLE_BINDINGS,
    WORKLOADS,
)
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


def plan_undo(entries: Sequence[Entry], source: Source, fetch: Fetch) -> Plan:
    """Return the plan that takes these entries back, the newest first.

    An entry that cannot be taken back stands in ``unfixed`` under its id, with what is in the way.
    """
    overlay: dict[Ref, dict[str, Any] | None] = {}

    def seen(ref: Ref) -> dict[str, Any] | None:
        return overlay[ref] if ref in overlay else fetch(ref)

    changes, unfixed = [], []
    for entry in sorted(entries, key=lambda entry: entry.created, reverse=True):
        try:
            planned = _undo(entry, seen)
        except (Refused, ApiError) as error:
            unfixed.append(Unfixed(entry.id, str(error)))
            continue
        # An older entry meets the object as it will be once the newer one is taken back.
        overlay |= {bound.ref: bound.after for bound in planned.bound}
        changes.append(planned)
    return Plan(source, tuple(changes), tuple(unfixed))


def _undo(entry: Entry, seen: Callable[[Ref], dict[str, Any] | None]) -> Planned:
    if not entry.undoable:
        raise Refused(f"Entry {entry.id} is {entry.state}: there is nothing to take back.")
    bound = []
    for record in reversed(entry.standing):
        live = seen(record.ref)
        write = reverse(record, live)
        bound.append(bind(write, live))
    writes = tuple(item.write for item in bound)
    change = Change(
        ChangeKind.GROUP if len(writes) > 1 else _kind(writes[0]),
        f"Undo {entry.id}: {entry.title}",
        max((_risk(write) for write in writes), key=list(Risk).index),
        writes,
        warnings=tuple(filter(None, map(_given_back, writes))),
    )
    return Planned(change, entry.findings, tuple(bound), entry.id)


def _risk(write: Write) -> Risk:
    """Return what taking back may disturb; workloads roll out again."""
    if "rbac" in write.ref.api_version:
        return Risk.ACCESS
    if write.ref.kind == NETWORK_POLICIES.kind:
        return Risk.TRAFFIC
    workload = any(write.ref.kind == kind.kind for kind in WORKLOADS)
    return Risk.RESTART if workload else Risk.SAFE


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


def reverse(record: Record, live: dict[str, Any] | None) -> Write:
    """Return the write that takes ``record`` back from the object as it is.

    Raises `Drift` where the object is no longer as we left it, naming each field.
    """
    match record.write:
        case Delete(ref=ref) if live is not None and _dying(live, record):
            raise Drift(f"{ref.label} is still being deleted. Try again when it is gone.")
        case Delete(ref=ref) if live is not None:
            raise Drift(f"{ref.label} exists again; somebody else made it. It is left alone.")
        case Delete(ref=ref):
            return Create(ref, record.before or {})
        case Create(ref=ref):
            return Delete(_unchanged(ref, record, live))
        case Patch(ref=ref):
            if live is None:
                raise Drift(f"{ref.label} is gone: there is nothing to take back.")
            if _other(live, record):
                raise Drift(f"{ref.label} was deleted and made anew since. It is left alone.")
            _refuse_drift(ref, record, live)
            return Patch(ref, _reversed(record.fields, live))


def _dying(live: dict[str, Any], record: Record) -> bool:
    metadata = live.get("metadata", {})
    return bool(metadata.get("deletionTimestamp")) and metadata.get("uid") == record.uid


def _other(live: dict[str, Any], record: Record) -> bool:
    """Whether it is another object of the same name; one that is still to be made has no uid."""
    uid = live.get("metadata", {}).get("uid")
    return bool(uid and record.uid and uid != record.uid)


def _unchanged(ref: Ref, record: Record, live: dict[str, Any] | None) -> Ref:
    """Return the reference of an object that is still exactly as we made it."""
    if live is None:
        raise Drift(f"{ref.label} is gone already: there is nothing to take back.")
    ours = live.get("metadata", {}).get("uid") == record.uid
    if not ours or essential(live) != essential(record.after or {}):
        raise Drift(f"{ref.label} was changed since we made it. It is left alone.")
    return ref


def _refuse_drift(ref: Ref, record: Record, live: dict[str, Any]) -> None:
    changed = [
        show_path(field.path)
        for field in record.fields
        if look(live, field.path)[0] != field.after and not _again(field, record.fields)
    ]
    if changed:
        raise Drift(
            f"{ref.label} was changed since: {one_line(', '.join(changed), 300)} is no longer as "
            "we left it. Nothing of it is taken back."
        )


def _again(field: FieldChange, fields: tuple[FieldChange, ...]) -> bool:
    """Whether a later edit of the same write changed this field once more."""
    later = fields[fields.index(field) + 1 :]
    return any(other.path[: len(field.path)] == field.path for other in later)


def _reversed(fields: tuple[FieldChange, ...], live: dict[str, Any]) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    for field in reversed(fields):
        edit = _edit(field, edited(live, edits))
        edits.append(edit)
    return tuple(edits)


def _edit(field: FieldChange, value: dict[str, Any]) -> Edit:
    last = field.path[-1]
    if field.before is UNSET:
        return RemoveField(_emptied(field, value))
    if isinstance(last, Named) and field.after is UNSET:
        return AddElement(field.path[:-1], last.key, field.before)
    return SetField(field.path, field.before)


def _emptied(field: FieldChange, value: dict[str, Any]) -> Path:
    """Return the highest parent that we made and that holds nothing but our field."""
    path = field.path
    while len(path) - 1 > field.depth and len(look(value, path[:-1])[0]) == 1:
        path = path[:-1]
    return path
