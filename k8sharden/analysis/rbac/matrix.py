"""The matrix of somebody's rights: namespaces by verbs, for one policy or before and after.

Only namespaces with more than holds everywhere have a row, and those that are alike share one: so
it stays small in a cluster of thousands.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import msgspec

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.subjects import MASTERS, Identity
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")
OTHER = "other"
COLUMNS = (*VERBS, OTHER)
"""The columns: all other verbs, such as ``deletecollection`` or ``escalate``, share the last."""


class Amount(IntEnum):
    """On how much a verb is allowed; ``SOME`` also where it is on single objects by name."""

    NONE = 0
    SOME = 1
    ALL = 2


class Cell(NamedTuple):
    """One verb in one row; ``dangerous`` names what is dangerous among it: ``secrets``."""

    amount: Amount = Amount.NONE
    dangerous: tuple[str, ...] = ()


Cells = tuple[Cell, ...]
"""One cell for each of `COLUMNS`."""

_NOTHING: Cells = (Cell(),) * len(COLUMNS)


class Row(NamedTuple):
    """The rights in some namespaces that are alike, with what holds everywhere among them.

    Without namespaces it is what holds everywhere, cluster-scoped objects included.
    """

    namespaces: tuple[str, ...]
    cells: Cells


class Compared(NamedTuple):
    """A row before and after a change."""

    namespaces: tuple[str, ...]
    before: Cells
    after: Cells

    @property
    def changed(self) -> bool:
        """Whether any cell differs."""
        return self.before != self.after


def matrix_of(who: Identity, policy: Policy, minor: int | None = None) -> tuple[Row, ...]:
    """Return the rows: what holds everywhere first, then namespaces with more than that.

    ``minor`` is the server's version, 36: some verbs are dangerous only before a version.
    """
    rows = compared(who, policy, policy, minor)
    return tuple(Row(row.namespaces, row.after) for row in rows)


def compared(
    who: Identity, before: Policy, after: Policy, minor: int | None = None
) -> tuple[Compared, ...]:
    """Return the rows of two policies side by side, those that do not change among them."""
    old = _by_namespace(who, before, minor)
    new = old if after is before else _by_namespace(who, after, minor)
    everywhere = (old[""], new[""])
    alike: dict[tuple[Cells, Cells], list[str]] = {}
    for space in sorted(old.keys() | new.keys()):
        pair = (old.get(space, everywhere[0]), new.get(space, everywhere[1]))
        if space and pair != everywhere:
            alike.setdefault(pair, []).append(space)
    rows = (Compared(tuple(spaces), *pair) for pair, spaces in alike.items())
    return (Compared((), *everywhere), *rows)


def _by_namespace(who: Identity, policy: Policy, minor: int | None) -> Mapping[str, Cells]:
    """Return the cells of every namespace with a binding of its own, and of ``""``: everywhere."""
    if MASTERS in who.groups:
        star = ["*"]
        return {"": _cells([o.PolicyRule(star, star, star)], bound=False, minor=minor)}
    # Thousands of namespaces may each bind the same role.
    known: dict[tuple[Ref, bool], Cells] = {}
    found = {"": _NOTHING}
    for grant in policy.grants(who):
        role = (grant.role, bool(grant.namespace))
        if role not in known:
            known[role] = _cells(grant.rules, bound=role[1], minor=minor)
        # What holds everywhere comes first, so that each namespace starts with all of it.
        held = found.get(grant.namespace, found[""])
        found[grant.namespace] = tuple(map(_together, held, known[role]))
    return found


def _together(one: Cell, other: Cell) -> Cell:
    dangerous = dict.fromkeys((*one.dangerous, *other.dangerous))
    return Cell(max(one.amount, other.amount), tuple(sorted(dangerous)))


def _cells(rules: Iterable[o.PolicyRule], *, bound: bool, minor: int | None) -> Cells:
    """Return the cells of a role's rules; ``bound`` where a RoleBinding keeps them in a place."""
    known = [each for each in rules if each.resources and each.api_groups]
    risky = _risky(minor, bound=bound)
    return tuple(Cell(_amount(known, verb), _dangerous(known, risky[verb])) for verb in COLUMNS)


def _amount(rules: Iterable[o.PolicyRule], verb: str) -> Amount:
    mine = [rule for rule in rules if _has(rule, verb)]
    return max((_extent(rule, verb) for rule in mine), default=Amount.NONE)


def _has(rule: o.PolicyRule, verb: str) -> bool:
    verbs = rule.verbs or ()
    if verb == OTHER:
        return any(each not in VERBS for each in verbs)
    return "*" in verbs or verb in verbs


def _extent(rule: o.PolicyRule, verb: str) -> Amount:
    words = [rule.api_groups, rule.resources, *([rule.verbs] if verb == OTHER else [])]
    every = all("*" in (some or ()) for some in words) and not rule.resource_names
    return Amount.ALL if every else Amount.SOME


def _dangerous(rules: Iterable[o.PolicyRule], risky: Iterable[Request]) -> tuple[str, ...]:
    nameless = [msgspec.structs.replace(rule, resource_names=None) for rule in rules]
    return tuple(
        sorted({each.resource for each in risky if any(allows(rule, each) for rule in nameless)})
    )


@cache
def _risky(minor: int | None, *, bound: bool) -> Mapping[str, tuple[Request, ...]]:
    """Return the requests that are dangerous, by column."""
    found: dict[str, list[Request]] = {verb: [] for verb in COLUMNS}
    for request in _requests(minor, bound=bound):
        found[request.verb if request.verb in VERBS else OTHER].append(request)
    return {verb: tuple(requests) for verb, requests in found.items()}


def _requests(minor: int | None, *, bound: bool) -> Iterator[Request]:
    for power in POWERS.values():
        for pattern in power.rights:
            if pattern.counts(minor, everywhere=not bound):
                yield from pattern.requests()
