"""``k8sharden journal``: what was done, and taking it back."""

import datetime as dt
from typing import Any

import click
import msgspec

from k8sharden.changes.journal import Entry, Journal
from k8sharden.changes.recorded import diff_record
from k8sharden.cli.apply import carry_out, check_consent
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, table, to_json
from k8sharden.cli.watching import watch_options
from k8sharden.config import state_folder
from k8sharden.errors import Refused
from k8sharden.model.masking import Masker
from k8sharden.model.text import visible


@click.group()
def journal() -> None:
    """Show what was done to which cluster, and take it back."""


@journal.command("list")
@output_options
@out_option
def list_(**options: Any) -> int:
    """List the entries of all clusters, newest first."""
    entries = _journal().entries()
    if options["output"] == "json":
        emit(to_json([_document(entry) for entry in entries]), options["out"])
    elif entries:
        heads = ("ID", "WHEN", "CLUSTER", "STATE", "WHAT")
        rows = [(e.id, _when(e), e.place, e.state, e.title) for e in entries]
        emit(table(heads, rows), options["out"])
    else:
        say("The journal is empty: nothing was changed yet.")
    return 0


@journal.command()
@click.argument("entry")
@output_options
@out_option
def show(entry: str, **options: Any) -> int:
    """Show one entry: each field before and after, secret values masked."""
    found = _journal().entry(entry)
    if options["output"] == "json":
        emit(to_json(_document(found)), options["out"])
        return 0
    head = [f"{found.id}  {found.state}  {_when(found)}  {found.place}", found.title]
    head += [found.detail] if found.detail else []
    masker = Masker()
    parts = [diff_record(record, masker).text for _, record in found.records]
    emit(visible("\n".join([*head, "", *parts])), options["out"])
    return 0


@journal.command()
@click.argument("entries", nargs=-1, required=True)
@source_options(files=False)
@click.option("--yes", is_flag=True, help="Do not ask; needs --digest.")
@click.option("--digest", metavar="D", help="The digest of the undo that was approved.")
@watch_options
@output_options
@out_option
def undo(entries: tuple[str, ...], **options: Any) -> int:
    """Take entries back: shown, confirmed and journalled like any other change."""
    source, _, rest = split(options)
    check_consent(yes=rest["yes"], digest=rest["digest"])
    session = open_session(source)
    plan = session.undo(entries, session.place.source())
    if plan.unfixed:
        reasons = " ".join(unfixed.reason for unfixed in plan.unfixed)
        raise Refused(f"{reasons} Nothing was changed.")
    return carry_out(session, plan, None, rest)


@journal.command("settle")
@source_options(files=False)
def settle_(**options: Any) -> int:
    """Find out what became of changes that were interrupted; only the journal is written.

    Run it while nobody else applies changes to this cluster.
    """
    source, _, _ = split(options)
    session = open_session(source)
    settled = session.settle(session.place.source())
    for entry, said in settled:
        say(f"{entry.id}: {entry.title}. {said}")
    if not settled:
        say("No change of this cluster was interrupted.")
    return 0


def _journal() -> Journal:
    return Journal(state_folder() / "journal.sqlite")


def _when(entry: Entry) -> str:
    moment = dt.datetime.fromtimestamp(entry.created, dt.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


def _document(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON, secret values masked."""
    masker = Masker()
    return {
        "id": entry.id,
        "cluster": entry.cluster,
        "place": entry.place,
        "created": _when(entry),
        "state": entry.state,
        "kind": entry.kind,
        "title": entry.title,
        "digest": entry.digest,
        "findings": list(entry.findings),
        "undoes": entry.undoes,
        "detail": entry.detail,
        "writes": [
            {
                "state": state,
                "kind": type(record.write).__name__.lower(),
                "resource": msgspec.to_builtins(record.ref),
                "diff": diff_record(record, masker).text,
            }
            for state, record in entry.records
        ],
    }
