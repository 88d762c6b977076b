"""What a line of a list of findings looks like."""

from collections.abc import Callable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from k8sharden.model.text import one_line
from screens.arranging import Group
from screens.rows import Row
from screens.words import severity_word

CLASSES = (
    *("findings--cursor", "findings--mark", "findings--where", "findings--head"),
    *(
        f"findings--{word}"
        for word in ("critical", "high", "medium", "low", "unknown", "system", "waived")
    ),
)
"""The names under which the style sheet gives colours."""

Styled = Callable[[str], Style]
"""Gives the style of one of `CLASSES`."""


def row_cells(row: Row, width: int, style: Styled, *, marked: bool) -> list[Segment]:
    """Return the cells of a finding: the mark, how bad, where, what."""
    word = severity_word(row.finding)
    where = min(44, max(24, width * 2 // 5))
    return [
        Segment("● " if marked else "  ", style("findings--mark")),
        Segment(fit(word, 9), style(f"findings--{word}")),
        Segment(fit(row.where, where) + " ", style("findings--where")),
        Segment(fit(row.finding.headline, max(1, width - where - 12))),
    ]


def head_cells(
    group: Group, width: int, style: Styled, *, marked: int, folded: bool
) -> list[Segment]:
    """Return the cells of a group's head: its name, how many rows, how many of them marked."""
    sign = "▸" if folded else "▾"
    told = f"{sign} {one_line(group.name, 300)}  {len(group.rows):,}" + (
        f", {marked:,} marked" if marked else ""
    )
    return [Segment(fit(told, width), style("findings--head"))]


def fit(text: str, width: int) -> str:
    """Return the text in exactly ``width`` cells, an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def covered(strip: Strip, style: Style) -> Strip:
    """Return the strip in one style: colours of its own would vanish on the cursor's."""
    return Strip([Segment(segment.text, style) for segment in strip], strip.cell_length)
