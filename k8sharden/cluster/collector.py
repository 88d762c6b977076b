"""The collector: reads what a scan needs into a frozen inventory, and says what it could not read.

A scan sends only GETs. It lists each type for the whole cluster, and where that is forbidden
namespace by namespace.
"""

from collections.abc import Callable, Iterable
from typing import NoReturn

import msgspec

from k8sharden.cluster.api import Api
from k8sharden.cluster.discovery import not_served
from k8sharden.cluster.evidence import observe
from k8sharden.cluster.gather import Gathered
from k8sharden.cluster.interrupt import Interruptible
from k8sharden.cluster.platforms import detect
from k8sharden.cluster.progress import Coalesced, Progress, Tell
from k8sharden.cluster.reader import End, Job, read
from k8sharden.errors import ApiError, ClusterUnavailable, Unauthorized
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.admission import MOST_CONSTRAINTS, constraint_types
from k8sharden.model.decoding import uncollected
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from k8sharden.model.kinds import ResourceType
from k8sharden.model.text import one_line

__all__ = ["Progress", "collect", "identify"]

MOST_NAMESPACES = 5_000
"""Namespaces that are tried one by one where a type may not be listed for the whole cluster."""

_LARGE = (kinds.PODS, kinds.REPLICA_SETS, kinds.DEPLOYMENTS, kinds.SECRETS, kinds.JOBS)


def collect(
    api: Api,
    source_kind: SourceKind,
    *,
    name: str,
    progress: Tell,
    cancelled: Callable[[], bool],
    clock: Callable[[], float],
    namespaces: Iterable[str] = (),
) -> Inventory:
    """Read the cluster.

    ``name`` is what the source is called, ``clock`` gives the scan's time in seconds since 1970,
    and ``namespaces`` are those to try where namespaces may not be listed. Raises `Cancelled`,
    `Unauthorized`, and `ClusterUnavailable` where the cluster cannot be reached or lets nothing be
    read.
    """
    # The version is asked for first, so that a server out of reach is found at once.
    version = _version(Api(Interruptible(api.transport, cancelled), read_only=True))
    scan = _Scan(api, Coalesced(progress), cancelled)
    scan.list_all(tuple(namespaces))
    return scan.inventory(Source(source_kind, name, server_version=version), clock())


def identify(api: Api, source_kind: SourceKind, name: str) -> Source:
    """Ask which cluster this is, without scanning it. Raises as `collect` does."""
    version = _version(api)
    return Source(source_kind, name, _uid(api, ()), version)


class _Scan:
    """One run of the collector."""

    def __init__(self, api: Api, progress: Tell, cancelled: Callable[[], bool]) -> None:
        self._api = api
        # The lists have threads of their own; what is asked for singly is left behind alike.
        self._single = Api(Interruptible(api.transport, cancelled), read_only=True)
        self._progress = progress
        self._cancelled = cancelled
        self._gathered = {kind: Gathered(kind, progress) for kind in kinds.SCANNED}

    def list_all(self, namespaces: tuple[str, ...]) -> None:
        """List every type, the large ones first, since they take longest."""
        missing = not_served(self._single)
        for kind, error in missing.items():
            self._gathered[kind].take(End(Job(kind), error))
        left_out = (*_LARGE, *missing, kinds.CONSTRAINTS)
        small = tuple(kind for kind in kinds.SCANNED if kind not in left_out)
        self._list(Job(kind) for kind in _LARGE + small)
        self._list_constraints()
        if self._entry(kinds.PODS).status is Coverage.ABSENT:
            raise ClusterUnavailable(
                f"{one_line(self._api.server, 200)} knows no pods: is this address an API server?"
            )
        names = self._namespaces_to_try(namespaces)
        refused = [kind for kind in kinds.SCANNED if self._gathered[kind].refused]
        self._list(Job(kind, name) for kind in refused if kind.namespaced for name in names)
        if kinds.NAMESPACES in refused:
            self._gathered[kinds.NAMESPACES].take_single(self._namespace, names)
        for kind in refused:
            self._gathered[kind].finish()
        self._refuse_nothing()

    def _list_constraints(self) -> None:
        """List the constraints of each kind, which only their templates tell."""
        templates, whole = (
            self._gathered[kind] for kind in (kinds.CONSTRAINT_TEMPLATES, kinds.CONSTRAINTS)
        )
        if whole.error is not None:
            return
        types = constraint_types(templates.objects)
        if len(types) > MOST_CONSTRAINTS:
            why = f"there are {len(types):,} kinds of constraints: that many are not read"
            whole.take(End(Job(kinds.CONSTRAINTS), ClusterUnavailable(why)))
            return
        parts = {kind: Gathered(kind, lambda _: None) for kind in types}
        self._gathered |= parts
        self._list(map(Job, parts))
        failed = whole.join(parts.values())
        whole.take(End(Job(kinds.CONSTRAINTS), templates.error or failed))

    def _list(self, jobs: Iterable[Job]) -> None:
        with uncollected():
            for event in read(self._api, jobs, self._cancelled):
                self._gathered[event.job.kind].take(event)

    def _namespaces_to_try(self, given: tuple[str, ...]) -> tuple[str, ...]:
        listed = (item.name for item in self._gathered[kinds.NAMESPACES].objects)
        return tuple(dict.fromkeys([*filter(None, given), *listed]))[:MOST_NAMESPACES]

    def _namespace(self, name: str) -> bytes:
        """GET one namespace, as a list of one: a user of a namespace may often read it itself."""
        found = self._single.get(kinds.NAMESPACES.ref("", name))
        return msgspec.json.encode({"items": [found]})

    def _entry(self, kind: ResourceType) -> Entry:
        return self._gathered[kind].entry()

    def _refuse_nothing(self) -> None:
        """Stop where nothing could be read: an empty inventory would look like a clean one."""
        entries = [self._entry(kind) for kind in kinds.SCANNED]
        if not any(entry.status is Coverage.READ for entry in entries):
            _nothing(self._api, entries)

    def inventory(self, source: Source, now: float) -> Inventory:
        """Freeze what was read, with the evidence about the control plane."""
        objects = {kind.key: tuple(self._gathered[kind].objects) for kind in kinds.SCANNED}
        ledger = {kind.key: self._entry(kind) for kind in kinds.SCANNED}
        read_so_far = Inventory(source, objects, ledger)
        nodes = read_so_far.of(kinds.NODES, o.Node)
        platform = detect(self._single, source.server_version, nodes, read_so_far.pods)
        seen = observe(self._single, read_so_far, self._progress)
        named = {"distribution": platform.name, "managed": platform.managed}
        return msgspec.structs.replace(
            read_so_far,
            source=msgspec.structs.replace(
                source,
                cluster_uid=_uid(self._single, read_so_far.namespaces),
                distribution=platform.name,
            ),
            ledger=ledger | {entry.resource: entry for entry in seen.entries},
            control_plane=msgspec.structs.replace(seen.control_plane, **named),
            odd=tuple(odd for kind in kinds.SCANNED for odd in self._gathered[kind].odd),
            scanned_at=now,
        )


def _version(api: Api) -> str:
    try:
        return one_line(api.version(), 80)
    except Unauthorized:
        raise
    except ApiError as error:
        if error.reason:
            return ""
        raise ClusterUnavailable(
            f"{one_line(api.server, 200)} does not answer as an API server does (HTTP "
            f"{error.status}): check the address, and that it begins with https://."
        ) from error


def _uid(api: Api, namespaces: Iterable[o.Namespace]) -> str:
    """Return the uid of `kube-system`, which names the cluster, or else a fingerprint that says so.

    Two clusters must never share a name: the journal would offer one's changes to the other.
    """
    for namespace in namespaces:
        if namespace.name == "kube-system":
            return namespace.metadata.uid
    try:
        found = api.get(kinds.NAMESPACES.ref("", "kube-system"))
    except Unauthorized:
        raise
    except ApiError:
        found = {}
    meta = found.get("metadata")
    uid = str(meta.get("uid", "")) if isinstance(meta, dict) else ""
    return uid or f"fingerprint:{api.fingerprint}"


def _nothing(api: Api, entries: list[Entry]) -> NoReturn:
    """Say why nothing could be read: the first failure, or the permissions that are missing."""
    # A tool of another version than those known here keeps nobody from reading the rest.
    others = {kind.key for kind in kinds.CUSTOM}
    ours = (entry for entry in entries if entry.resource not in others)
    failed = next((entry for entry in ours if entry.status is Coverage.ERROR), None)
    if failed is not None:
        raise ClusterUnavailable(failed.detail)
    raise ClusterUnavailable(
        f"{one_line(api.server, 200)} lets these credentials read nothing: allow them to list "
        "pods, deployments.apps and the other types (`k8sharden permissions` prints the role), or "
        "name a namespace that they may read with --namespace."
    )
