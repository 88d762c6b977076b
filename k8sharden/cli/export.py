"""``k8sharden export``: the changes as files."""

from pathlib import Path
from typing import Any

import click

from k8sharden.cli.options import open_session, selection_options, source_options, split
from k8sharden.cli.output import emit, output_options, say, to_json
from k8sharden.cli.plan import make, tell_left_out, tell_unfixed, tell_unlisted
from k8sharden.export.folder import Format
from k8sharden.export.reports import plan_document
from k8sharden.model.text import visible


@click.command()
@source_options()
@selection_options
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in Format]),
    default=Format.PATCHES.value,
    help="patches: a diff per change; manifests: the objects as they are, before any change; "
    "artefacts: runbooks and files for what lies outside the API.",
)
@click.option(
    "--out",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write to.",
)
@output_options
def export(**options: Any) -> int:
    """Write the changes as files. Nothing is sent to the cluster."""
    source, selection, rest = split(options)
    session = open_session(source)
    plan, scan = make(session, selection)
    done = session.export(plan, rest["out"], Format(rest["form"]))
    if rest["output"] == "json":
        emit(to_json(plan_document(plan, session.diffs(plan))), None)
    else:
        for path in done.written:
            emit(visible(str(path)), None)
    if not done.written:
        say(f"There is nothing to write as {rest['form']}.")
    tell_left_out(done.left_out)
    if rest["form"] == Format.PATCHES and done.written and not source.files:
        say(
            "They apply onto what `--format manifests` writes. Files of your own repository are "
            "patched by `k8sharden plan -f FOLDER -o diff`."
        )
    if rest["form"] == Format.PATCHES:
        tell_unlisted(session, plan)
    for name in done.masked:
        say(f"Secret values are masked in {visible(name)}: do not apply it as it is.")
    tell_unfixed(plan, scan.findings)
    return 5 if done.left_out else 0
