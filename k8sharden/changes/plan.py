"""The plan: changes bound to the objects they meet, and the digest of exactly what was shown."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from k8sharden.analysis.ownership import Owner, OwnerKind, owner_of_object
from k8sharden.changes.bind import Bound, bind
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.reverse import Rewritten, ThreeWay
from k8sharden.errors import NotFound
from k8sharden.model.change import Change, Patch, show_path
from k8sharden.model.finding import Finding
from k8sharden.model.impact import Impact
from k8sharden.model.inventory import Inventory, Source
from k8sharden.model.item import Item
from k8sharden.model.kinds import NAMESPACES
from k8sharden.model.ref import Ref


class Unfixed(msgspec.Struct, frozen=True):
    """A finding that the plan does not answer, and why; in an undo, an entry.

    ``drift`` are the fields that somebody changed after us, ``needs`` the entries without which
    this one cannot be taken back, ``edited`` an object of ours that somebody changed.
    """

    finding: str
    reason: str
    drift: tuple[ThreeWay, ...] = ()
    needs: tuple[str, ...] = ()
    edited: Rewritten | None = None


class Planned(msgspec.Struct, frozen=True):
    """One change, bound to the objects it meets.

    ``undoes`` is the journal entry that this change takes back, empty for all others.
    """

    change: Change
    findings: tuple[str, ...]
    bound: tuple[Bound, ...]
    undoes: str = ""
    checked: tuple[str, ...] = ()
    """What the server said at the dry run of each write; empty before review."""
    rejected: str = ""
    """Why the server would refuse it; empty where it would not."""
    owner: Owner = Owner()
    """Who would put it back: the owner of the first of its objects that has one."""
    impact: tuple[Impact, ...] = ()
    """What it does to running pods and to rights, for people; the digest leaves it out."""
    overruled: bool = False
    """Whether a person chose to apply it although its owner would put it back."""

    @property
    def held(self) -> bool:
        """Whether it is exported, and not applied: what belongs to somebody is changed there.

        An undo is never held, since it gives the owner's own state back.
        """
        return self.owner.reverts and not self.overruled and not self.undoes

    @property
    def applies(self) -> bool:
        """Whether applying the plan writes it."""
        return bool(self.bound) and not self.held

    @property
    def cuts(self) -> int:
        """How many connections it cuts that something shows to be needed."""
        return sum(effect.cuts for effect in self.impact)

    @property
    def blind(self) -> bool:
        """Whether nothing was scanned that would tell what it does to the rest of the cluster."""
        return any(effect.blind for effect in self.impact)

    @property
    def traffic(self) -> tuple[tuple[bool, str], ...]:
        """The connections that it cuts for certain, and those of which that is not known."""
        return tuple(
            sorted(
                (effect.count is not None, name) for effect in self.impact for name in effect.about
            )
        )

    @property
    def ref(self) -> Ref | None:
        """The object that the change is about."""
        return self.change.ref

    @property
    def answers(self) -> tuple[str, ...]:
        """The findings that it answers, or the entry that it takes back."""
        return (self.undoes,) if self.undoes else self.findings

    @property
    def digest(self) -> str:
        """The digest of exactly this change."""
        return digest([self])


class Origin(msgspec.Struct, frozen=True):
    """The findings that a plan answers, the items behind them, and what the scan had read."""

    findings: Mapping[str, Finding]
    items: Mapping[str, Item]
    inventory: Inventory


class Plan(msgspec.Struct, frozen=True):
    """What will be done, in this order, and what will not."""

    source: Source
    changes: tuple[Planned, ...]
    unfixed: tuple[Unfixed, ...] = ()
    origin: Origin | None = None
    """What it was made from, so that it can be made again; None for an undo."""

    @property
    def digest(self) -> str:
        """``sha256:…`` over the cluster, each touched field before and after, their basis and cuts.

        A plan that was approved for one cluster is no plan for its twin, and one that cuts other
        connections is another plan. An undo's cuts are left out: a shell may have to do without.
        """
        cut = [each.traffic for each in self.changes] if self.origin else []
        return digest(self.changes, self.source.cluster_uid, cut)

    @property
    def blocked(self) -> tuple[Planned, ...]:
        """The changes that the server would refuse: none is applied until these are dropped."""
        return tuple(each for each in self.changes if each.rejected and each.applies)

    @property
    def cuts(self) -> int:
        """How many connections that are needed applying it cuts: that takes a word of its own."""
        return sum(planned.cuts for planned in self.changes if planned.applies)

    @property
    def blind(self) -> bool:
        """Whether it takes a scan to know what applying it does, and there was none."""
        return any(planned.blind for planned in self.changes if planned.applies)

    @property
    def held(self) -> tuple[Planned, ...]:
        """The changes that are exported, since an owner would put them back."""
        return tuple(planned for planned in self.changes if planned.held)

    def without(self, dropped: Planned) -> "Plan":
        """Return the plan without one change, whose findings stay unfixed.

        An undo that is dropped keeps what was written later in place: the undos of what that may
        stand on, the same objects and what runs in its namespaces, go with it.
        """
        at = self.changes.index(dropped)
        older = (each for each in self.changes[at + 1 :] if _stands_on(dropped, each))
        gone = {each.digest: each for each in (dropped, *older)}
        kept = tuple(each for each in self.changes if each.digest not in gone)
        names = (name for each in gone.values() for name in each.answers)
        left = tuple(Unfixed(name, "It was dropped from the plan.") for name in names)
        return msgspec.structs.replace(self, changes=kept, unfixed=(*self.unfixed, *left))

    def overrule(self, owner: Owner, *, overruled: bool = True) -> "Plan":
        """Return the plan with every change of this owner's objects to be applied after all."""
        changes = tuple(
            msgspec.structs.replace(each, overruled=overruled) if each.owner == owner else each
            for each in self.changes
        )
        return msgspec.structs.replace(self, changes=changes)


def _stands_on(dropped: Planned, undo: Planned) -> bool:
    """Whether what an undo takes back may be needed by what a dropped undo, before it, leaves."""
    if not dropped.undoes or not undo.undoes:
        return False
    refs = {bound.ref for bound in dropped.bound}
    spaces = {ref.name for ref in refs if ref.kind == NAMESPACES.kind}
    return any(each.ref in refs or each.ref.namespace in spaces for each in undo.bound)


Fetch = Callable[[Ref], dict[str, Any] | None]
"""Returns the whole object, or None where there is none."""


def bind_change(
    change: Change, findings: tuple[str, ...], fetch: Fetch, *, undoes: str = ""
) -> Planned:
    """Bind every write of a change to the object as it is now."""
    bound = tuple(bind(write, fetch(write.ref)) for write in change.writes)
    return Planned(change, findings, bound, undoes, owner=owner_of_writes(bound))


def owner_of_writes(bound: Iterable[Bound]) -> Owner:
    """Return the owner of the first object that has one; what is made anew has none yet."""
    owners = [owner_of_object(each.before) for each in bound if each.before is not None]
    known = sorted(owners, key=lambda owner: (not owner.reverts, owner.kind is OwnerKind.NONE))
    return known[0] if known else Owner()


def fetcher(get: Callable[[Ref], dict[str, Any]]) -> Fetch:
    """Turn a getter that raises `NotFound` into one that returns None."""

    def fetch(ref: Ref) -> dict[str, Any] | None:
        try:
            return get(ref)
        except NotFound:
            return None

    return fetch


def digest(changes: Iterable[Planned], cluster: str = "", cut: Sequence[object] = ()) -> str:
    """Digest what was shown: every touched field before and after, and the basis of each change.

    ``cut`` is what else was shown, of a whole plan: the connections that each change cuts.
    Bookkeeping (resourceVersion, managedFields, status) is left out, since it changes unasked.
    """
    content = [
        {
            "kind": planned.change.kind,
            "basis": planned.change.basis,
            "files": planned.change.files,
            "undoes": planned.undoes,
            "writes": [_content(bound) for bound in planned.bound],
        }
        for planned in changes
    ]
    encoded = msgspec.json.encode([cluster, content, cut], order="deterministic")
    return "sha256:" + hashlib.sha256(encoded).hexdigest()


def _content(bound: Bound) -> dict[str, Any]:
    if isinstance(bound.write, Patch):
        return {
            "patch": bound.ref,
            "fields": [[show_path(f.path), f.before, f.after] for f in _bare(bound)],
        }
    return {
        "ref": bound.ref,
        "before": essential(bound.before) if bound.before else None,
        "after": essential(bound.after) if bound.after else None,
    }


def _bare(bound: Bound) -> list[Any]:
    """Return the fields with None for what is not there, told apart from a null by its absence."""
    absent = "\0absent"
    replace = msgspec.structs.replace
    return [
        replace(
            field,
            before=absent if field.before is msgspec.UNSET else field.before,
            after=absent if field.after is msgspec.UNSET else field.after,
        )
        for field in bound.fields
    ]
