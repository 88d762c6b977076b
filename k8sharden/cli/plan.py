"""``k8sharden plan``: the composed changes."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from k8sharden.changes.diff import FileDiff, join
from k8sharden.changes.plan import Plan, Planned
from k8sharden.cli.cuts import cut_words
from k8sharden.cli.options import open_session, selection_options, source_options, split
from k8sharden.cli.output import counting, emit, out_option, say, scanning, to_json
from k8sharden.cli.registries import tell_asked, tell_read
from k8sharden.cli.selection import Selection, select
from k8sharden.export.inplace import unlisted
from k8sharden.export.reports import owner_notes, plan_document
from k8sharden.model.change import Risk
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Source
from k8sharden.model.text import visible
from k8sharden.places.files import FilesPlace
from k8sharden.session import Scan, Session

RISKS = {
    Risk.SAFE: "disturbs nothing that runs",
    Risk.RESTART: "restarts pods",
    Risk.TRAFFIC: "can cut traffic",
    Risk.ACCESS: "takes access away",
}
_UNDO_RISKS = RISKS | {
    Risk.TRAFFIC: "lets traffic through again",
    Risk.ACCESS: "gives access back",
}
"""What each risk of a change means where that change is taken back."""


@click.command()
@source_options()
@selection_options
@click.option(
    "-o", "output", type=click.Choice(["table", "json", "diff"]), default="table", help="The form."
)
@out_option
def plan(**options: Any) -> int:
    """Show the changes that would answer the findings, one write per object. Nothing is sent."""
    source, selection, rest = split(options)
    session = open_session(source)
    made, scan = make(session, selection)
    match rest["output"]:
        case "json":
            document = plan_document(made, session.diffs(made))
            emit(to_json(document), rest["out"])
        case "diff":
            diffs = session.place.diffs(made.changes)
            text, left_out = join(diffs)
            if text or rest["out"]:
                # git needs every byte of a file; a terminal gets none that could drive it.
                shown = rest["out"] is None and sys.stdout.isatty()
                emit(visible(text) if shown else text, rest["out"])
            tell_left_out(left_out)
            _tell_folder(session)
            tell_unlisted(session, made, diffs)
            tell_unfixed(made, scan.findings)
        case _:
            emit(describe(made, session), rest["out"])
            tell_unlisted(session, made)
            tell_unfixed(made, scan.findings)
            _tell_next(session, made, selection)
    return 0


def _tell_next(session: Session, made: Plan, selection: Selection) -> None:
    """End with the command that carries the plan out; what came through a pipe has no file."""
    if session.place.writer is None:
        if made.changes and "-" not in session.place.options:
            say(f"Next: `{session.command('plan', '-o', 'diff', *selection.words)} | git apply`")
    elif not session.place.read_only and any(planned.applies for planned in made.changes):
        say(
            f"Next: `{session.command('apply', *selection.words)}` asks before it changes anything."
        )


def make(session: Session, selection: Selection) -> tuple[Plan, Scan]:
    """Scan, and plan what was selected."""
    with scanning() as show:
        scan = session.scan(show)
    tell_asked(scan.inventory.facts)
    tell_read(session, scan.inventory.facts)
    findings = select(scan, selection, session.items)
    _tell_unknown(session, selection, findings)
    chosen = findings if selection.findings else [item for item in findings if item.counts]
    with counting("Planning change") as count:
        return session.plan(scan, chosen, count), scan


def _tell_unknown(session: Session, selection: Selection, findings: Sequence[Finding]) -> None:
    """Say that a plan is not about everything, where something was not to be told."""
    if unknown := sum(finding.status is Status.UNKNOWN for finding in findings):
        why = session.command("scan", *selection.words)
        say(f"Could not be told: {unknown}. `{why}` says why.")


def describe(made: Plan, session: Session) -> str:
    """Return a plan for people: each change with its risk, its warnings and its diff."""
    if not made.changes:
        return "Nothing to change."
    diffs = session.diffs(made)
    parts = [
        _change(number, planned, made.source)
        + "".join(f"\n{d.text}" for d in diffs[planned.digest])
        for number, planned in enumerate(made.changes, start=1)
    ]
    ways = [*cut_words(made), *ways_out(made, session)]
    return visible("\n".join([*parts, *ways, f"Digest of this plan: {made.digest}"]))


def ways_out(made: Plan, session: Session) -> list[str]:
    """Say how what is only exported by default gets to its source, or is applied all the same."""
    held = made.held if session.place.writer is not None else ()
    if not held:
        return []
    refs = dict.fromkeys(planned.ref for planned in held if planned.ref is not None)
    named = [f"{ref.kind}/{ref.namespace}/{ref.name}" for ref in refs]
    words = [word for name in named for word in ("--resource", name)]
    export = session.command("export", "--format", "patches", "--out", "hardening", *words)
    owners = dict.fromkeys(planned.owner.key for planned in held)
    override = " ".join(f"--override-owner {shlex.quote(key)}" for key in owners)
    one = len(held) == 1
    what = "1 change is" if one else f"{len(held)} changes are"
    return [
        f"{what} exported by default: make {'it at its' if one else 'them at their'} source.",
        "  Where their manifests are files: k8sharden plan -f FOLDER -o diff | git apply",
        f"  To write them as patches:        {export}",
        f"  To apply them all the same, add  {override}",
    ]


def _change(number: int, planned: Planned, source: Source) -> str:
    change = planned.change
    count = f"{len(planned.findings)} finding{'s' * (len(planned.findings) != 1)}"
    risk, answers = RISKS[change.risk], f"answers {count}"
    if planned.undoes:
        risk, answers = _UNDO_RISKS[change.risk], f"answered {count}"
        # Taking back what lets traffic through lets nothing through.
        risk = RISKS[change.risk] if planned.cuts else risk
    lines = [f"{number}. {change.title} ({change.kind}, {risk}, {answers})"]
    notes = [*owner_notes(planned, source), *change.warnings]
    lines += [
        f"   {'!!' if effect.cuts or effect.blind else '~'} {effect.said}"
        for effect in planned.impact
    ]
    lines += [f"   ! {note}" for note in (*notes, *planned.checked)]
    lines += [f"   x The server would refuse it: {planned.rejected}"] if planned.rejected else []
    lines += [f"   file {file.path}" for file in change.files]
    lines += ["   `k8sharden export --format artefacts` writes these files."] * bool(change.files)
    return "\n".join(lines) + "\n"


def tell_unfixed(made: Plan, findings: Sequence[Finding]) -> None:
    """Say which findings stay open, and why."""
    known = {finding.id: finding for finding in findings}
    if made.unfixed:
        say(f"No change here for {len(made.unfixed)} of the findings:")
    # In the order of the scan: the severest first, each object's in the same place.
    order = {name: place for place, name in enumerate(known)}
    for unfixed in sorted(made.unfixed, key=lambda one: order.get(one.finding, len(order))):
        finding = known.get(unfixed.finding)
        what = f"{finding.check} {finding.resource.label}" if finding else unfixed.finding
        say(f"  {what}: {unfixed.reason}")


def tell_left_out(paths: Sequence[str]) -> None:
    """Say which files a diff left out, and what to do with them."""
    for path in paths:
        say(
            f"Left out, since its lines would show a secret value: {visible(path)}. Edit it by "
            "hand, after what `k8sharden plan` shows masked."
        )


def _tell_folder(session: Session) -> None:
    """Say what `git apply` needs below the top of a repository, where it skips without a word."""
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    if isinstance(session.place, FilesPlace) and top != here:
        folder = shlex.quote(f"--directory={here.relative_to(top).as_posix()}")
        say(f"This is not the top of the repository: pipe it into `git apply {folder}`.")


def tell_unlisted(session: Session, made: Plan, diffs: Sequence[FileDiff] = ()) -> None:
    """Say which new files are without effect until a kustomization names them.

    ``diffs`` are the plan's, where they are known already: hundreds of objects take seconds.
    """
    place = session.place
    if isinstance(place, FilesPlace):
        known = diffs or place.diffs(made.changes)
        for path, kustomization in unlisted(known, place.manifests):
            say(f"Name {path} in {kustomization}: a new file has no effect without it.")
