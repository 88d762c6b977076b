"""Dry-run a plan at review: what the server would say to each write, before anything is stored."""

from collections.abc import Callable

import msgspec

from k8sharden.changes.access import foretold
from k8sharden.changes.bind import Bound, Drift
from k8sharden.changes.plan import Plan, Planned
from k8sharden.changes.probe import held_to
from k8sharden.changes.write import Writer, rehearse
from k8sharden.errors import ApiError, Conflict, Forbidden, NotFound
from k8sharden.model.ref import Ref


def dry_run(plan: Plan, writer: Writer, step: Callable[[int], None] = lambda _: None) -> Plan:
    """Ask the server what it would say to each write. Nothing is stored; a refusal is kept.

    A later part of a group may need an earlier one to exist, and a later undo meets the object as
    an earlier one leaves it: both are checked at their turn, and the plan says so. Where a
    namespace is to enforce a level for the first time, a pod is tried as well (see `probe`), and
    where rights are to be asked about afterwards, whether we may ask.
    ``step`` is told how many changes were tried.
    """
    changes: list[Planned] = []
    touched: set[Ref] = set()
    for number, planned in enumerate(plan.changes):
        step(number)
        changes.append(_try(planned, writer, touched))
        touched |= {bound.ref for bound in planned.bound}
    return msgspec.structs.replace(plan, changes=tuple(changes))


def _try(planned: Planned, writer: Writer, touched: set[Ref]) -> Planned:
    checked: list[str] = []
    for number, bound in enumerate(planned.bound):
        if bound.ref in touched:
            checked.append(
                f"{bound.ref.label}: is checked at its turn, after the change before it."
            )
            continue
        try:
            warnings = rehearse(bound, writer)
        except Drift as error:
            return msgspec.structs.replace(planned, rejected=str(error))
        except ApiError as error:
            if number == 0 or not _may_pass_later(error, bound):
                return msgspec.structs.replace(planned, rejected=_said(error))
            checked.append(
                f"{bound.ref.label}: is checked at its turn, after what it needs exists."
            )
        else:
            held = held_to(bound, writer)
            if held and held.lowers:
                return msgspec.structs.replace(planned, rejected=held.said)
            said = [*warnings, *([held.said] if held else [])]
            checked += [f"{bound.ref.label}: {warning}" for warning in said]
    if planned.change.reviews:
        undo = bool(planned.undoes)
        checked.append(foretold(planned.change.reviews, writer.ask, undo=undo))
    return msgspec.structs.replace(planned, checked=tuple(checked))


def _said(error: ApiError) -> str:
    """Return a refusal; one for want of a right, which admission's is not, with what grants it."""
    if isinstance(error, Forbidden) and " cannot " in str(error):
        return f"{error}. `k8sharden permissions --apply` prints a role that may"
    return str(error)


def _may_pass_later(error: ApiError, bound: Bound) -> bool:
    """Whether a refusal can be due to an earlier part of the group that does not exist yet.

    Only a binding is forbidden for want of another object: the role whose rights it grants.
    """
    waits = isinstance(error, NotFound | Conflict)
    return waits or (isinstance(error, Forbidden) and "Binding" in bound.ref.kind)
