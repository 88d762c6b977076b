"""``k8sharden journal``: what was done, taking it back, and keeping the journal itself."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from k8sharden.analysis.rbac.questions import asked
from k8sharden.changes.entry import Entry
from k8sharden.changes.journal import Journal
from k8sharden.changes.plan import Plan
from k8sharden.changes.pruning import Pruning, pruning
from k8sharden.changes.recorded import diff_record, three_way
from k8sharden.cli.apply import carry_out, check_consent
from k8sharden.cli.cuts import accept_cuts_option, with_cuts
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, table, to_json
from k8sharden.cli.watching import watch_options
from k8sharden.config import state_folder
from k8sharden.errors import Refused
from k8sharden.export.journal import entry_document, journal_document, when
from k8sharden.model.masking import Masker
from k8sharden.model.text import visible
from k8sharden.session import Session

_DAY = 86_400.0

_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def journal() -> None:
    """Show what was done to which cluster, and take it back."""


@journal.command("list")
@source_options(files=False)
@output_options
@out_option
def list_(**options: Any) -> int:
    """List the entries of all clusters, or of the one that is named, newest first."""
    source, _, options = split(options)
    opened = _journal()
    entries: Sequence[Entry] = opened.entries()
    if source.demo or source.context or source.server or source.kubeconfig:
        session = open_session(source)
        entries = session.history.entries(session.place.source())
    if options["output"] == "json":
        masker, sealed = Masker(), opened.sealed(entries)
        documents = [entry_document(entry, sealed.get(entry.key, ""), masker) for entry in entries]
        emit(to_json(documents), options["out"])
        _tell(sealed)
    elif entries:
        heads = ("ID", "WHEN", "CLUSTER", "STATE", "WHAT")
        rows = [(e.id, when(e), e.place, e.state, e.title) for e in entries]
        emit(table(heads, rows), options["out"])
    else:
        say("The journal is empty: nothing was changed yet.")
    return 0


@journal.command(short_help="Show one entry, field by field.")
@click.argument("entry")
@output_options
@out_option
def show(entry: str, **options: Any) -> int:
    """Show one entry: each field before and after, secret values masked."""
    found = _journal().entry(entry)
    masker = Masker()
    if options["output"] == "json":
        emit(to_json(entry_document(found, "", masker)), options["out"])
        return 0
    parts = [diff_record(record, masker).text for _, record in found.records]
    head = [f"{found.id}  {found.state}  {when(found)}  {found.place}", found.title]
    head += [masker.masked(found.detail)] if found.detail else []
    head += asked(found.reviews)
    emit(visible("\n".join([*head, "", *parts])), options["out"])
    return 0


@journal.command(short_help="Take entries back, as a plan of their own.")
@click.argument("entries", nargs=-1, required=True)
@source_options(files=False)
@click.option("--yes", is_flag=True, help="Do not ask; needs --digest.")
@click.option("--digest", metavar="D", help="The digest of the undo that was approved.")
@click.option(
    "--partial",
    is_flag=True,
    help="Leave alone what somebody else changed since, fields or whole entries.",
)
@accept_cuts_option
@watch_options
@output_options
@out_option
def undo(entries: tuple[str, ...], **options: Any) -> int:
    """Take entries back: shown, confirmed and journalled like any other change."""
    source, _, rest = split(options)
    check_consent(yes=rest["yes"], digest=rest["digest"])
    session = open_session(source)
    plan = session.history.undo(entries, session.place.source(), partial=rest["partial"])
    plan = with_cuts(session, plan, asks=not rest["yes"])
    if plan.unfixed and not (rest["partial"] and plan.changes):
        _refuse(session, entries, plan)
    for unfixed in plan.unfixed:
        say(f"Left out, {unfixed.finding}: {unfixed.reason}")
    return carry_out(session, plan, None, rest) or (5 if plan.unfixed else 0)


def _refuse(session: Session, entries: Sequence[str], plan: Plan) -> NoReturn:
    """Say what is in the way of an undo, and what would help. Raises `Refused`."""
    masker = Masker()
    for field in (field for unfixed in plan.unfixed for field in unfixed.drift):
        say("\n".join(three_way(field, masker)))
    needs = dict.fromkeys(name for unfixed in plan.unfixed for name in unfixed.needs)
    if needs:
        say(f"To take all of it back: {session.command('journal', 'undo', *entries, *needs)}")
    elif any(unfixed.drift for unfixed in plan.unfixed):
        rest = session.command("journal", "undo", *entries, "--partial")
        say(f"To take back only what is still as we left it: {rest}")
    reasons = " ".join(unfixed.reason for unfixed in plan.unfixed)
    raise Refused(f"{reasons} Nothing was changed.")


@journal.command(short_help="Find out what became of interrupted changes.")
@source_options(files=False)
@click.option(
    "--close",
    metavar="ENTRY",
    multiple=True,
    help="End this one, too, where its objects do not tell; they stay as they are.",
)
def recover(close: tuple[str, ...], **options: Any) -> int:
    """Find out what became of changes that were interrupted; only the journal is written.

    Each object is compared with what it was before and what it was meant to be. The exit code is 5
    where an entry stays open.
    """
    source, _, _ = split(options)
    session = open_session(source)
    where = session.place.source()
    settled = session.history.recover(where, close)
    for entry, said in settled:
        say(f"{entry.id}: {entry.title}. {said}")
    if not settled:
        say("No change of this cluster was interrupted.")
    return 5 if session.history.interrupted(where) else 0


@journal.command(short_help="Write the whole journal as JSON, masked.")
@out_option
def export(out: Path | None) -> int:
    """Write the whole journal as JSON, secret values masked, such as for an audit."""
    opened = _journal()
    entries = opened.entries()
    sealed = opened.sealed(entries)
    emit(to_json(journal_document(entries, sealed)), out)
    _tell(sealed)
    return 5 if sealed else 0


@journal.command()
@click.option(
    "--older-than", metavar="DAYS", type=click.FloatRange(min=0), required=True, help="How old."
)
@click.option("--standing", is_flag=True, help="Also what can still be taken back.")
@_yes
def prune(*, older_than: float, standing: bool, yes: bool) -> int:
    """Remove old entries for good. What was interrupted stays, and what can still be taken back.

    With --standing that goes, too: nothing can take it back afterwards.
    """
    opened = _journal()
    with opened.alone():
        sorted_ = pruning(opened.entries(), time.time() - older_than * _DAY, standing=standing)
        _tell_kept(sorted_)
        if not sorted_.remove:
            say("Nothing is to be removed.")
            return 0
        if not yes:
            _ask(_about(sorted_.remove))
        opened.remove(sorted_.remove)
    say(f"Removed {_counted(len(sorted_.remove))}.")
    return 0


def _tell_kept(sorted_: Pruning) -> None:
    if sorted_.interrupted:
        many = _counted(len(sorted_.interrupted))
        say(f"Kept: {many}, interrupted. `k8sharden journal recover` settles that.")
    if sorted_.standing:
        many = _counted(len(sorted_.standing))
        say(f"Kept: {many} to take back from. --standing removes that, too.")


def _about(entries: tuple[Entry, ...]) -> str:
    """Say what goes, and what that means."""
    standing = sum(entry.undoable for entry in entries)
    lost = f" What {_counted(standing)} did can then no longer be taken back." if standing else ""
    return (
        f"To be removed: {_counted(len(entries))}, from {when(entries[-1])} to "
        f"{when(entries[0])}.{lost}"
    )


@journal.command("new-key", short_help="Seal the journal with a new key.")
@_yes
def new_key(*, yes: bool) -> int:
    """Seal the journal with a new key, as after the old one was lost.

    The key goes into the keyring, or with K8SHARDEN_JOURNAL_KEY=file into a file beside the
    journal. Entries whose old key is not to be had stay as they are: listed, and opened again once
    it is back.
    """
    opened = _journal()
    sealed = opened.sealed(opened.entries())
    _tell(sealed)
    if sealed and not yes:
        _ask("What these keys sealed stays sealed. What comes gets a new key.")
    done, left = opened.new_key()
    _tell_notes(opened)
    say(f"Sealed {_counted(done)} with a new key; {left} stay under an older one.")
    return 0


def _ask(about: str) -> None:
    """Ask for a yes. Raises `Refused` without one."""
    if not sys.stdin.isatty():
        raise Refused(f"{about} Not confirmed: there is no terminal to ask; give --yes.")
    say(about)
    answer = click.prompt("Type 'yes' to go on", default="", show_default=False, err=True)
    if answer.strip() != "yes":
        raise Refused("Not confirmed: nothing was changed.")


def _counted(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def _tell(sealed: dict[str, str]) -> None:
    for why in sealed.values():
        say(why)


def _journal() -> Journal:
    opened = Journal(state_folder() / "journal.sqlite")
    _tell_notes(opened)
    return opened


def _tell_notes(opened: Journal) -> None:
    for note in opened.notes():
        say(note)
