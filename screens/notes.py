"""What the overview says below the areas: where one is, what is worst, what could not be read."""

from collections.abc import Sequence
from textwrap import wrap

from textual.content import Content
from textual.geometry import Size

from k8sharden.cluster.progress import Progress
from k8sharden.model.finding import Area
from k8sharden.model.text import one_line
from screens.desk import Desk
from screens.stack import NONE, UNKNOWN
from screens.words import SEVERITY_STYLE, plain

TRAINING = (
    "This is the training cluster: it lives in memory, and nothing here can break. "
    "New here? Press M: seven missions, each an attack that works, its fix, and why it fails then. "
    "In an area Enter reads a lesson, d shows the fix, space marks, a reviews the plan.\n"
)

_WIDE = 100
"""Columns of a terminal that has room for the stack beside the areas."""

_TALL = 32
"""Lines of a terminal that has room for more than what fails."""


def notes(desk: Desk, stack: Sequence[tuple[str, str]], size: Size) -> list[Content]:
    """Return what stands below: the training cluster, the worst, and what could not be read."""
    scan, session = desk.scan, desk.session
    rows = []
    if desk.interrupted:
        rows.append(plain(desk.interrupted).stylize("bold $text-warning"))
        rows.append(Content(""))
    if session is not None and session.place.training:
        rows.append(Content(TRAINING))
    if scan is None:
        return rows
    if size.width < _WIDE and stack:
        rows.append(plain(" · ".join(_told(name, value) for name, value in stack)))
        rows.append(Content(""))
    rows += _worst(desk, size)
    gaps = [entry for entry in scan.inventory.ledger.values() if not entry.complete]
    if not gaps and not scan.inventory.control_plane.missing:
        return [*rows, Content("Everything that the checks need was read.")]
    rows.append(Content.assemble(("Not read, so what needs it is unknown:", "bold")))
    for entry in gaps:
        why = (entry.permission and f"missing permission: {entry.permission}") or entry.detail
        said = one_line(f"{entry.resource}: {entry.status}; {why}", 600)
        told = wrap(said, size.width - 6, initial_indent="  ", subsequent_indent="    ")
        rows += map(Content, told)
    return [
        *rows,
        *(plain(f"  {missing}") for missing in scan.inventory.control_plane.missing),
    ]


def _told(name: str, value: str) -> str:
    """Return a value of the stack that says by itself what it is of."""
    return f"{name.lower()} {value}" if value in (UNKNOWN, NONE) else value


def _worst(desk: Desk, size: Size) -> list[Content]:
    """Say of each area what is worst in it, where there is room for that."""
    if size.height < _TALL:
        return []
    rows = [Content.assemble(("Worst in each area:", "bold"))]
    for number, area in enumerate(Area, start=1):
        worst = next((row.finding for row in desk.of(area) if row.finding.counts), None)
        if worst:
            word = (f"{worst.severity:<9}", SEVERITY_STYLE[worst.severity])
            what = plain(f"{worst.resource.label}: {worst.headline}", size.width - 18)
            rows.append(Content.assemble(f"  {number}  ", word, what))
    return [*rows, Content("")] if rows[1:] else []


def progress(step: Progress) -> Content:
    """Return how far the reading of one resource type is."""
    known = None if step.finished else step.total
    total = "" if known is None else f" of {step.said(known)}"
    done = "read" if step.finished else "reading"
    return plain(f"  {step.resource:<42}{step.said(step.done):>8}{total}  {done}")
