"""Write a plan into a folder: patch files, the state before as manifests, artefacts."""

import os
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from k8sharden.changes.diff import FileDiff, manifest_path, manifest_text
from k8sharden.changes.plan import Plan
from k8sharden.errors import InputError
from k8sharden.model.masking import MARK, Masker


class Format(StrEnum):
    """What an export writes."""

    PATCHES = "patches"
    MANIFESTS = "manifests"
    ARTEFACTS = "artefacts"


class Export(msgspec.Struct, frozen=True):
    """What was written, and what was left out or masked since it holds a secret."""

    written: tuple[Path, ...]
    left_out: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()


def export(
    plan: Plan, diffs: Mapping[str, Sequence[FileDiff]], folder: Path, form: Format
) -> Export:
    """Write the plan into ``folder``, which is made where it is missing.

    Raises `InputError`, with nothing written, where a file of that name has other contents.
    """
    match form:
        case Format.PATCHES:
            files, left_out = _patches(plan, diffs)
            return Export(_write(folder, files), left_out)
        case Format.MANIFESTS:
            files = _manifests(plan)
            masked = tuple(path for path, text in files.items() if MARK.search(text))
            return Export(_write(folder, files), masked=masked)
        case Format.ARTEFACTS:
            return Export(_write(folder, _artefacts(plan)))


def _patches(
    plan: Plan, diffs: Mapping[str, Sequence[FileDiff]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return one patch file per change, numbered in the order in which they go in."""
    files, left_out = {}, []
    for number, planned in enumerate(plan.changes, start=1):
        mine = [diff for diff in diffs[planned.digest] if diff.text]
        hidden = [diff.path for diff in mine if diff.hides]
        if hidden:
            left_out += hidden
        elif mine:
            name = f"{number:04d}-{_slug(planned.change.title)}.patch"
            files[name] = "".join(diff.text for diff in mine)
    return files, tuple(left_out)


def _manifests(plan: Plan) -> dict[str, str]:
    masker = Masker()
    return {
        manifest_path(bound.ref): manifest_text(bound.before, masker)
        for planned in plan.changes
        for bound in planned.bound
        if bound.before is not None
    }


def _artefacts(plan: Plan) -> dict[str, str]:
    return {
        f"{_slug(planned.change.title)}/{file.path}": file.text
        for planned in plan.changes
        for file in planned.change.files
    }


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "change"


def _write(folder: Path, files: Mapping[str, str]) -> tuple[Path, ...]:
    """Write the files, each new; look at all of them before the first is written."""
    targets = {folder / name: text for name, text in files.items()}
    try:
        for path, text in targets.items():
            _refuse_outside(path, folder)
            _refuse_other(path, text)
        for path, text in targets.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, text)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder} cannot be written: {error.strerror}."
        ) from error
    return tuple(targets)


def _refuse_outside(path: Path, folder: Path) -> None:
    """Refuse a folder below ours that is a link: a repository may hold one that leads elsewhere."""
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{path.parent} is a link that leads out of {folder}. Choose an empty folder; nothing "
            "was written."
        )


def _refuse_other(path: Path, text: str) -> None:
    if path.is_symlink() or (path.exists() and path.read_bytes() != text.encode()):
        raise InputError(
            f"{path} exists with other contents. Choose an empty folder; nothing was written."
        )


def _write_whole(path: Path, text: str) -> None:
    """Write beside the file and move it in place, so that no half of one is ever seen."""
    fresh = path.with_name(f".{path.name}.new")
    # Made anew, since what stands there could be a link to any file.
    fresh.unlink(missing_ok=True)
    with open(fresh, "x", encoding="utf-8", newline="") as file:  # noqa: PTH123 - newline="" keeps every byte
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
