"""The places a session works at: a real cluster, the training cluster, a set of files."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs

from k8sharden.changes.diff import FileDiff, diff_bound
from k8sharden.changes.plan import Fetch, Plan, Planned, fetcher
from k8sharden.changes.write import Writer
from k8sharden.cluster.api import Api
from k8sharden.cluster.collector import collect, identify
from k8sharden.cluster.connect import ContextInfo, address, connect, contexts
from k8sharden.cluster.connect import in_cluster as in_cluster  # noqa: PLC0414 - offered here, too
from k8sharden.cluster.progress import Progress
from k8sharden.cluster.tokens import forget_token, store_token, usable
from k8sharden.cluster.training import training_cluster
from k8sharden.cluster.training.control_plane import TrainingCluster
from k8sharden.config import Config
from k8sharden.errors import InputError
from k8sharden.export.inplace import file_diffs, fixable
from k8sharden.export.sources import Manifests, inventory_from, read_sources
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.masking import Masker
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

Tell = Callable[[Progress], None]
Cancelled = Callable[[], bool]


def state_folder() -> Path:
    """Return where the journal and the training cluster are kept."""
    named = os.environ.get("K8SHARDEN_STATE")
    return Path(named) if named else platformdirs.user_state_path("k8sharden")


class ClusterPlace:
    """A real cluster. ``namespaces`` limits the scan; empty means all that may be read."""

    training = False

    def __init__(
        self,
        api: Api,
        name: str,
        *,
        namespaces: Sequence[str] = (),
        options: Sequence[str] = (),
        production: bool = False,
    ) -> None:
        self.name = name
        self.production = production
        self.options = tuple(options)
        self._api = api
        self._namespaces = tuple(namespaces)
        self.kind = SourceKind.CLUSTER

    @property
    def writer(self) -> Writer:
        """The cluster itself."""
        return self._api

    @property
    def read_only(self) -> bool:
        """Whether the connection refuses every write."""
        return self._api.read_only

    def lock(self) -> None:
        """Refuse every write from now on; only opening the cluster anew can end that."""
        self._api.read_only = True

    def source(self) -> Source:
        """Ask which cluster this is, without scanning it."""
        return identify(self._api, self.kind, self.name)

    def collect(self, progress: Tell, cancelled: Cancelled) -> Inventory:
        """Read the cluster."""
        return collect(
            self._api,
            self.kind,
            name=self.name,
            namespaces=self._namespaces,
            progress=progress,
            cancelled=cancelled,
            clock=time.time,
        )

    @property
    def fetch(self) -> Fetch:
        """Read one object from the cluster."""
        return fetcher(self._api.get)

    def fixable(self, plan: Plan) -> Plan:
        """Return the plan as it is: a cluster takes every kind of write."""
        return plan

    def diffs(self, changes: Sequence[Planned]) -> list[FileDiff]:
        """Show each object as a manifest, without bookkeeping and secret values."""
        masker = Masker()
        return [diff_bound(bound, masker) for planned in changes for bound in planned.bound]

    def keep(self) -> None:
        """Do nothing: a cluster keeps what was written."""


class TrainingPlace(ClusterPlace):
    """The training cluster. It lives in memory and is kept in a file between two starts."""

    training = True

    def __init__(self, state: Path, *, read_only: bool = False) -> None:
        self._file = state / "training.json"
        self.cluster = self._load()
        super().__init__(
            Api(self.cluster.transport(), read_only=read_only), "training", options=("--demo",)
        )
        self.kind = SourceKind.DEMO

    def _load(self) -> TrainingCluster:
        """Begin anew where nothing was kept, or where what was kept cannot be read."""
        try:
            return training_cluster(json.loads(self._file.read_bytes()), clock=time.time)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return training_cluster(clock=time.time)

    def keep(self) -> None:
        """Write the cluster's objects to its file, whole or not at all.

        Raises `InputError` where it cannot be written.
        """
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.write_text(json.dumps(self.cluster.objects()))
            fresh.replace(self._file)
        except OSError as error:
            raise InputError(
                f"The training cluster cannot be kept in {self._file} ({error.strerror}): make the "
                "folder writable, or name another one with K8SHARDEN_STATE."
            ) from error

    @classmethod
    def reset(cls, state: Path) -> None:
        """Begin training anew at the next start."""
        (state / "training.json").unlink(missing_ok=True)


class FilesPlace:
    """Manifests in files: read, never written except by a patch that somebody applies."""

    training = False
    production = False
    read_only = False
    writer = None

    def __init__(self, manifests: Manifests, paths: Sequence[str]) -> None:
        self.manifests = manifests
        self.name = ", ".join(paths)
        self.options = tuple(word for path in paths for word in ("-f", path))
        self._objects = {ref: item.value for ref, item in manifests.current.items()}

    def source(self) -> Source:
        """Return which files these are."""
        return Source(SourceKind.MANIFESTS, self.name)

    def collect(self, progress: Tell, cancelled: Cancelled) -> Inventory:  # noqa: ARG002 - read already
        """Return what the files say."""
        return inventory_from(self.manifests, self.name, scanned_at=time.time())

    @property
    def fetch(self) -> Fetch:
        """Return an object as its file has it."""

        def fetch(ref: Ref) -> dict[str, object] | None:
            return self._objects.get(ref)

        return fetch

    def fixable(self, plan: Plan) -> Plan:
        """Keep the changes that can be spliced into their files."""
        return fixable(plan, self.manifests)

    def diffs(self, changes: Sequence[Planned]) -> list[FileDiff]:
        """Show what changes in each file as it stands."""
        return file_diffs(changes, self.manifests)

    def keep(self) -> None:
        """Do nothing: files are not written."""


def open_cluster(
    *,
    kubeconfig: Path | None = None,
    context: str | None = None,
    server: str | None = None,
    namespaces: Sequence[str] = (),
    read_only: bool = False,
    settings: Config | None = None,
) -> ClusterPlace:
    """Connect to a cluster, by what the settings say of it. Raises what `connect` raises."""
    chosen = None if server else _chosen(kubeconfig, context)
    name = server or (chosen.name if chosen else "in-cluster")
    mine = (settings or Config()).context(name)
    locked = read_only or mine.read_only
    api = connect(kubeconfig=kubeconfig, context=context, server=server, read_only=locked)
    options = ["--server", server] if server else ["--context", name] if chosen else []
    options += ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    hints = (chosen.namespace,) if chosen and chosen.namespace else ()
    return ClusterPlace(
        api,
        name,
        namespaces=namespaces or hints,
        options=options,
        production=mine.production,
    )


def _chosen(kubeconfig: Path | None, context: str | None) -> ContextInfo | None:
    """Return the context that a connection uses; None inside a pod."""
    known = contexts(kubeconfig)
    return next((c for c in known if (c.name == context if context else c.current)), None)


def offered(kubeconfig: Path | None = None) -> tuple[ContextInfo, ...]:
    """Return the contexts to choose from; empty where there is no kubeconfig.

    Raises `InputError` for a file that was named and is not there, and for one that is broken.
    """
    return contexts(kubeconfig)


def log_in(server: str, token: str) -> str:
    """Keep a token for a server in the keyring; return the address to open it by.

    Raises `InputError` for an address or a token that cannot be one, and where no keyring keeps it.
    """
    where = address(server.strip())
    store_token(where, usable(token))
    return where


def log_out(server: str) -> bool:
    """Take the token of a server out of the keyring; False where there was none."""
    return forget_token(address(server.strip()))


def open_files(paths: Sequence[str]) -> FilesPlace:
    """Read manifests. Raises `InputError`, with file and line, for what cannot be used."""
    manifests = read_sources(paths, sys.stdin.buffer)
    if not manifests.objects:
        other = manifests.others[0]
        raise InputError(
            f"{other.place}: {one_line(other.ref.kind, 80)} ({one_line(other.ref.api_version, 80)})"
            " is of no kind that is checked, and nothing else was found: give manifests with "
            "workloads, namespaces, roles or policies."
        )
    return FilesPlace(manifests, paths)
