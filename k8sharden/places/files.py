"""Manifests in files as a place."""

import sys
import time
from collections.abc import Sequence

import msgspec

from k8sharden.changes.diff import FileDiff
from k8sharden.changes.ground import Reread
from k8sharden.changes.landing import Observe
from k8sharden.changes.plan import Fetch, Plan, Planned
from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.config import Config
from k8sharden.errors import InputError, Refused
from k8sharden.export.inplace import file_diffs, fixable
from k8sharden.export.pipelines import pipelines_beside
from k8sharden.export.sources import Manifests, inventory_from, read_sources
from k8sharden.model.decoding import uncollected
from k8sharden.model.flows import Flows
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.usage import Usage
from k8sharden.places.registries import RealRegistries
from k8sharden.registry.source import Registries


class FilesPlace:
    """Manifests in files: read, never written except by a patch that somebody applies."""

    training = False
    production = False
    read_only = False
    writer = None

    def __init__(
        self, manifests: Manifests, paths: Sequence[str], settings: Config | None = None
    ) -> None:
        self._paths = tuple(paths)
        self.registries: Registries = RealRegistries((settings or Config()).images)
        self.manifests = manifests
        self.name = ", ".join(paths)
        self.options = tuple(word for path in paths for word in ("-f", path))
        self._objects = {ref: item.value for ref, item in manifests.current.items()}

    def source(self) -> Source:
        """Return which files these are."""
        return Source(SourceKind.MANIFESTS, self.name)

    def collect(self, progress: Tell, cancelled: Stopped) -> Inventory:  # noqa: ARG002 - read already
        """Return what the files say."""
        with uncollected():
            read = inventory_from(self.manifests, self.name, scanned_at=time.time())
        return msgspec.structs.replace(read, pipelines=pipelines_beside(self._paths))

    def usage(self) -> Usage | None:
        """Return nothing: files keep no audit log."""
        return None

    def flows(self) -> Flows | None:
        """Return nothing: nothing calls anything in files."""
        return None

    @property
    def fetch(self) -> Fetch:
        """Return an object as its file has it."""

        def fetch(ref: Ref) -> dict[str, object] | None:
            return self._objects.get(ref)

        return fetch

    @property
    def observe(self) -> Observe:
        """Refuse: files do not roll out. Nothing asks, since nothing is written here."""
        raise Refused("Manifests in files do not roll out.")

    @property
    def reread(self) -> Reread:
        """Refuse: nothing is applied to files."""
        raise Refused("Manifests in files are not applied.")

    def fixable(self, plan: Plan) -> Plan:
        """Keep the changes that can be spliced into their files."""
        return fixable(plan, self.manifests)

    def diffs(self, changes: Sequence[Planned]) -> list[FileDiff]:
        """Show what changes in each file as it stands."""
        return file_diffs(changes, self.manifests)

    def keep(self) -> None:
        """Do nothing: files are not written."""


def open_files(paths: Sequence[str], settings: Config | None = None) -> FilesPlace:
    """Read manifests. Raises `InputError`, with file and line, for what cannot be used."""
    with uncollected():
        manifests = read_sources(paths, sys.stdin.buffer)
    if not manifests.objects:
        other = manifests.others[0]
        raise InputError(
            f"{other.place}: {one_line(other.ref.kind, 80)} ({one_line(other.ref.api_version, 80)})"
            " is of no kind that is checked, and nothing else was found: give manifests with "
            "workloads, namespaces, roles or policies."
        )
    return FilesPlace(manifests, paths, settings)
