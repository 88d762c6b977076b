"""Show what the journal recorded as a diff, with secret values masked."""

import copy
from collections.abc import Iterable
from typing import Any

import msgspec

from k8sharden.changes.diff import FileDiff, manifest_path, manifest_text, unified
from k8sharden.changes.journal import Record
from k8sharden.model.change import Named, Patch, Path
from k8sharden.model.masking import MARK, Masker
from k8sharden.model.ref import Ref
from k8sharden.model.render import render


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
