"""Clauses: what one policy says of one direction, whichever kind of policy it is.

NetworkPolicies and Cilium's kinds are both read into these, and judged alike from there on.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, TypedDict

import msgspec

from k8sharden.analysis.network.answers import Answer
from k8sharden.analysis.network.blocks import Block
from k8sharden.analysis.network.parties import Party
from k8sharden.analysis.selectors import chooses
from k8sharden.model.decoding import convert
from k8sharden.model.meta import Struct
from k8sharden.model.ref import Ref

Selector = Mapping[str, Any]

NAME = "kubernetes.io/metadata.name"
"""The label with its own name that the API server gives every namespace."""

HIGHEST = 65_535


class Requirement(TypedDict, total=False):
    """One of a selector's expressions."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[str] | None


class LabelSelector(Struct, frozen=True, forbid_unknown_fields=True):
    """A label selector, to see whether something is one."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[Requirement] | None = None


def checked(selector: Any) -> Selector | None:
    """Return a selector as it was written. Raises msgspec.ValidationError where it is none."""
    if selector is not None:
        convert(selector, LabelSelector)
    return selector  # type: ignore[no-any-return]


class Direction(StrEnum):
    """Into a pod, or out of it."""

    INGRESS = "ingress"
    EGRESS = "egress"

    @property
    def type(self) -> str:
        """The word in ``policyTypes``."""
        return self.value.capitalize()


Labels = Mapping[str, Mapping[str, str]]
"""The labels of each namespace that was read."""


class Scope(msgspec.Struct, frozen=True):
    """Some pods: of ``namespace``, or where that is empty of those ``namespaces`` chooses.

    A selector that is None chooses everything.
    """

    namespace: str = ""
    namespaces: Selector | None = None
    pods: Selector | None = None

    def holds(self, party: Party, labels: Labels) -> Answer:
        """Whether a pod is meant; unknown where that rests on a namespace that was not read."""
        if self.namespace and party.namespace != self.namespace:
            return Answer.DENIED
        if self.pods is not None and not chooses(self.pods, party.labels):
            return Answer.DENIED
        if self.namespaces is None:
            return Answer.ALLOWED
        return _namespace(self.namespaces, party.namespace, labels)


def _namespace(selector: Selector, name: str, labels: Labels) -> Answer:
    """Whether a selector chooses a namespace, of which at least the name is known."""
    known = {**labels.get(name, {}), NAME: name}
    if name in labels:
        return Answer.ALLOWED if chooses(selector, known) else Answer.DENIED
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    sure = {
        "matchLabels": {key: value for key, value in wanted.items() if key == NAME},
        "matchExpressions": [each for each in expressions if each.get("key") == NAME],
    }
    if not chooses(sure, known):
        return Answer.DENIED
    rest = len(wanted) - len(sure["matchLabels"]) + len(expressions) - len(sure["matchExpressions"])
    return Answer.UNKNOWN if rest else Answer.ALLOWED


class Pods(msgspec.Struct, frozen=True):
    """Peers by labels. ``hosts``: a plug-in may mean pods on the nodes' network, too."""

    scope: Scope
    hosts: bool = True


class Addresses(msgspec.Struct, frozen=True):
    """Peers by address. ``pods``: a plug-in may let it mean pods."""

    block: Block
    pods: bool = True


class Entities(msgspec.Struct, frozen=True):
    """Peers by what they are, in Cilium's words."""

    names: tuple[str, ...]


class Unmodelled(msgspec.Struct, frozen=True):
    """Peers that are described in a way that is not looked into. ``pods``: it may mean pods."""

    field: str
    pods: bool = True


Peer = Pods | Addresses | Entities | Unmodelled


class Ports(msgspec.Struct, frozen=True):
    """Ports from ``first`` to ``last``, or those of a ``name``; no ``protocol`` is any of them.

    ``note`` limits what goes through them, such as HTTP requests of some paths.
    """

    protocol: str = "TCP"
    first: int = 1
    last: int = HIGHEST
    name: str = ""
    note: str = ""

    def holds(self, port: int, protocol: str, target: Party) -> Answer:
        """Whether a port is meant; for port 0, which is any, whether all, some or none are."""
        if self.protocol and self.protocol != protocol:
            return Answer.DENIED
        if self.name:
            return self._named(port, protocol, target)
        if port == 0:
            return Answer.ALLOWED if (self.first, self.last) == (1, HIGHEST) else Answer.UNKNOWN
        return Answer.ALLOWED if self.first <= port <= self.last else Answer.DENIED

    def _named(self, port: int, protocol: str, target: Party) -> Answer:
        found = [
            each.container_port
            for each in target.ports
            if each.name == self.name and (each.protocol or "TCP") == protocol
        ]
        if port == 0:
            return Answer.UNKNOWN if found else Answer.DENIED
        return Answer.ALLOWED if port in found else Answer.DENIED


class Rule(msgspec.Struct, frozen=True):
    """One rule; None stands for everybody, and for every port.

    ``unsure`` is what of it is not modelled.
    """

    peers: tuple[Peer, ...] | None = None
    ports: tuple[Ports, ...] | None = None
    unsure: str = ""


class Clause(msgspec.Struct, frozen=True):
    """What one policy says of one direction of the pods in its scope.

    ``rules`` are in the policy's order. ``denied`` ones win over every rule that allows. Where it
    does not isolate, what no rule allows stays open.
    """

    ref: Ref
    way: Direction
    scope: Scope
    rules: tuple[Rule, ...] = ()
    denied: tuple[Rule, ...] = ()
    isolates: bool = True


class Doubt(msgspec.Struct, frozen=True):
    """Something that was not read or is not modelled, and what it may do to the pods in its scope.

    It may grant what is denied, deny what is allowed, or isolate where nothing does. ``hosts``:
    it is about nodes and pods on their network, and about no others.
    """

    said: str
    ways: tuple[Direction, ...] = tuple(Direction)
    scope: Scope = Scope()
    ref: Ref | None = None
    grants: bool = True
    denies: bool = True
    isolates: bool = True
    hosts: bool = False
