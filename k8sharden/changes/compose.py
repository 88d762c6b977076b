"""Compose changes: one object, one write, one rollout, whatever number of findings it answers."""

from collections.abc import Iterable, Sequence

import msgspec

from k8sharden.model.change import (
    AddElement,
    Change,
    ChangeKind,
    Create,
    Edit,
    Named,
    Patch,
    Path,
    Risk,
    SetField,
    SetImage,
    Write,
)
from k8sharden.model.ref import Ref


class Wanted(msgspec.Struct, frozen=True):
    """A change with the findings it answers."""

    change: Change
    findings: tuple[str, ...]


def compose(wanted: Sequence[Wanted]) -> tuple[list[Wanted], list[tuple[str, str]]]:
    """Merge the changes that write one object, whatever order they come in.

    Returns the merged changes, and (finding, reason) for each that clashes with another one.
    Identical changes, of two findings that one write or one artefact answers, become one.
    """
    composed: list[Wanted] = []
    refused: list[tuple[str, str]] = []
    owner: dict[Ref, int] = {}
    # Groups first, since a patch can join a group and not the other way round.
    for want in sorted(wanted, key=_key):
        places = sorted({owner[write.ref] for write in want.change.writes if write.ref in owner})
        twin = _twin(composed, want)
        if twin is not None:
            places = [twin]
        if not places:
            owner |= {write.ref: len(composed) for write in want.change.writes}
            composed.append(want)
            continue
        merged = _merge(composed[places[0]], want) if len(places) == 1 else None
        if isinstance(merged, Wanted):
            composed[places[0]] = merged
        else:
            reason = merged or "It touches the objects of two other changes: plan it on its own."
            refused += [(finding, reason) for finding in want.findings]
    return composed, refused


def _twin(composed: Sequence[Wanted], want: Wanted) -> int | None:
    """Return the place of the same artefact; there is no object by which it could be found."""
    if not want.change.files:
        return None
    return next((n for n, other in enumerate(composed) if other.change == want.change), None)


def _key(want: Wanted) -> tuple[bool, str, tuple[str, ...]]:
    return len(want.change.writes) == 1, want.change.title, want.findings


def _merge(first: Wanted, second: Wanted) -> Wanted | str:
    """Return both as one, or the reason why they do not go together."""
    findings = (*first.findings, *second.findings)
    if first.change.writes == second.change.writes:
        return msgspec.structs.replace(first, findings=findings)
    writes: list[Write] = list(first.change.writes)
    for write in second.change.writes:
        place = next((n for n, other in enumerate(writes) if other.ref == write.ref), None)
        other = writes[place] if place is not None else None
        if isinstance(write, Create) and write == other:
            continue  # what the other change makes answers this one's finding as well
        if place is None or not isinstance(write, Patch) or not isinstance(other, Patch):
            return f"Another change of this plan rewrites {write.ref.label}: plan it on its own."
        edits = _merge_edits(other.edits, write.edits)
        if isinstance(edits, str):
            return edits
        writes[place] = Patch(other.ref, edits)
    return Wanted(_joined(first.change, second.change, tuple(writes)), findings)


def _joined(first: Change, second: Change, writes: tuple[Write, ...]) -> Change:
    """Join what two changes say of themselves; the riskier word wins."""
    risks = list(Risk)
    only = len(writes) == 1 and first.kind is ChangeKind.PATCH
    return Change(
        first.kind,
        f"Harden {writes[0].ref.label}" if only else first.title,
        max(first.risk, second.risk, key=risks.index),
        writes,
        files=tuple(dict.fromkeys((*first.files, *second.files))),
        basis=first.basis | second.basis,
        rests_on=tuple(sorted({*first.rests_on, *second.rests_on})),
        warnings=tuple(dict.fromkeys((*first.warnings, *second.warnings))),
        reviews=tuple(dict.fromkeys((*first.reviews, *second.reviews))),
        shadowed=tuple(dict.fromkeys((*first.shadowed, *second.shadowed))),
    )


def _merge_edits(first: Iterable[Edit], second: Iterable[Edit]) -> tuple[Edit, ...] | str:
    """Return the union of two lists of edits, or the field on which they disagree."""
    merged = {_place(edit): edit for edit in first}
    above = {place[:depth] for place in merged for depth in range(1, len(place))}
    for edit in second:
        place = _place(edit)
        inside = place in above or any(place[:depth] in merged for depth in range(1, len(place)))
        other = merged.get(place)
        both = other and (edit if other == edit else _both(other, edit))
        if inside or (other and not both):
            return "It wants another value for a field that this plan sets already: plan it alone."
        merged[place] = both or edit
        above |= {place[:depth] for depth in range(1, len(place))}
    # A list is made before its elements are touched, and equal plans come out equal.
    return tuple(sorted(merged.values(), key=_sorting))


def _sorting(edit: Edit) -> tuple[bool, str]:
    return isinstance(edit, SetField), str(_place(edit))


def _both(one: Edit, two: Edit) -> SetImage | None:
    """Return one edit for two that move an image and pin it; None where they disagree."""
    if not (isinstance(one, SetImage) and isinstance(two, SetImage)):
        return None
    if (one.path, one.before) != (two.path, two.before):
        return None
    parts = [(one.repository, two.repository), (one.digest, two.digest)]
    if any(mine and theirs and mine != theirs for mine, theirs in parts):
        return None
    return SetImage(one.path, one.before, *(mine or theirs for mine, theirs in parts))


def _place(edit: Edit) -> Path:
    if isinstance(edit, AddElement):
        return (*edit.path, Named(edit.key, str(edit.value.get(edit.key, ""))))
    return edit.path
