"""The ground that a change stands on: what its basis was read from, read again at its turn.

A level, a running digest or a list of what is cut off was true at the scan. Right before the change
is written the lists behind it are read once more and the change is worked out anew: where that
gives another one, it is not the one that was approved.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from k8sharden.analysis.pod_security.projection import projected
from k8sharden.changes.bind import Bound, Drift
from k8sharden.changes.compose import Wanted, compose
from k8sharden.changes.left import replaced_by
from k8sharden.changes.make import remediation
from k8sharden.changes.plan import Origin, Planned
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, Listing, NoChange
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import pods_of

Reread = Callable[[Inventory, Sequence[Listing]], Inventory]
"""Returns the inventory with these lists as they are now; raises where one cannot be read."""


class Unsettled(Drift):
    """What a change waits for has been set going, and is not done yet."""


class Ground:
    """What the changes of one plan rest on, while they are applied one after the other."""

    def __init__(self, origin: Origin, reread: Reread) -> None:
        self._origin = origin
        self._reread = reread
        self._ours: dict[Ref, Bound] = {}

    def wrote(self, bound: Iterable[Bound]) -> None:
        """Take note of what this plan wrote: its own work is no drift."""
        self._ours |= {each.ref: each for each in bound}

    def current(self, planned: Planned) -> Change:
        """Work a change out anew from what it rests on; the same one where nothing did change.

        Raises `Drift` where there is no such change any more, and an error of the cluster where
        the lists cannot be read.
        """
        change = planned.change
        if not change.rests_on:
            return change
        known = self._reread(self._origin.inventory, change.rests_on)
        if self._is_last(planned):
            return self._settled(planned, known)
        fresh = self._composed(planned, self._without_ours(known))
        return change if _same(change, fresh) else fresh

    def _is_last(self, planned: Planned) -> bool:
        findings = (self._origin.findings[name] for name in planned.findings)
        return any(self._origin.items[finding.check].last for finding in findings)

    def _settled(self, planned: Planned, known: Inventory) -> Change:
        """Work out a change that was planned on what this plan leaves: by what is there by now.

        Raises `Unsettled` where only rollouts of ours are still missing.
        """
        change = planned.change
        try:
            fresh = self._composed(planned, known)
        except Drift:
            self._wait(planned, known)
            raise
        if _same(change, fresh):
            return change
        self._wait(planned, known)
        return fresh

    def _wait(self, planned: Planned, known: Inventory) -> None:
        """Raise `Unsettled` where the change will be the one that was approved, later."""
        rolling = replaced_by(self._ours.values())
        done = projected(known, {}, rolling, before=self._origin.inventory)
        try:
            settled = _same(planned.change, self._composed(planned, done))
        except Drift:
            return
        if settled:
            raise Unsettled(
                "Pods from before the changes of this plan still run there, and would not be "
                "admitted. Apply it again once the rollouts are done."
            )

    def _composed(self, planned: Planned, inventory: Inventory) -> Change:
        wanted = []
        for name in planned.findings:
            finding = self._origin.findings[name]
            answer = remediation(finding, inventory, self._origin.items[finding.check])
            if isinstance(answer, NoChange):
                raise Drift(f"{planned.change.title}: it does not hold any more. {answer.reason}")
            wanted.append(Wanted(answer, (name,)))
        composed, refused = compose(wanted)
        if refused or len(composed) != 1:
            raise Drift(f"{planned.change.title}: what it answers is no single change any more.")
        return composed[0].change

    def _without_ours(self, inventory: Inventory) -> Inventory:
        """Return the inventory with everything that this plan wrote as it was before."""
        objects = {key: list(items) for key, items in inventory.objects.items()}
        for ref, bound in self._ours.items():
            found = kinds.find(ref.api_version, ref.kind)
            if found is None:
                continue
            kind = kinds.family(found)
            kept = [each for each in objects.get(kind.key, ()) if o.ref_of(kind, each) != ref]
            try:
                before = [convert(bound.before, o.STRUCTS[kind])] if bound.before else []
            except msgspec.ValidationError:
                continue  # An odd object counts as it is: at worst that is drift.
            objects[kind.key] = [*kept, *before]
        new = pods_of(inventory)
        old = pods_of(self._origin.inventory)
        mine = [ref for ref in self._ours if ref in new or ref in old]
        gone = {(pod.namespace, pod.name) for ref in mine for pod in new.get(ref, ())}
        pods = objects.get(kinds.PODS.key, [])
        kept_pods = [pod for pod in pods if (pod.namespace, pod.name) not in gone]
        objects[kinds.PODS.key] = [*kept_pods, *(pod for ref in mine for pod in old.get(ref, ()))]
        frozen = {key: tuple(items) for key, items in objects.items()}
        return msgspec.structs.replace(inventory, objects=frozen, cache={})


def _same(one: Change, two: Change) -> bool:
    """Whether two changes do the same on the same ground, whatever is said of them."""
    return (one.kind, one.writes, one.files, one.basis) == (
        two.kind, two.writes, two.files, two.basis
    )  # fmt: skip
