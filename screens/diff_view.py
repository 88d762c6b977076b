"""A diff that scrolls both ways, drawn line by line: always + and -, never colour alone."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from k8sharden.changes.diff import FileDiff, for_display
from k8sharden.model.text import visible
from screens.keys import key, quiet

LONGEST = 2_000
"""Cells of a line that are drawn; what is longer is cut, as no one reads it here."""

MOST = 50_000
"""Lines that are drawn of one diff."""

ROOMY = 120
"""Columns from which before and after fit beside each other."""

_NARROW = f"Side by side needs {ROOMY} columns."

Cell = tuple[str, str]
"""What kind of line it is, and its text."""

Pair = tuple[Cell, Cell | None]
"""A line over the whole width, or before and after beside each other."""

NOTHING: Cell = ("context", "")

ALARM = "!! "
"""How a note begins that nobody may overlook."""

STYLES = ("note", "alarm", "file", "hunk", "added", "removed", "context")


class DiffView(ScrollView, can_focus=True):
    """Shows notes, then diffs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("diff.next", "n", "hunk(1)", "Next part", "To the next changed part"),
        key("diff.previous", "p", "hunk(-1)", "Previous", "To the changed part before"),
        key("diff.split", "t", "split", "Split", "Before and after side by side, or in one"),
        quiet("diff.down", "j", "scroll_down", "Down", "One line down"),
        quiet("diff.up", "k", "scroll_up", "Up", "One line up"),
        quiet("diff.right", "l", "scroll_right", "Right", "To the right"),
        quiet("diff.left", "h", "scroll_left", "Left", "To the left"),
        quiet("diff.top", "g", "scroll_home", "Top", "To the top"),
        quiet("diff.end", "G", "scroll_end", "End", "To the end"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"diff--{name}" for name in STYLES}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._notes: list[str] = []
        self._diff: list[Cell] = []
        self._lines: list[Pair] = []
        self._split = False

    @property
    def text(self) -> str:
        """What is shown, as text."""
        return "\n".join(text for pair in self._lines for _, text in filter(None, pair))

    def load(self, notes: Iterable[str], diffs: Iterable[FileDiff]) -> None:
        """Show these notes and diffs, from the top."""
        self._notes = [visible(note).replace("\n", " ") for note in notes]
        shown = [line for diff in diffs for line in (("file", ""), *_lines(for_display(diff)))]
        self._diff = [(kind, text.expandtabs(4)[:LONGEST]) for kind, text in shown[:MOST]]
        self._lay_out()
        self.scroll_to(0, 0, animate=False)

    def _lay_out(self) -> None:
        """Wrap the notes to the width; the lines of a diff stay as they are, and scroll."""
        wide = max(20, self.size.width - 2)
        wrapped = [
            ("alarm" if note.startswith(ALARM) else "note", row)
            for note in self._notes
            for row in wrap(note, wide, subsequent_indent="  ")
        ]
        beside = self._split and self.size.width >= ROOMY
        changes = _beside(self._diff) if beside else ((line, None) for line in self._diff)
        self._lines = [*((row, None) for row in wrapped), *changes]
        # Where there are two halves, a line of one scrolls as if the other were no room at all.
        other = self.size.width - self.size.width // 2
        widths = (
            max(cell_len(first[1]), cell_len(second[1]) if second else 0) + (other if second else 0)
            for first, second in self._lines
        )
        self.virtual_size = Size(max(widths, default=0) + 2, len(self._lines))
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Wrap the notes anew."""
        del event
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        left, top = self.scroll_offset
        width = self.size.width
        if y + top >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        first, second = self._lines[y + top]
        if second is None:
            return self._strip(first, left, width)
        half = (width - 1) // 2
        between = Strip([Segment("│", self.rich_style)])
        sides = (
            self._strip(first, left, half),
            between,
            self._strip(second, left, width - half - 1),
        )
        return Strip.join(sides)

    def _strip(self, cell: Cell, left: int, width: int) -> Strip:
        kind, text = cell
        style = self.rich_style + self.get_component_rich_style(f"diff--{kind}", partial=True)
        return Strip([Segment(f" {text} ", style)]).crop_extend(left, left + width, style)

    def action_split(self) -> None:
        """Show before and after beside each other, or in one again; say why it cannot be."""
        if self.size.width < ROOMY:
            self.notify(_NARROW, markup=False)
            return
        self._split = not self._split
        self._lay_out()

    def action_hunk(self, direction: int) -> None:
        """Scroll to the next changed part, or to the one before."""
        here = self.scroll_offset.y
        starts = [row for row, ((kind, _), _) in enumerate(self._lines) if kind == "hunk"]
        if direction > 0:
            target = next((row for row in starts if row > here), None)
        else:
            target = next((row for row in reversed(starts) if row < here), None)
        if target is not None:
            self.scroll_to(y=target, animate=False)


def _beside(lines: Iterable[Cell]) -> Iterator[Pair]:
    """Put what is removed beside what is added in its place."""
    removed: list[Cell] = []
    added: list[Cell] = []
    for line in lines:
        if line[0] == "removed" and not added:
            removed.append(line)
        elif line[0] == "added":
            added.append(line)
        else:
            yield from zip_longest(removed, added, fillvalue=NOTHING)
            removed, added = [line] if line[0] == "removed" else [], []
            if line[0] == "context":
                yield line, line
            elif not removed:
                yield line, None
    yield from zip_longest(removed, added, fillvalue=NOTHING)


def _lines(text: str) -> Iterable[tuple[str, str]]:
    """Return the lines but those that say what the two after them say as well."""
    lines = text.removesuffix("\n").split("\n")
    head = [n for n, line in enumerate(lines[:4]) if line.startswith("--- ")]
    return ((_kind(line), line) for line in lines[head[0] if head else 0 :])


def _kind(line: str) -> str:
    if line.startswith("@@"):
        return "hunk"
    if line.startswith(
        ("diff --git ", "--- a/", "--- /dev", "+++ b/", "+++ /dev", "new file ", "deleted file ")
    ):
        return "file"
    return {"+": "added", "-": "removed"}.get(line[:1], "context")
