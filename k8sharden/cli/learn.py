"""``k8sharden explain`` and ``k8sharden checks``: the lessons and the catalogue."""

import textwrap
from typing import Any

import click

import remediations
from k8sharden.cli.output import emit, out_option, output_options, table, to_json
from k8sharden.model.item import Item

PARTS = (
    ("What it is", "what"),
    ("Why it matters", "why"),
    ("What an attacker does", "attack"),
    ("How the fix works", "fix"),
    ("What it can break", "breaks"),
    ("How to verify", "verify"),
)


@click.command()
@click.argument("check")
@output_options
@out_option
def explain(check: str, **options: Any) -> int:
    """Print the lesson of one check."""
    item = remediations.item(check)
    text = to_json(_document(item)) if options["output"] == "json" else _lesson(item)
    emit(text, options["out"])
    return 0


@click.command()
@output_options
@out_option
def checks(**options: Any) -> int:
    """List the catalogue of checks."""
    items = remediations.catalogue()
    if options["output"] == "json":
        emit(to_json([_document(item) for item in items]), options["out"])
        return 0
    rows = [(item.id, item.severity, item.area, item.kind, item.title) for item in items]
    emit(table(("CHECK", "SEVERITY", "AREA", "FIX", "TITLE"), rows), options["out"])
    return 0


def _lesson(item: Item) -> str:
    parts = [f"{item.title}\n{item.id} · {item.area.heading} · {item.severity}"]
    for heading, part in PARTS:
        parts.append(f"{heading}\n{_wrapped(getattr(item.lesson, part))}")
    reading = {one.url or one.label: one for one in (*item.references, *item.lesson.reading)}
    lines = [f"  {one.label}{': ' + one.url if one.url else ''}" for one in reading.values()]
    return "\n\n".join([*parts, "Further reading\n" + "\n".join(lines)]) + "\n"


def _wrapped(text: str) -> str:
    """Wrap prose at 80 columns; lines that are indented, such as commands, stay as they are."""
    return "\n".join(
        line
        if line.startswith((" ", "\t"))
        else textwrap.fill(
            line,
            78,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
            break_long_words=False,
        )
        for line in text.splitlines()
    )


def _document(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "area": item.area,
        "severity": item.severity,
        "kind": item.kind,
        "references": [{"label": one.label, "url": one.url} for one in item.references],
        "lesson": {part: getattr(item.lesson, part) for _, part in PARTS}
        | {"reading": [{"label": one.label, "url": one.url} for one in item.lesson.reading]},
    }
