"""The write that takes another one back, field by field, and what stands in its way.

Three values tell: before, as the object was; ours, as we left it; now, as it is. Only a field that
is still ours is taken back.
"""

import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from k8sharden.analysis.pod_security import PREFIX, invalid_labels
from k8sharden.changes.bind import UNSET, Drift, FieldChange, look
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.compare import by_us
from k8sharden.changes.entry import Record
from k8sharden.model.change import (
    AddElement,
    Create,
    Delete,
    Edit,
    Named,
    Patch,
    Path,
    RemoveField,
    SetField,
    Write,
    show_path,
)
from k8sharden.model.edits import edited
from k8sharden.model.kinds import NAMESPACES
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


class ThreeWay(msgspec.Struct, frozen=True):
    """A field that somebody changed after us; `UNSET` where it is not there."""

    ref: Ref
    path: Path
    before: Any
    ours: Any
    now: Any


class Drifted(Drift):
    """Some fields are no longer as we left them."""

    def __init__(self, message: str, fields: tuple[ThreeWay, ...]) -> None:
        super().__init__(message)
        self.fields = fields


class Rewritten(msgspec.Struct, frozen=True):
    """An object that we made and somebody changed after us: as we left it, and as it is."""

    ref: Ref
    ours: dict[str, Any]
    now: dict[str, Any]


class Edited(Drift):
    """An object that we made is no longer as we left it."""

    def __init__(self, edited: Rewritten) -> None:
        ref = edited.ref
        where = f" -n {shlex.quote(ref.namespace)}" if ref.namespace else ""
        what = f"kubectl edit {shlex.quote(f'{ref.kind.lower()}/{ref.name}')}{where}"
        super().__init__(
            f"{ref.label} was changed since we made it. It is left alone. Take these edits back, "
            f"such as with `{one_line(what, 600)}`, and undo again; or keep it as it is."
        )
        self.edited = edited


def reverse(record: Record, live: dict[str, Any] | None, *, partial: bool = False) -> Write:
    """Return the write that takes ``record`` back from the object as it is.

    ``partial`` leaves the fields alone that somebody else changed. Raises `Drifted` where there are
    such and it is not asked for, and `Drift` where the whole object is another.
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
            ours = _ours(ref, record, live, partial=partial)
            return Patch(ref, _reversed(_taken_again(ref, ours), live))


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
    # An undo that was taken back itself has made it anew.
    ours = not _other(live, record) or by_us(live, record.after or {})
    if not ours:
        raise Drift(f"{ref.label} was deleted and made anew since. It is left alone.")
    made = essential(record.after or {})
    if essential(live) != made:
        raise Edited(Rewritten(ref, made, essential(live)))
    return ref


def _ours(
    ref: Ref, record: Record, live: dict[str, Any], *, partial: bool
) -> tuple[FieldChange, ...]:
    """Return the fields that are still as we left them. Raises `Drifted` or `Drift`."""
    fields = tuple(each for each in record.fields if not _back(each, record.fields, live))
    if all(field.before == field.after for field in record.fields):
        return ()  # it changed nothing then, such as one part of a group
    if not fields:
        raise Drift(f"{ref.label} reads as before already: there is nothing to take back.")
    theirs = tuple(_theirs(ref, fields, live))
    if theirs and not partial:
        changed = one_line(", ".join(show_path(field.path) for field in theirs), 300)
        raise Drifted(
            f"{ref.label} was changed since: {changed} is no longer as we left it. Nothing of it "
            "is taken back.",
            theirs,
        )
    paths = {field.path for field in theirs}
    ours = tuple(field for field in fields if not _within(field.path, paths))
    if not ours:
        raise Drift(f"Nothing of {ref.label} is as we left it: there is nothing to take back.")
    return ours


def _taken_again(ref: Ref, fields: tuple[FieldChange, ...]) -> tuple[FieldChange, ...]:
    """Return the fields with values that an API server would take again.

    A namespace's label may have held a word that the server keeps, and refuses to write: without
    the label it does the same. Only a bad enforce counts as restricted, and so stays what we made
    of it. Raises `Drift` where nothing is left.
    """
    taken = tuple(
        msgspec.structs.replace(field, before=UNSET) if _misunderstood(ref, field) else field
        for field in fields
        if not (_misunderstood(ref, field) and field.path[-1] == _ENFORCE)
    )
    if fields and not taken:
        raise Drift(
            f"{ref.label} enforced restricted by a word that no API server would take again, and "
            "enforces it now: leave it out."
        )
    return taken


_ENFORCE = f"{PREFIX}enforce"


def _misunderstood(ref: Ref, field: FieldChange) -> bool:
    """Whether a namespace's label held what the API server keeps, but refuses to write."""
    if ref.kind != NAMESPACES.kind or not isinstance(field.before, str):
        return False
    return bool(invalid_labels({str(field.path[-1]): field.before}))


def _theirs(ref: Ref, fields: tuple[FieldChange, ...], live: dict[str, Any]) -> Iterator[ThreeWay]:
    for field in fields:
        now = look(live, field.path)[0]
        if now != field.after and not _again(field, fields):
            yield ThreeWay(ref, field.path, field.before, field.after, now)


def _back(field: FieldChange, fields: tuple[FieldChange, ...], live: dict[str, Any]) -> bool:
    """Whether somebody took this field back already; one that we wrote twice tells nothing."""
    others = {other.path for other in fields if other is not field}
    return look(live, field.path)[0] == field.before and not _within(field.path, others)


def _within(path: Path, others: set[Path]) -> bool:
    """Whether a path is one of others, or stands above or below one."""
    return any(path[: len(other)] == other or other[: len(path)] == path for other in others)


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
        return AddElement(field.path[:-1], last.key, field.before, field.at)
    return SetField(field.path, field.before)


def _emptied(field: FieldChange, value: dict[str, Any]) -> Path:
    """Return the highest parent that we made and that holds nothing but our field."""
    path = field.path
    while len(path) - 1 > field.depth and len(look(value, path[:-1])[0]) == 1:
        path = path[:-1]
    return path
