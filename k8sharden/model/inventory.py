"""The inventory: everything a scan read, frozen, with a ledger of what it could not read."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, cast

import msgspec

from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.evidence import ControlPlane
from k8sharden.model.facts import Facts
from k8sharden.model.kinds import ResourceType
from k8sharden.model.pipelines import Pipeline
from k8sharden.model.ref import Ref

T = TypeVar("T", bound=o.Object)

WHOLE = "whole"
"""Where the cache of a view keeps what it is a view of."""


class Coverage(StrEnum):
    """How far a resource type was read."""

    READ = "read"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    ERROR = "error"


class Entry(msgspec.Struct, frozen=True):
    """The ledger's line for one resource type.

    ``namespaces`` is None where the whole cluster was listed (or failed to be); otherwise it is the
    set of namespaces that were, one by one. ``permission`` is what would have opened the rest.
    """

    resource: str
    status: Coverage
    detail: str = ""
    namespaces: frozenset[str] | None = None
    permission: str = ""

    def covers(self, namespace: str) -> bool:
        """Whether the objects of ``namespace`` are known (absent types have none, everywhere)."""
        if self.namespaces is not None:
            return namespace in self.namespaces
        return self.status in (Coverage.READ, Coverage.ABSENT)

    @property
    def complete(self) -> bool:
        """Whether the objects of every namespace are known."""
        return self.namespaces is None and self.status in (Coverage.READ, Coverage.ABSENT)


class OddObject(msgspec.Struct, frozen=True):
    """An object that did not decode: unknown itself, while the rest of its list counts."""

    ref: Ref
    reason: str


class SourceKind(StrEnum):
    """Where an inventory came from."""

    CLUSTER = "cluster"
    MANIFESTS = "manifests"
    SNAPSHOT = "snapshot"
    DEMO = "demo"


class Source(msgspec.Struct, frozen=True):
    """Which cluster or which files; ``cluster_uid`` is the uid of the `kube-system` namespace."""

    kind: SourceKind
    name: str
    cluster_uid: str = ""
    server_version: str = ""
    distribution: str = ""


class Inventory(msgspec.Struct, frozen=True):
    """What was read, by resource type, and what was not.

    ``namespaces`` limits a view to these namespaces; None means all of them. ``pipelines`` are
    those of the repository that manifests were given from, None where there is no repository.
    """

    source: Source
    objects: Mapping[str, tuple[o.Object, ...]]
    ledger: Mapping[str, Entry]
    control_plane: ControlPlane = ControlPlane()
    odd: tuple[OddObject, ...] = ()
    scanned_at: float = 0.0
    facts: Facts = Facts()
    pipelines: tuple[Pipeline, ...] | None = None
    cache: dict[str, Any] = msgspec.field(default_factory=dict)
    """Answers that are derived once from the frozen rest, such as the list of workloads."""

    def of(self, kind: ResourceType, struct: type[T]) -> tuple[T, ...]:  # noqa: ARG002 - for types
        """Return the objects of ``kind``, decoded as ``struct``; empty where none were read."""
        return cast("tuple[T, ...]", self.objects.get(kind.key, ()))

    def entry(self, kind: ResourceType) -> Entry:
        """Return the ledger's line for ``kind``; a type that was never asked for is an error."""
        return self.ledger.get(kind.key, Entry(kind.key, Coverage.ERROR, "was not read"))

    def limited_to(self, namespaces: Iterable[str]) -> "Inventory":
        """Return a view that holds only the objects of these namespaces, and cluster-scoped ones.

        A Namespace object counts as being inside itself.
        """
        kept = frozenset(namespaces)
        return msgspec.structs.replace(
            self,
            objects={
                key: tuple(
                    item
                    for item in items
                    if (item.name if key == kinds.NAMESPACES.key else item.namespace) in kept
                    or (key != kinds.NAMESPACES.key and not item.namespace)
                )
                for key, items in self.objects.items()
            },
            cache={WHOLE: self.whole},
        )

    @property
    def whole(self) -> "Inventory":
        """What this is a view of, for what a cluster has once, such as its network plug-in."""
        return cast("Inventory", self.cache.get(WHOLE, self))

    @property
    def namespaces(self) -> tuple[o.Namespace, ...]:
        """The namespaces."""
        return self.of(kinds.NAMESPACES, o.Namespace)

    @property
    def pods(self) -> tuple[o.Pod, ...]:
        """The pods."""
        return self.of(kinds.PODS, o.Pod)

    @property
    def namespace_names(self) -> tuple[str, ...]:
        """The names of all namespaces that are known, from objects where none could be listed."""
        if "namespace-names" not in self.cache:
            found = {item.namespace for items in self.objects.values() for item in items}
            found |= {namespace.name for namespace in self.namespaces}
            self.cache["namespace-names"] = tuple(sorted(found - {""}))
        return cast("tuple[str, ...]", self.cache["namespace-names"])
