"""Show what the journal recorded as a diff, with secret values masked."""

import copy
from collections.abc import Iterable
from typing import Any

import msgspec

from k8sharden.changes.bind import look
from k8sharden.changes.diff import FileDiff, manifest_path, manifest_text, unified
from k8sharden.changes.entry import Record
from k8sharden.changes.reverse import Rewritten, ThreeWay
from k8sharden.model.change import Named, Patch, Path, show_path
from k8sharden.model.masking import MARK, Masker
from k8sharden.model.ref import Ref
from k8sharden.model.render import render
from k8sharden.model.text import one_line


def diff_record(record: Record, masker: Masker) -> FileDiff:
    """Return the diff of one recorded write; of a patch, only the fields that it touched.

    The fields stand in their place in the object, since whether a value is secret shows by what is
    beside it.
    """
    if isinstance(record.write, Patch):
        before = _part(record.ref, ((field.path, field.before) for field in record.fields), masker)
        after = _part(record.ref, ((field.path, field.after) for field in record.fields), masker)
    else:
        before = manifest_text(record.before, masker)
        after = manifest_text(record.after, masker)
    path = manifest_path(record.ref)
    text = unified(path, before, after)
    return FileDiff(path, text, bool(MARK.search(text)))


def diff_edited(edited: Rewritten, masker: Masker) -> FileDiff:
    """Return what somebody made of an object of ours, as a diff of few lines."""
    path = manifest_path(edited.ref)
    before, after = manifest_text(edited.ours, masker), manifest_text(edited.now, masker)
    text = unified(path, before, after)
    lines = [one_line(line, _WIDEST) for line in text.splitlines()]
    more = [f"… {len(lines) - _MOST:,} more lines"] if len(lines) > _MOST else []
    return FileDiff(path, "\n".join([*lines[:_MOST], *more]) + "\n", bool(MARK.search(text)))


_MOST, _WIDEST = 60, 300
"""Lines that are shown of what somebody edited, and characters of each."""


def three_way(field: ThreeWay, masker: Masker) -> tuple[str, str, str, str]:
    """Return a field that drifted in four lines: which it is, before, ours, and now."""
    values = (
        f"  {word:<7} {_shown(field, value, masker)}"
        for word, value in (("before", field.before), ("ours", field.ours), ("now", field.now))
    )
    before, ours, now = values
    return f"{field.ref.label}: {one_line(show_path(field.path), 300)}", before, ours, now


def _shown(field: ThreeWay, value: Any, masker: Masker) -> str:
    """Return a value on one line, masked by what stands around it in its object."""
    if value is msgspec.UNSET:
        return "(nothing)"
    part: dict[str, Any] = {"kind": field.ref.kind}
    _put(part, field.path, copy.deepcopy(value))
    masked = look(masker.manifest(part), field.path)[0]
    return one_line(msgspec.json.encode(masked).decode(), 300)


def _part(ref: Ref, fields: Iterable[tuple[Path, Any]], masker: Masker) -> str:
    """Return an object that holds only these fields; `UNSET` is what is not there."""
    part: dict[str, Any] = {"kind": ref.kind}
    for path, value in fields:
        if value is not msgspec.UNSET:
            _put(part, path, copy.deepcopy(value))
    return render(masker.manifest(part))


def _put(node: Any, path: Path, value: Any) -> None:
    step, rest = path[0], path[1:]
    if isinstance(step, Named):
        named = next((item for item in node if item.get(step.key) == step.value), None)
        if named is None:
            node.append(named := {step.key: step.value})
        if rest:
            _put(named, rest, value)
        else:
            named.update(value)
    elif rest:
        _put(node.setdefault(step, [] if isinstance(rest[0], Named) else {}), rest, value)
    else:
        node[step] = value
