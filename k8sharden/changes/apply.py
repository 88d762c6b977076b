"""Apply a plan: re-read, compare with what was approved, journal, write, verify. In that order."""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from k8sharden.changes.bind import Bound, Drift, bind
from k8sharden.changes.journal import Journal, Record, State, record_of
from k8sharden.changes.landing import Landed, Landing, Watch
from k8sharden.changes.plan import Fetch, Plan, Planned, fetcher, owner_of_writes
from k8sharden.changes.reverse import reverse
from k8sharden.changes.verify import completed, verify
from k8sharden.changes.write import LostAnswer, Writer, rehearse, write
from k8sharden.errors import ApiError, Conflict, Forbidden, InputError, K8shardenError, NotFound
from k8sharden.model.ref import Ref


class Result(StrEnum):
    """What became of a planned change."""

    APPLIED = "applied"
    VERIFIED = "verified"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDONE = "undone"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one planned change; ``entry`` is its place in the journal, if it has one."""

    planned: Planned
    result: Result
    detail: str = ""
    entry: str = ""


def apply_plan(
    plan: Plan,
    writer: Writer,
    journal: Journal,
    *,
    report: Callable[[Outcome], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    watch: Watch | None = None,
) -> tuple[Outcome, ...]:
    """Apply the changes one by one; a failure or ``stop`` leaves the rest unstarted.

    ``report`` is told each outcome as it is reached. ``watch`` sees each rollout to its end before
    the next change begins. Artefacts are not applied but exported.
    """
    outcomes: list[Outcome] = []
    halted = ""
    for planned in plan.changes:
        if not planned.applies:
            outcome = Outcome(planned, Result.SKIPPED, _why_exported(planned))
        elif halted or stop():
            halted = halted or "Stopped on request before this change."
            outcome = Outcome(planned, Result.SKIPPED, halted)
        else:
            outcome = apply_change(planned, plan, writer, journal, watch)
            halted = _HALT.get(outcome.result, "")
        outcomes.append(outcome)
        report(outcome)
    return tuple(outcomes)


_HALT = {
    Result.FAILED: "Not started, since the change before it failed.",
    Result.APPLIED: "Not started, since what became of the change before it is not known.",
}


def _why_exported(planned: Planned) -> str:
    if planned.held:
        return f"Exported by default, not applied: {planned.owner.warning}"
    return "It is exported, not applied."


def apply_change(
    planned: Planned, plan: Plan, writer: Writer, journal: Journal, watch: Watch | None = None
) -> Outcome:
    """Apply one change: all of its writes, or none; then see that it lands."""
    try:
        fresh = rebound(planned, fetcher(writer.get))
    except K8shardenError as error:
        return Outcome(planned, Result.FAILED, str(error))
    before = watch.before(fresh.bound) if watch else {}
    records = [record_of(bound) for bound in fresh.bound]
    entry = journal.intend(
        cluster=plan.source.cluster_uid,
        place=plan.source.name,
        kind=planned.change.kind,
        title=planned.change.title,
        digest=planned.digest,
        findings=planned.findings,
        records=records,
        undoes=planned.undoes,
    )
    done: list[Written] = []
    try:
        for number, bound in enumerate(fresh.bound):
            record = completed(records[number], write(bound, writer))
            # Before the journal, so that one that fails now still leaves the write taken back.
            done.append((number, record))
            journal.wrote(entry, number, record)
        journal.settle(entry, State.APPLIED, undone=planned.undoes)
    except K8shardenError as error:
        return Outcome(planned, Result.FAILED, _fail(error, done, entry, writer, journal), entry)
    try:
        verify([record for _, record in done], fetcher(writer.get))
    except K8shardenError as error:
        journal.settle(entry, State.APPLIED, str(error))
        return Outcome(planned, Result.APPLIED, str(error), entry)
    if watch and before:
        # Should this program end meanwhile, the journal says no more than what is known.
        journal.settle(
            entry, State.APPLIED, "Written as meant; its rollout was not seen to its end."
        )
        return _landed(planned, entry, watch.landing(before), journal)
    journal.settle(entry, State.VERIFIED)
    return _good(planned, entry)


def _good(planned: Planned, entry: str, said: str = "") -> Outcome:
    return Outcome(planned, Result.UNDONE if planned.undoes else Result.VERIFIED, said, entry)


def _landed(planned: Planned, entry: str, landing: Landing, journal: Journal) -> Outcome:
    """Journal how a rollout ended; a failed one stands until somebody takes it back."""
    match landing.landed:
        case Landed.WELL | Landed.UNWATCHED:
            journal.settle(entry, State.VERIFIED, landing.said)
            return _good(planned, entry, landing.said)
        case Landed.BADLY:
            journal.settle(entry, State.FAILED, landing.said)
            return Outcome(planned, Result.FAILED, landing.said, entry)
        case Landed.UNKNOWN:
            journal.settle(entry, State.APPLIED, landing.said)
            return Outcome(planned, Result.APPLIED, landing.said, entry)


def rebound(planned: Planned, fetch: Fetch) -> Planned:
    """Bind a change anew. Raises `Drift` where that gives anything but what was approved."""
    bound = tuple(bind(write, fetch(write.ref)) for write in planned.change.writes)
    fresh = msgspec.structs.replace(planned, bound=bound)
    owner = owner_of_writes(bound)
    if owner.reverts and owner != planned.owner and not planned.undoes:
        raise Drift(
            f"{planned.change.title}: since it was reviewed it has another owner. {owner.warning} "
            "Nothing was written; scan and review again."
        )
    if fresh.digest != planned.digest:
        raise Drift(
            f"{planned.change.title}: the object changed since it was reviewed. Nothing was "
            "written; scan and review again."
        )
    return fresh


def dry_run(plan: Plan, writer: Writer, step: Callable[[int], None] = lambda _: None) -> Plan:
    """Ask the server what it would say to each write. Nothing is stored; a refusal is kept.

    A later part of a group may need an earlier one to exist, and a later undo meets the object as
    an earlier one leaves it: both are checked at their turn, and the plan says so. ``step`` is told
    how many changes were tried.
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
                return msgspec.structs.replace(planned, rejected=str(error))
            checked.append(
                f"{bound.ref.label}: is checked at its turn, after what it needs exists."
            )
        else:
            checked += [f"{bound.ref.label}: {warning}" for warning in warnings]
    return msgspec.structs.replace(planned, checked=tuple(checked))


def _may_pass_later(error: ApiError, bound: Bound) -> bool:
    """Whether a refusal can be due to an earlier part of the group that does not exist yet.

    Only a binding is forbidden for want of another object: the role whose rights it grants.
    """
    waits = isinstance(error, NotFound | Conflict)
    return waits or (isinstance(error, Forbidden) and "Binding" in bound.ref.kind)


Written = tuple[int, Record]
"""A write that was made, with its number in the entry."""


def _fail(
    error: K8shardenError, done: list[Written], entry: str, writer: Writer, journal: Journal
) -> str:
    """Take back what was written, journal what became of it, and say so."""
    taken, problem = _take_back(done, writer)
    said = problem or ("What was written before was taken back." if done else "")
    detail = f"{error} {said}".rstrip()
    try:
        for number, record in taken:
            journal.wrote(entry, number, record, State.UNDONE)
        unsettled = isinstance(error, LostAnswer)
        journal.settle(entry, State.INTENDED if unsettled else State.FAILED, detail)
    except InputError as unwritten:
        return f"{detail} {unwritten}"
    return detail


def _take_back(done: list[Written], writer: Writer) -> tuple[list[Written], str]:
    """Undo the earlier writes of a group whose later one failed; stop where one cannot be."""
    fetch = fetcher(writer.get)
    taken: list[Written] = []
    for number, record in reversed(done):
        try:
            live = fetch(record.ref)
            write(bind(reverse(record, live), live), writer)
        except K8shardenError as error:
            return taken, f"{record.ref.label} could not be taken back: {error}"
        taken.append((number, record))
    return taken, ""
