"""Edges: who calls whom, each with the evidence that shows it.

A Service alone names no caller. Where nothing tells who calls it, that is said and never guessed.
"""

from enum import StrEnum

import msgspec

from k8sharden.model.ref import Ref


class EndKind(StrEnum):
    """What stands at an end of an edge."""

    WORKLOAD = "workload"
    OUTSIDE = "outside"
    """Addresses outside the cluster, or a host there whose address is not known."""
    CONTROL_PLANE = "control plane"
    """The API server: it calls webhooks and aggregated APIs, and is called by whoever watches."""
    NODES = "nodes"
    """The nodes themselves, and pods on their network."""


class End(msgspec.Struct, frozen=True, order=True):
    """One end: a workload by ``ref``, or an ``address`` (a CIDR; empty where any), or a host."""

    kind: EndKind
    ref: Ref | None = None
    address: str = ""
    host: str = ""

    @property
    def label(self) -> str:
        """``Deployment shop/web``, ``api.stripe.com``, ``203.0.113.0/24``, ``anywhere``."""
        if self.ref is not None:
            return self.ref.label
        if self.kind is EndKind.OUTSIDE:
            return self.host or self.address or "anywhere"
        return str(self.kind)


class EvidenceKind(StrEnum):
    """Where an edge was seen, the surest first."""

    FLOW = "flow"
    ROUTE = "route"
    MONITOR = "monitor"
    WEBHOOK = "webhook"
    EXPOSED = "exposed"
    API = "api"
    DNS = "dns"
    CONFIG = "config"


class Evidence(msgspec.Struct, frozen=True, order=True):
    """What shows an edge: a sentence's part, such as ``env LEDGER_URL of container api``.

    ``source`` is the object in which it stands, where there is one. ``paths`` are the HTTP paths
    that it names.
    """

    kind: EvidenceKind
    said: str
    source: Ref | None = None
    paths: tuple[str, ...] = ()


class Edge(msgspec.Struct, frozen=True, order=True):
    """A connection that the applications need.

    ``port`` is the target's own, where the connection arrives (a Service's port translated), 0
    where any. ``evidence`` is never empty.
    """

    source: End
    target: End
    port: int
    protocol: str = "TCP"
    evidence: tuple[Evidence, ...] = ()


class Untold(msgspec.Struct, frozen=True, order=True):
    """What nothing tells: who calls a Service, or where a workload's settings lead.

    ``about`` is the object that it is about; ``workload`` the one whose traffic it concerns.
    ``into`` where the callers are not known, otherwise it is not known whom it calls. ``among``
    where it is about a workload's own pods, which are both.
    """

    about: Ref
    said: str
    workload: Ref | None = None
    into: bool = False
    among: bool = False

    @property
    def words(self) -> str:
        """What is not known, with what it is about before it where it does not say so itself."""
        label = self.about.label
        return self.said if label in self.said else f"{label}: {self.said}"


class Calls(msgspec.Struct, frozen=True):
    """Who calls whom, as far as anything tells, and what nothing tells."""

    edges: tuple[Edge, ...] = ()
    untold: tuple[Untold, ...] = ()

    def into(self, ref: Ref) -> tuple[Edge, ...]:
        """Return the edges that arrive at a workload."""
        return tuple(edge for edge in self.edges if edge.target.ref == ref)

    def out_of(self, ref: Ref) -> tuple[Edge, ...]:
        """Return the edges that leave a workload."""
        return tuple(edge for edge in self.edges if edge.source.ref == ref)
