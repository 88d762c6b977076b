"""What goes to the terminal: data to stdout, progress and words to stderr."""

import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from k8sharden.cluster.progress import INTERVAL, Progress
from k8sharden.errors import InputError
from k8sharden.model.text import json_escaped, one_line, visible

output_options = click.option(
    "-o", "output", type=click.Choice(["table", "json"]), default="table", help="The form."
)
out_option = click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE, not to stdout."
)

_PATIENCE = 0.5
"""Seconds that people wait without being told for what."""


def emit(text: str, out: Path | None) -> None:
    """Write data to stdout, or to a file. Raises `InputError` where it cannot be written."""
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        out.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error


def to_json(document: Any) -> str:
    """Return a document as indented JSON, safe to show in a terminal."""
    try:
        text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    except UnicodeEncodeError:
        # A file's name that is no UTF-8 holds half characters, which msgspec does not write.
        text = json.dumps(msgspec.to_builtins(document), indent=2)
    return json_escaped(text)


def say(message: str) -> None:
    """Say something to the person, on stderr, safe to show whatever it quotes."""
    click.echo(visible(message), err=True)


CELL = 200
"""The most characters of a cell, where nothing else is said."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], last: int = CELL) -> str:
    """Return rows in columns; every cell is made safe to show, the last one is not padded.

    ``last`` is how many characters of a row's last cell are shown.
    """
    cells = [
        [*(one_line(cell, CELL) for cell in row[:-1]), one_line(row[-1], last)]
        for row in (heads, *rows)
    ]
    widths = [max(_width(row[n]) for row in cells) for n in range(len(heads))]
    lines = (
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wipe() -> None:
    """Clear the terminal's line of what it showed of the progress."""
    if sys.stderr.isatty():
        click.echo("\r" + " " * 78 + "\r", err=True, nl=False)


@contextmanager
def scanning() -> Iterator[Callable[[Progress], None]]:
    """Show what is being read, on a terminal, and wipe it away at the end.

    Nothing where all is over in half a second.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    counts: dict[str, Progress] = {}
    shown = False
    due = time.monotonic() + _PATIENCE

    def show(progress: Progress) -> None:
        nonlocal shown
        counts[progress.resource] = progress
        if time.monotonic() < due:
            return
        shown = True
        text = f"Reading {progress.resource}: {_amount(progress, counts)}"
        click.echo(f"\r{text[:78]:<78}", err=True, nl=False)

    try:
        yield show
    finally:
        if shown:
            wipe()


def _amount(progress: Progress, counts: Mapping[str, Progress]) -> str:
    """Say how much was read: of a file its bytes, of a cluster the objects of all types."""
    if progress.unit != "objects":
        total = f" of {progress.said(progress.total)}" if progress.total else ""
        return progress.said(progress.done) + total
    types = [known for known in counts.values() if known.unit == "objects"]
    done = sum(known.finished for known in types)
    return f"{sum(known.done for known in types):,} objects, {done} of {len(types)} types done"


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many are done, on a terminal, and wipe it away at the end.

    Nothing where all is over in half a second, and nobody reads more than ten numbers a second.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    shown = False
    due = time.monotonic() + _PATIENCE

    def show(done: int, total: int) -> None:
        nonlocal shown, due
        if time.monotonic() < due:
            return
        shown, due = True, time.monotonic() + INTERVAL
        click.echo(f"\r{what}: {done + 1} of {total}".ljust(79), err=True, nl=False)

    try:
        yield show
    finally:
        if shown:
            wipe()
