"""``k8sharden journal``: what was done, taking it back, and keeping the journal itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from k8sharden.analysis.rbac.questions import asked
from k8sharden.changes.diff import for_display
from k8sharden.changes.entry import Entry
from k8sharden.changes.plan import Plan
from k8sharden.changes.recorded import diff_edited, diff_record, three_way
from k8sharden.cli.apply import carry_out, check_consent
from k8sharden.cli.cuts import accept_cuts_option, with_cuts
from k8sharden.cli.keeping import new_key, open_journal, prune, tell_sealed
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, table, to_json
from k8sharden.cli.watching import check_waiting, watch_options
from k8sharden.errors import Refused
from k8sharden.export.journal import entry_document, journal_document, when
from k8sharden.model.masking import Masker
from k8sharden.model.text import visible
from k8sharden.session import Session


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
    opened = open_journal()
    entries: Sequence[Entry] = opened.entries()
    if source.demo or source.context or source.server or source.kubeconfig:
        session = open_session(source)
        entries = session.history.entries(session.place.source())
    if options["output"] == "json":
        masker, sealed = Masker(), opened.sealed(entries)
        documents = [entry_document(entry, sealed.get(entry.key, ""), masker) for entry in entries]
        emit(to_json(documents), options["out"])
        tell_sealed(sealed)
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
    found = open_journal().entry(entry)
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
    check_waiting(rest)
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
    for edited in (unfixed.edited for unfixed in plan.unfixed if unfixed.edited):
        say(for_display(diff_edited(edited, masker)))
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
    opened = open_journal()
    entries = opened.entries()
    sealed = opened.sealed(entries)
    emit(to_json(journal_document(entries, sealed)), out)
    tell_sealed(sealed)
    return 5 if sealed else 0


journal.add_command(prune)
journal.add_command(new_key)
