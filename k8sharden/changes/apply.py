"""Apply a plan: re-read, compare with what was approved, journal, write, verify. In that order."""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

import msgspec

from k8sharden.changes.access import Inquiry, Tell
from k8sharden.changes.answers import Verdict, gone
from k8sharden.changes.back import Written, fail
from k8sharden.changes.entry import records_of
from k8sharden.changes.ground import Ground, Unsettled
from k8sharden.changes.journal import Journal, State
from k8sharden.changes.landing import Landed, Landing, Watch
from k8sharden.changes.means import Means
from k8sharden.changes.pace import Pace
from k8sharden.changes.plan import Plan, Planned, fetcher
from k8sharden.changes.rebind import Moved, rebound
from k8sharden.changes.verify import completed, verify
from k8sharden.changes.write import Writer, write
from k8sharden.errors import InputError, K8shardenError, Refused


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
    unsure: bool = False
    """Whether it is written as it was meant, and only the rights that come of it are not known."""


def apply_plan(  # noqa: PLR0913 - what is told and asked on the way
    plan: Plan,
    writer: Writer,
    journal: Journal,
    *,
    report: Callable[[Outcome], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    watch: Watch | None = None,
    ground: Ground | None = None,
    asking: Tell = lambda _done, _total: None,
) -> tuple[Outcome, ...]:
    """Apply the changes one by one; a failure or ``stop`` leaves the rest unstarted.

    ``report`` is told each outcome as it is reached. ``watch`` sees each rollout to its end before
    the next change begins. ``ground`` is what the changes rest on, read again before each.
    ``asking`` is told how many rights of how many are found as a change means them.
    Artefacts are not applied but exported.
    """
    inquiry = Inquiry(writer.ask, tell=asking, stop=stop)
    means = Means(writer, journal, inquiry, watch, ground)
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
                outcome = apply_change(planned, plan, means)
            except K8shardenError as error:
                # It was not begun. What was done before it has to be told all the same.
                if not any(before.entry for before in outcomes):
                    raise
                outcome = Outcome(planned, Result.FAILED, str(error))
            halted = "" if outcome.unsure else _HALT.get(outcome.result, "")
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


def apply_change(planned: Planned, plan: Plan, means: Means) -> Outcome:
    """Apply one change: all of its writes, or none; then see that it lands."""
    writer, journal = means.writer, means.journal
    try:
        fresh = rebound(planned, fetcher(writer.get), means.ground)
    except Moved as moved:
        return Outcome(planned, Result.FAILED, str(moved), now=moved.now)
    except Unsettled as waits:
        return Outcome(planned, Result.SKIPPED, str(waits))
    except K8shardenError as error:
        return Outcome(planned, Result.FAILED, str(error))
    pace = Pace(means.watch)
    records = records_of(planned.change, fresh.bound)
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
            pace.ready(bound)
            record = completed(records[number], write(bound, writer))
            # Before the journal, so that one that fails now still leaves the write taken back.
            done.append((number, record))
            journal.wrote(entry, number, record)
        journal.settle(entry, State.APPLIED, undone=planned.undoes)
        if means.ground:
            means.ground.wrote(fresh.bound)
    except K8shardenError as error:
        return Outcome(planned, Result.FAILED, fail(error, done, entry, means), entry)
    try:
        return _after(planned, entry, done, means, pace)
    except InputError as error:
        # The journal knows that it was written, and `recover` finds out the rest.
        return Outcome(planned, Result.APPLIED, str(error), entry)


def _after(planned: Planned, entry: str, done: list[Written], means: Means, pace: Pace) -> Outcome:
    """See that what was written is there, that nobody lost a right, that it lands; journal it."""
    writer, journal = means.writer, means.journal
    odd = _odd(done, writer)
    verdict = _asked(planned, entry, done, means)
    if verdict.lost and not planned.undoes:
        with suppress(InputError):  # what somebody has lost comes first
            journal.settle(entry, State.INTENDED, verdict.said)
        said = fail(Refused(verdict.said), done, entry, means)
        return Outcome(planned, Result.FAILED, said, entry)
    if odd:
        said = f"{odd} {verdict.said}".rstrip()
        journal.settle(entry, State.APPLIED, said)
        return Outcome(planned, Result.APPLIED, said, entry)
    if pace.rolls:
        # Should this program end meanwhile, the journal says no more than what is known.
        said = "Written as meant; its rollout was not seen to its end."
        journal.settle(entry, State.APPLIED, f"{said} {verdict.said}".rstrip())
        return _landed(planned, entry, pace.landing(), verdict, journal)
    return _good(planned, entry, verdict, journal)


def _odd(done: list[Written], writer: Writer) -> str:
    """Say what does not read as it was written; empty where all of it does."""
    try:
        verify([record for _, record in done], fetcher(writer.get))
    except K8shardenError as error:
        return str(error)
    return ""


def _asked(planned: Planned, entry: str, done: list[Written], means: Means) -> Verdict:
    """Ask about the rights that a change leads to, if it says so.

    A journal that cannot be written is told later: who lost a right cannot wait for it.
    """
    reviews = planned.change.reviews
    if not reviews:
        return Verdict("")
    with suppress(InputError):
        said = (
            "Written as meant; whether the rights are as they were meant was not asked to the end."
        )
        means.journal.settle(entry, State.APPLIED, said)
    return means.inquiry.verdict(reviews, gone(record for _, record in done))


def _good(
    planned: Planned, entry: str, verdict: Verdict, journal: Journal, landed: str = ""
) -> Outcome:
    """Journal that all reads as it was written, and what the authorizer says of it."""
    said = f"{verdict.said} {landed}".strip()
    unsure = verdict.lost or verdict.unsure
    journal.settle(entry, State.APPLIED if unsure else State.VERIFIED, said)
    if unsure:
        return Outcome(planned, Result.APPLIED, said, entry, unsure=True)
    return Outcome(planned, Result.UNDONE if planned.undoes else Result.VERIFIED, said, entry)


def _landed(
    planned: Planned, entry: str, landing: Landing, verdict: Verdict, journal: Journal
) -> Outcome:
    """Journal how a rollout ended; a failed one stands until somebody takes it back."""
    said = f"{verdict.said} {landing.said}".strip()
    match landing.landed:
        case Landed.WELL | Landed.UNWATCHED:
            return _good(planned, entry, verdict, journal, landing.said)
        case Landed.BADLY:
            journal.settle(entry, State.FAILED, said)
            return Outcome(planned, Result.FAILED, said, entry)
        case Landed.UNKNOWN:
            journal.settle(entry, State.APPLIED, said)
            return Outcome(planned, Result.APPLIED, said, entry)
