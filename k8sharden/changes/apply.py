"""Apply a plan: re-read, compare with what was approved, journal, write, verify. In that order."""

import functools
from collections.abc import Callable
from enum import StrEnum

import msgspec

from k8sharden.changes.bind import bind
from k8sharden.changes.ground import Ground, Unsettled
from k8sharden.changes.journal import Journal, Record, State, record_of
from k8sharden.changes.landing import Landed, Landing, Watch
from k8sharden.changes.plan import Plan, Planned, fetcher
from k8sharden.changes.rebind import Moved, rebound
from k8sharden.changes.reverse import reverse
from k8sharden.changes.verify import completed, verify
from k8sharden.changes.write import LostAnswer, Writer, write
from k8sharden.errors import InputError, K8shardenError
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
    now: Planned | None = None
    """What the change would be now, where that is not what was approved."""


def apply_plan(
    plan: Plan,
    writer: Writer,
    journal: Journal,
    *,
    report: Callable[[Outcome], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    watch: Watch | None = None,
    ground: Ground | None = None,
) -> tuple[Outcome, ...]:
    """Apply the changes one by one; a failure or ``stop`` leaves the rest unstarted.

    ``report`` is told each outcome as it is reached. ``watch`` sees each rollout to its end before
    the next change begins. ``ground`` is what the changes rest on, read again before each.
    Artefacts are not applied but exported.
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
            try:
                outcome = apply_change(planned, plan, writer, journal, watch, ground)
            except K8shardenError as error:
                # It was not begun. What was done before it has to be told all the same.
                if not any(before.entry for before in outcomes):
                    raise
                outcome = Outcome(planned, Result.FAILED, str(error))
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
    planned: Planned,
    plan: Plan,
    writer: Writer,
    journal: Journal,
    watch: Watch | None = None,
    ground: Ground | None = None,
) -> Outcome:
    """Apply one change: all of its writes, or none; then see that it lands."""
    try:
        fresh = rebound(planned, fetcher(writer.get), ground)
    except Moved as moved:
        return Outcome(planned, Result.FAILED, str(moved), now=moved.now)
    except Unsettled as waits:
        return Outcome(planned, Result.SKIPPED, str(waits))
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
        if ground:
            ground.wrote(fresh.bound)
    except K8shardenError as error:
        return Outcome(planned, Result.FAILED, _fail(error, done, entry, writer, journal), entry)
    written = [record for _, record in done]
    wait = functools.partial(watch.landing, before) if watch and before else None
    try:
        return _after(planned, entry, written, writer, journal, wait)
    except InputError as error:
        # The journal knows that it was written, and `recover` finds out the rest.
        return Outcome(planned, Result.APPLIED, str(error), entry)


def _after(
    planned: Planned,
    entry: str,
    written: list[Record],
    writer: Writer,
    journal: Journal,
    wait: Callable[[], Landing] | None,
) -> Outcome:
    """See that what was written is there, and that it lands; journal both."""
    try:
        verify(written, fetcher(writer.get))
    except K8shardenError as error:
        journal.settle(entry, State.APPLIED, str(error))
        return Outcome(planned, Result.APPLIED, str(error), entry)
    if wait:
        # Should this program end meanwhile, the journal says no more than what is known.
        said = "Written as meant; its rollout was not seen to its end."
        journal.settle(entry, State.APPLIED, said)
        return _landed(planned, entry, wait(), journal)
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


Written = tuple[int, Record]
"""A write that was made, with its number in the entry."""


def _fail(
    error: K8shardenError, done: list[Written], entry: str, writer: Writer, journal: Journal
) -> str:
    """Take back what was written, journal what became of it, and say so."""
    lost = isinstance(error, LostAnswer)
    # A part that arrives late would stand alone then, as no step of the plan does.
    taken, left = ([], None) if lost else _take_back(done, writer)
    said = f" {left[0].label} could not be taken back: {left[1]}" if left else ""
    if done and lost:
        said = " What was written before it stays until that is known."
    elif done and not left:
        said = " What was written before was taken back."
    # A server's sentence ends without a full stop.
    detail = f"{str(error).rstrip('.')}.{said}"
    unsettled = lost or bool(left and isinstance(left[1], LostAnswer))
    try:
        for number, record in taken:
            journal.wrote(entry, number, record, State.UNDONE)
        journal.settle(entry, State.INTENDED if unsettled else State.FAILED, detail)
    except InputError as unwritten:
        return f"{detail} {unwritten}"
    return detail


def _take_back(
    done: list[Written], writer: Writer
) -> tuple[list[Written], tuple[Ref, K8shardenError] | None]:
    """Undo the earlier writes of a group whose later one failed; stop where one cannot be."""
    fetch = fetcher(writer.get)
    taken: list[Written] = []
    for number, record in reversed(done):
        try:
            live = fetch(record.ref)
            write(bind(reverse(record, live), live), writer)
        except K8shardenError as error:
            return taken, (record.ref, error)
        taken.append((number, record))
    return taken, None
