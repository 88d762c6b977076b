"""What was read from manifests: objects, and where each of them stands."""

from collections.abc import Mapping
from typing import Any

import msgspec

from k8sharden.export.files import shown
from k8sharden.model.ref import Ref


class ManifestObject(msgspec.Struct, frozen=True):
    """One object, and where it stands: its file, the document in it, its line from 1.

    ``document`` counts from 0, as does ``item``, the index in a ``List``, None outside of one.
    ``value`` is what the file says: without the namespace ``default`` that ``ref`` may have.
    """

    ref: Ref
    value: dict[str, Any]
    file: str
    document: int
    line: int
    item: int | None = None

    @property
    def place(self) -> str:
        """``FILE:LINE``, safe to show."""
        return f"{shown(self.file)}:{self.line}"


class Skipped(msgspec.Struct, frozen=True):
    """A file of a folder that is no manifest, and why it was taken for none."""

    file: str
    reason: str


class Manifests(msgspec.Struct, frozen=True):
    """What was read: ``objects`` of known kinds, ``others``, and each file's exact text."""

    paths: tuple[str, ...]
    objects: tuple[ManifestObject, ...]
    others: tuple[ManifestObject, ...]
    skipped: tuple[Skipped, ...]
    texts: Mapping[str, str]

    @property
    def current(self) -> Mapping[Ref, ManifestObject]:
        """The object that counts for each reference: the last one."""
        return {item.ref: item for item in self.objects}

    @property
    def repeated(self) -> tuple[str, ...]:
        """Sentences about objects that stand in the files more than once."""
        current = self.current
        return tuple(
            f"{item.place}: {item.ref.label} comes again at {current[item.ref].place}, "
            "which is the one that counts."
            for item in self.objects
            if current[item.ref] is not item
        )
