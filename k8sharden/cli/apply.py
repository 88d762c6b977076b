"""``k8sharden apply``: plan, show, confirm, dry-run, apply, verify."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from k8sharden.analysis.recheck import Rechecked
from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.journal import State
from k8sharden.changes.plan import Plan
from k8sharden.cli.cuts import accept_cuts_option, check_cuts
from k8sharden.cli.options import open_session, selection_options, source_options, split
from k8sharden.cli.output import (
    counting,
    emit,
    out_option,
    output_options,
    say,
    to_json,
    wipe,
)
from k8sharden.cli.plan import describe, make, tell_unfixed, ways_out
from k8sharden.cli.rest import tell_rest
from k8sharden.cli.watching import check_waiting, look_again, show_asking, watch_options, watching
from k8sharden.errors import InputError, Refused
from k8sharden.export.reports import plan_document
from k8sharden.model.text import one_line, typeable
from k8sharden.session import Scan, Session


@click.command()
@source_options(files=False)
@selection_options
@click.option("--yes", is_flag=True, help="Do not ask; needs --digest.")
@click.option("--digest", metavar="D", help="The digest of the plan that was approved.")
@accept_cuts_option
@watch_options
@click.option(
    "--override-owner",
    multiple=True,
    metavar="OWNER",
    help="Apply live what this owner, such as argocd/shop, would put back.",
)
@output_options
@out_option
def apply(**options: Any) -> int:
    """Plan, show, confirm, apply and verify. The journal can take it back."""
    source, selection, rest = split(options)
    check_consent(yes=rest["yes"], digest=rest["digest"])
    check_waiting(rest)
    session = open_session(source)
    if session.place.read_only:
        raise Refused("Read-only, by --read-only or by the settings: nothing can be changed here.")
    plan, scan = make(session, selection)
    tell_unfixed(plan, scan.findings)
    chosen = overruled(plan, rest["override_owner"])
    rest["selection"] = selection
    # What is applied after all changes what the later changes meet.
    judged = session.judged(chosen, scan)
    if rest["digest"] == plan.digest:
        # `k8sharden plan` overrules nobody: what it showed is approved, and whom to overrule here.
        rest["digest"] = judged.digest
    return carry_out(session, judged, scan, rest)


def overruled(plan: Plan, keys: Sequence[str]) -> Plan:
    """Return the plan with what belongs to these owners applied live. Raises `InputError`."""
    owners = dict.fromkeys(planned.owner for planned in plan.held)
    known = {owner.key for owner in owners}
    for key in dict.fromkeys(keys):
        if key not in known:
            there = ", ".join(sorted(known)) or "none"
            raise InputError(
                f"--override-owner {key!r} owns nothing in this plan. Its owners: {there}."
            )
    # A Kustomization and a HelmRelease of one name share a key: it stands for both.
    for owner in owners:
        plan = plan.overrule(owner) if owner.key in keys else plan
    return plan


def check_consent(*, yes: bool, digest: str | None) -> None:
    """Refuse a yes that says to what."""
    if yes and not digest:
        raise InputError("--yes needs --digest D: the digest that `k8sharden plan` printed.")


def carry_out(session: Session, plan: Plan, scan: Scan | None, options: dict[str, Any]) -> int:
    """Review, ask, apply, watch, and report; return the exit code.

    ``scan`` is what the plan answers; an undo answers none.
    """
    digest = options["digest"]
    if digest and plan.digest != digest:
        if not plan.changes:
            raise Refused(
                f"Nothing is left to change, so {digest} is no plan any more: was it applied "
                "already? `k8sharden journal list` tells. Nothing was done."
            )
        raise Refused(
            f"The plan is now {plan.digest}, not {digest}: the cluster changed, or other findings "
            "or other evidence (--audit-log, --flows, --widen) were given. Look at it with "
            "`k8sharden plan`. Nothing was done."
        )
    if not any(planned.applies for planned in plan.changes):
        shown = f"{describe(plan, session)}\n" if plan.held else ""
        say(f"{shown}Nothing to apply.")
        return _report(session, plan, (), {}, options)
    with counting("Asking the server about change") as count:
        reviewed = session.review(plan, lambda done: count(done, len(plan.changes)))
    if reviewed.blocked:
        raise Refused(_refused(reviewed))
    check_cuts(reviewed, options["accept_cuts"])
    if not options["yes"]:
        say(describe(reviewed, session))
        _confirm(session, reviewed)

    def report(outcome: Outcome) -> None:
        what = f"{outcome.result}: {outcome.planned.change.title}"
        detail = f" ({outcome.detail})" if outcome.detail else ""
        entry = f" [{outcome.entry}]" if outcome.entry else ""
        wipe()  # what was last shown of a rollout stands on this line
        say(f"{what}{detail}{entry}")
        if outcome.now:
            say("It would be this now:\n" + "".join(d.text for d in session.preview(outcome.now)))

    with stopping() as stop, watching(session, options, stop) as watch:
        outcomes = session.apply(reviewed, plan.digest, report, stop, watch, show_asking)
        if options["auto_undo"]:
            outcomes = session.take_back(outcomes, plan.source, report)
    for note in session.history.notes():
        say(note)
    again = _again(session, plan, scan, options)
    return _report(session, reviewed, outcomes, again, options)


def _again(
    session: Session, plan: Plan, scan: Scan | None, options: Mapping[str, Any]
) -> Mapping[str, Rechecked]:
    """Look at the findings again; Ctrl-C ends that, and what was done is told all the same."""
    if scan is None or options["no_wait"]:
        return {}
    with stopping("Stopping; what was done is told.") as enough:
        return look_again(session, plan, scan, enough)


def _refused(plan: Plan) -> str:
    """Name each change that the server would refuse, and the words that leave it out."""
    parts = []
    for planned in plan.blocked:
        out = " ".join(f"--without {name}" for name in planned.findings)
        how = f"leave out entry {planned.undoes}" if planned.undoes else f"leave it out with {out}"
        title = one_line(planned.change.title, 200)
        parts.append(f"“{title}” ({one_line(planned.rejected, 600)}): {how}.")
    return f"The server would refuse {' '.join(parts)} Nothing was changed."


@contextmanager
def stopping(
    words: str = "Stopping after the object that is being changed.",
) -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C stop between two objects and never in the middle of one; ``words`` answer it."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            say(words)
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _confirm(session: Session, plan: Plan) -> None:
    """Ask for the context's name, or for a yes on the training cluster."""
    if not sys.stdin.isatty():
        raise Refused(
            "Not confirmed: there is no terminal to ask. Give --yes and --digest "
            f"{plan.digest} to apply exactly this plan."
        )
    name = session.place.name
    wanted = "yes" if session.place.training else typeable(name)
    question = f"Type '{wanted}' to apply this to {one_line(name, 200)}"
    answer = click.prompt(question, default="", show_default=False, err=True)
    if answer.strip() != wanted:
        raise Refused(
            f"Not confirmed: {one_line(answer.strip(), 200)!r} is not '{wanted}'. "
            "Nothing was changed."
        )


def _report(
    session: Session,
    plan: Plan,
    outcomes: Sequence[Outcome],
    again: Mapping[str, Rechecked],
    options: Mapping[str, Any],
) -> int:
    if options["output"] == "json":
        document = plan_document(plan, session.diffs(plan), outcomes, again)
        emit(to_json(document), options["out"])
    for line in ways_out(plan, session) if outcomes else ():
        say(line)
    written = [outcome.entry for outcome in outcomes if outcome.entry]
    entries = [session.history.journal.entry(name) for name in written]
    standing = [entry for entry in entries if entry.undoable]
    failed = [entry.id for entry in standing if entry.state is State.FAILED]
    if failed and len(failed) < len(standing):
        say(f"To take back what failed: {session.command('journal', 'undo', *failed)}")
    if standing:
        names = (entry.id for entry in standing)
        say(f"To take it all back: {session.command('journal', 'undo', *names)}")
    left = tell_rest(session, outcomes, options)
    odd = any(_odd(outcome) for outcome in outcomes) or Rechecked.STILL_THERE in again.values()
    if not odd:
        return 5 if left else 0
    # What was not verified, or may have landed, is neither done nor left undone.
    return 5 if any(entry.state is not State.FAILED or entry.undoable for entry in entries) else 4


def _odd(outcome: Outcome) -> bool:
    """Whether a change did not end as it was meant."""
    # A plan that undoes is meant to end so; a fix that had to be taken back is not.
    taken_back = outcome.result is Result.UNDONE and not outcome.planned.undoes
    return taken_back or outcome.result in (Result.FAILED, Result.APPLIED)
