"""Fix manifests in the files they came from: every other byte stays as it was."""

import os
from collections.abc import Iterable
from itertools import chain
from pathlib import PurePosixPath

import msgspec

from k8sharden.changes.bind import Bound
from k8sharden.changes.diff import FileDiff, discreet
from k8sharden.changes.plan import Plan, Planned, Unfixed
from k8sharden.errors import K8shardenError
from k8sharden.export.beside import is_kustomization
from k8sharden.export.sources import ManifestObject, Manifests
from k8sharden.export.spellings import masker_of
from k8sharden.export.splice import Target, apply_all, apply_edits, remove_document
from k8sharden.model.change import Create, Delete, Patch
from k8sharden.model.ref import Ref
from k8sharden.model.render import render


class Files:
    """The texts of the files while changes are made to them."""

    def __init__(self, manifests: Manifests) -> None:
        self._before = dict(manifests.texts)
        self._texts: dict[str, str] = dict(manifests.texts)
        self._objects = dict(manifests.current)
        self._all = (*manifests.objects, *manifests.others)
        self._removals: list[ManifestObject] = []

    def change_all(self, changes: Iterable[Planned]) -> None:
        """Make all changes, each file read once. Raises `K8shardenError` if one cannot be made."""
        targets: dict[str, list[Target]] = {}
        for bound in (bound for planned in changes for bound in planned.bound):
            if isinstance(bound.write, Patch):
                item = self._objects[bound.write.ref]
                target = Target(item.document, item.item, bound.write.edits)
                targets.setdefault(item.file, []).append(target)
            else:
                self._write(bound)
        for file, each in targets.items():
            self._texts[file] = apply_all(self._texts[file], each)

    def change(self, planned: Planned) -> None:
        """Make one change. Raises `K8shardenError`, with nothing changed, where it cannot be."""
        kept, removals = dict(self._texts), list(self._removals)
        try:
            for bound in planned.bound:
                self._write(bound)
        except K8shardenError:
            self._texts, self._removals = kept, removals
            raise

    def _write(self, bound: Bound) -> None:
        match bound.write:
            case Create(ref=ref, manifest=manifest):
                self._texts[self._new_file(ref)] = render(manifest)
            case Delete(ref=ref):
                # A removal moves the documents behind it, so that it waits for the end.
                self._removals.append(self._objects[ref])
            case Patch(ref=ref, edits=edits):
                item = self._objects[ref]
                text = self._texts[item.file]
                self._texts[item.file] = apply_edits(text, item.document, item.item, edits)

    def _new_file(self, ref: Ref) -> str:
        """Return a free name beside the files of the object's namespace, of its API group first."""
        near = [item for item in self._objects.values() if item.ref.namespace == ref.namespace]
        like = [item for item in near if item.ref.api_version == ref.api_version]
        files = [item.file for item in like or near] or list(self._before)
        folder = PurePosixPath(min(files, key=lambda file: (file.count("/"), file))).parent
        stem = f"{ref.kind.lower()}-{ref.name}"
        first = (f"{stem}.yaml", f"{stem}-{ref.namespace or 'cluster'}.yaml")
        names = chain(first, (f"{stem}-{number}.yaml" for number in range(2, 10_000)))
        paths = (str(folder / name.replace("/", "-").replace(":", "%3A")) for name in names)
        return next(path for path in paths if path not in self._texts)

    def diffs(self) -> list[FileDiff]:
        """Return the diff of every file that changed."""
        self._remove()
        changed = [
            (path, self._before.get(path, ""), text)
            for path, text in self._texts.items()
            if text != self._before.get(path, "")
        ]
        return [self._diff(path, before, after) for path, before, after in sorted(changed)]

    def _diff(self, path: str, before: str, after: str) -> FileDiff:
        """Return a file's diff, marked where it would show a secret value of the file."""
        masker = masker_of(before, (item for item in self._all if item.file == path))
        shown = discreet(shown_path(path), before, after, masker.shown_in)
        # A file's own text holds its secrets, so that what is not left out is masked here.
        return FileDiff(shown.path, masker.masked(shown.text), shown.hides)

    def _remove(self) -> None:
        last_first = sorted(self._removals, key=lambda item: (item.document, item.item or 0))
        for item in reversed(last_first):
            text = self._texts[item.file]
            self._texts[item.file] = remove_document(text, item.document, item.item)
        self._removals = []


def shown_path(path: str) -> str:
    """Return a file's path as a patch names it: below the working folder, or without its root."""
    if path == "-":
        return "stdin.yaml"
    near = os.path.relpath(path)
    return path.lstrip("/") if near.startswith("..") else near


def unlisted(diffs: Iterable[FileDiff], manifests: Manifests) -> list[tuple[str, str]]:
    """Return the new files in a kustomization's folder, or below, with the nearest one.

    It names files one by one, so that it does not name these.
    """
    found = {
        PurePosixPath(path).parent: path
        for path in (shown_path(each.file) for each in manifests.skipped)
        if is_kustomization(path)
    }
    return [
        (diff.path, found[folder])
        for diff in diffs
        if diff.makes
        and (folder := next((up for up in PurePosixPath(diff.path).parents if up in found), None))
    ]


def fixable(plan: Plan, manifests: Manifests) -> Plan:
    """Move what cannot be spliced into its file to the plan's ``unfixed``, with the reason."""
    try:
        Files(manifests).change_all(plan.changes)
    except K8shardenError:
        return _fixable_each(plan, manifests)
    return plan


def _fixable_each(plan: Plan, manifests: Manifests) -> Plan:
    """Try the changes one by one, which takes longer, to tell which of them cannot be made."""
    changes, unfixed = [], list(plan.unfixed)
    files = Files(manifests)
    for planned in plan.changes:
        try:
            files.change(planned)
        except K8shardenError as error:
            unfixed += [Unfixed(finding, str(error)) for finding in planned.findings]
        else:
            changes.append(planned)
    return msgspec.structs.replace(plan, changes=tuple(changes), unfixed=tuple(unfixed))


def file_diffs(changes: Iterable[Planned], manifests: Manifests) -> list[FileDiff]:
    """Return the diff of each file that these changes touch, taken together."""
    files = Files(manifests)
    files.change_all(changes)
    return files.diffs()
