"""What a command does after its writes: waits for rollouts, takes back, looks at findings again."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from k8sharden.analysis.recheck import Rechecked
from k8sharden.analysis.rollout import Rollout
from k8sharden.changes.landing import PATIENCE, Tell, Watch
from k8sharden.changes.plan import Plan
from k8sharden.cli.output import say, wipe
from k8sharden.errors import InputError, K8shardenError
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.session import Scan, Session

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--no-wait", is_flag=True, help="Do not wait for rollouts, nor look at findings."),
    click.option(
        "--timeout",
        type=click.IntRange(1, 86_400),
        default=int(PATIENCE),
        show_default=True,
        metavar="SECONDS",
        help="How long one rollout may take.",
    ),
    click.option(
        "--auto-undo",
        is_flag=True,
        help="Take a change back whose rollout fails; one that outlasts --timeout stays.",
    ),
)


def watch_options(command: F) -> F:
    """Add the options of what happens after the writes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check_waiting(options: Mapping[str, Any]) -> None:
    """Raise `InputError` where rollouts are to be taken back that nobody waits for."""
    if options["auto_undo"] and options["no_wait"]:
        raise InputError(
            "--auto-undo needs to see the rollouts: leave out --no-wait. Nothing was changed."
        )


@contextmanager
def watching(
    session: Session, options: Mapping[str, Any], stop: Callable[[], bool]
) -> Iterator[Watch | None]:
    """Yield the watch over rollouts, unless nobody wants to wait."""
    if options["no_wait"]:
        yield None
        return
    with _showing() as tell:
        yield Watch(session.place.observe, patience=options["timeout"], tell=tell, stop=stop)


@contextmanager
def _showing() -> Iterator[Tell]:
    """Show how a rollout gets on, on a terminal, and wipe it away at the end."""
    if not sys.stderr.isatty():
        yield lambda _ref, _rollout: None
        return

    def show(ref: Ref, rollout: Rollout) -> None:
        text = one_line(f"{ref.label}: {rollout.said or rollout.stage}", 78)
        click.echo(f"\r{text:<78}", err=True, nl=False)

    try:
        yield show
    finally:
        wipe()


def show_asking(done: int, total: int) -> None:
    """Show how far asking about rights is, on a terminal; what comes next wipes it away."""
    if sys.stderr.isatty():
        text = f"Asking the API server: {done} of {total} rights"
        click.echo(f"\r{text:<78}", err=True, nl=False)


def look_again(
    session: Session, plan: Plan, before: Scan, enough: Callable[[], bool]
) -> dict[str, Rechecked]:
    """Scan again, until ``enough``, and say what became of the findings that the plan answers."""
    wanted = {name for planned in plan.changes if planned.applies for name in planned.findings}
    findings = [finding for finding in before.findings if finding.id in wanted]
    try:
        found = session.recheck(findings, session.scan(cancelled=enough))
    except K8shardenError as error:
        say(f"Whether the findings are gone could not be told: {error}")
        return {finding.id: Rechecked.CANNOT_TELL for finding in findings}
    counts = [(state, list(found.values()).count(state)) for state in Rechecked]
    said = ", ".join(f"{count} {state}" for state, count in counts if count)
    say(f"Looked at again: {said or 'no findings'}.")
    return found
