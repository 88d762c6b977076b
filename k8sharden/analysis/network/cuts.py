"""Cuts: the connections that applications need, and that changed policies no longer let through."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.decide import Answer, Verdict
from k8sharden.analysis.network.edges import Calls, Edge
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.policies import Changed, Policies, policies_of
from k8sharden.analysis.network.touched import POLICIES, Written, relabels, touched
from k8sharden.analysis.pod_security.projection import projected
from k8sharden.model import kinds
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

_SHOWN = 20
"""Connections of one change that get a sentence of their own."""

_EVIDENCE = 2
"""How much of what shows a connection is said: the surest."""

_RANK = (Answer.ALLOWED, Answer.UNKNOWN, Answer.DENIED)


class Cut(msgspec.Struct, frozen=True):
    """An expected connection that gets worse, and what the policies say of it afterwards."""

    edge: Edge
    after: Verdict

    @property
    def certain(self) -> bool:
        """Whether it is denied; else it is not known any more whether it gets through."""
        return self.after.answer is Answer.DENIED


def cuts(
    calls: Calls,
    before: Policies,
    after: Policies,
    inventory: Inventory,
    later: Inventory | None = None,
) -> tuple[Cut, ...]:
    """Return the expected connections that policies let through, or may, and then no longer do.

    ``later`` is the inventory afterwards, where pods get other labels, too.
    """
    return tuple(_worse(calls.edges, before, after, inventory, later or inventory))


def _worse(
    edges: Iterable[Edge], before: Policies, after: Policies, inventory: Inventory, later: Inventory
) -> Iterator[Cut]:
    for edge in edges:
        now = judge_edge(edge, after, later)
        if now.answer is not Answer.ALLOWED:
            was = judge_edge(edge, before, inventory).answer
            if _RANK.index(was) < _RANK.index(now.answer):
                yield Cut(edge, now)


class Traffic:
    """The traffic of a cluster, change after change of a plan."""

    def __init__(self, inventory: Inventory) -> None:
        self._now = inventory.whole
        self._policies: Policies | None = None
        self._before: dict[Ref, Mapping[str, Any] | None] = {}

    def cut_by(self, written: Iterable[Written]) -> tuple[Impact, ...]:
        """Return what a change cuts, also for the moment between two of its writes.

        Where a policy of it is odd, that cannot be told, and this is said.
        """
        mine = [each for each in written if may_cut(each)]
        if not mine:
            return ()
        try:
            return tuple(_told(self._cut(mine)))
        except msgspec.ValidationError:
            said = "Cannot tell which connections it cuts: a policy of the change is odd."
            return (Impact(ImpactKind.TRAFFIC, None, said),)

    def take(self, written: Iterable[Written]) -> None:
        """Go on from what a change leaves. What is odd in it is left as it was."""
        for each in written:
            try:
                self._policies, self._now = self._after(each, self._ground(), self._now)
            except msgspec.ValidationError:
                continue

    def _ground(self) -> Policies:
        if self._policies is None:
            self._policies = policies_of(self._now)
        return self._policies

    def _cut(self, written: Iterable[Written]) -> dict[Edge, Cut]:
        calls, start = calls_of(self._now), self._ground()
        policies, later = start, self._now
        found: dict[Edge, Cut] = {}
        for each in written:
            policies, later = self._after(each, policies, later)
            near = Calls(tuple(touched(each, calls, self._now)))
            for cut in cuts(near, start, policies, self._now, later):
                if cut.certain or cut.edge not in found:
                    found[cut.edge] = cut
        return found

    @staticmethod
    def _after(each: Written, policies: Policies, now: Inventory) -> tuple[Policies, Inventory]:
        changed: Changed = {each.ref: each.after}
        if _is_ground(each.ref):
            return policies.changed(changed), now
        if relabels(each) and each.after is not None:
            return policies, projected(now, {each.ref: each.after}, (each.ref,))
        return policies, now


def may_cut(written: Written) -> bool:
    """Whether a write can cut anything: which connections, only the rest of the cluster tells."""
    return relabels(written) or _is_ground(written.ref)


def _is_ground(ref: Ref) -> bool:
    """Whether policies, or the namespaces that their selectors mean, are what is written."""
    return ref.kind == kinds.NAMESPACES.kind or (ref.api_version, ref.kind) in POLICIES


def _told(found: Mapping[Edge, Cut]) -> Iterator[Impact]:
    certain = [cut for cut in found.values() if cut.certain]
    unsure = [cut for cut in found.values() if not cut.certain]
    for cut in certain[:_SHOWN]:
        said = f"Cuts {_words(cut.edge)}."
        yield Impact(ImpactKind.TRAFFIC, 1, said, about=_named([cut]))
    if more := certain[_SHOWN:]:
        said = f"Cuts {len(more):,} more connections."
        yield Impact(ImpactKind.TRAFFIC, len(more), said, about=_named(more))
    for cut in unsure[:_SHOWN]:
        why = cut.after.egress.said or cut.after.ingress.said
        said = f"Cannot tell whether it cuts {_words(cut.edge)}"
        said = f"{said}: {why}." if why else f"{said}."
        yield Impact(ImpactKind.TRAFFIC, None, said, about=_named([cut]))
    if more := unsure[_SHOWN:]:
        said = f"Cannot tell either of {len(more):,} more connections."
        yield Impact(ImpactKind.TRAFFIC, None, said, about=_named(more))


def _named(found: Iterable[Cut]) -> tuple[str, ...]:
    """Name connections exactly, and by nothing that changes while they stay the same."""
    return tuple(_connection(cut.edge) for cut in found)


def _connection(edge: Edge) -> str:
    return f"{edge.source.label} → {edge.target.label} {edge.protocol} {edge.port}"


def _words(edge: Edge) -> str:
    """``Deployment shop/web → StatefulSet payments/ledger TCP 5432 (env LEDGER_URL of …)``."""
    ends = (one_line(end.label, 200) for end in (edge.source, edge.target))
    port = str(edge.port) if edge.port else "any port"
    shown = "; ".join(one_line(each.said, 200) for each in edge.evidence[:_EVIDENCE])
    return f"{' → '.join(ends)} {edge.protocol} {port}" + (f" ({shown})" if shown else "")
