"""The list of findings: draws only the rows that can be seen, so that 50,000 cost what 50 do.

A `DataTable` measures every row on the event loop: `make bench-screens` times both.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from k8sharden.model.finding import Finding
from screens.arranging import Grouping, Order, Steps
from screens.cells import CLASSES, covered, head_cells, row_cells
from screens.keys import key, quiet
from screens.lines import Lines
from screens.rows import Row

BUDGET = 0.003
"""Seconds that the list works in one go; then keys and drawing have their turn."""


class FindingsList(ScrollView, can_focus=True):
    """Findings in rows; space marks, v begins a range, / filters (the screen asks for the words).

    ``marks`` is the desk's own set, changed in place.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("list.mark", "space", "mark", "Mark", "Mark for the plan, and go on"),
        quiet("list.range", "v", "range", "Range", "Mark a range: v, move, v"),
        quiet("list.all", "A", "mark_all", "Mark all", "Mark all that are shown, or none"),
        quiet("list.down", "j,down", "move(1)", "Down", "One row down"),
        quiet("list.up", "k,up", "move(-1)", "Up", "One row up"),
        quiet("list.pagedown", "pagedown", "page(1)", "Page down", "One page down"),
        quiet("list.pageup", "pageup", "page(-1)", "Page up", "One page up"),
        quiet("list.first", "g,home", "first", "First", "First row"),
        quiet("list.last", "G,end", "last", "Last", "Last row"),
        quiet("list.open", "enter", "open", "Lesson", "Read its lesson; fold or unfold a group"),
        quiet("list.fold", "left,h", "fold(True)", "Fold", "Fold the group"),
        quiet("list.unfold", "right,l", "fold(False)", "Unfold", "Unfold the group"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = set(CLASSES)

    cursor = reactive(0)
    """The row under the cursor, counted in what is shown."""

    class Moved(Message):
        """Another finding is under the cursor, or none."""

    class Marked(Message):
        """The marks changed."""

    class Opened(Message):
        """Enter was pressed on a finding."""

    def __init__(self, marks: set[str]) -> None:
        super().__init__()
        self._marks = marks
        self._lines = Lines(marks)
        self._anchor: int | None = None
        self._job: Steps[None] | None = None
        self._kept = ""
        self._marking = False
        self._plain = Style()
        self._done: Callable[[], None] = lambda: None

    @property
    def current(self) -> Finding | None:
        """The finding under the cursor; None on the head of a group."""
        row = self._lines.row(self.cursor)
        return row.finding if row else None

    @property
    def shown(self) -> int:
        """How many rows the filter lets through."""
        return self._lines.shown

    @property
    def busy(self) -> bool:
        """Whether rows are still being arranged."""
        return self._job is not None

    @property
    def hidden_marks(self) -> int:
        """How many marked findings are not among the rows: filtered out, or of another area."""
        return len(self._marks) - self._lines.marked_here

    def load(self, rows: Sequence[Row]) -> None:
        """Show other findings; the cursor stays on the one it was on where that is still there."""
        self._keep()
        self._lines.load(rows)
        self._rearrange(self._lines.arranging())

    def narrow(self, query: str) -> None:
        """Show only the findings that hold every word of ``query``."""
        self._keep()
        self._lines.query = query
        self._rearrange(self._lines.arranging())

    def reveal(self, name: str) -> bool:
        """Put the cursor on the finding of this id; say whether the filter lets it through."""
        if not self._lines.holds(name):
            return False
        self._kept = name
        if not self.busy:
            self._lines.unfold()
            self._rearrange(self._lines.folding())
        return True

    def sort(self, sorting: Order, grouping: Grouping) -> None:
        """Sort and group; the cursor stays on its finding."""
        self._keep()
        self._lines.sort(sorting, grouping)
        self._rearrange(self._lines.arranging())

    def _keep(self) -> None:
        row = self._lines.row(self.cursor)
        self._kept = row.id if row else self._kept if self.busy else ""

    def _rearrange(self, job: Steps[None], line: int | None = None) -> None:
        """Arrange the rows; the cursor goes to ``line``, or stays on its finding."""

        def arranged() -> None:
            self._anchor = None
            self._resize_content()
            self.refresh()
            self.cursor = self._lines.line_of(self._kept) if line is None else line
            self.post_message(self.Moved())

        self._start(job, arranged)

    def _start(self, job: Steps[None], done: Callable[[], None]) -> None:
        """Do at once what is quickly done, and the rest a little at a time."""
        if self._job and self._marking:
            # Marks are never left half done.
            deque(self._job, maxlen=0)
            self._done()
        self._job, self._done, self._marking = job, done, False
        if _worked(job):
            self.run_worker(self._rest(job), group="arrange", exclusive=True)
        else:
            self._finish()

    async def _rest(self, job: Steps[None]) -> None:
        more = True
        while more:
            await asyncio.sleep(0)
            more = job is self._job and _worked(job)
        # What follows searches, scrolls and draws: it gets a turn of its own.
        await asyncio.sleep(0)
        if job is self._job:
            self._finish()

    def _finish(self) -> None:
        self._job = None
        self._done()

    def _resize_content(self) -> None:
        # Rows are cut to the width, so that only the height is ever scrolled.
        self.virtual_size = Size(0, len(self._lines))

    def validate_cursor(self, row: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(row, len(self._lines) - 1))

    def watch_cursor(self, before: int, after: int) -> None:
        """Draw the two rows that changed and keep the cursor in sight."""
        self.scroll_to_region(Region(0, after, 1, 1), animate=False, force=True)
        if self._anchor is None:
            self._redraw(before)
            self._redraw(after)
        else:
            self.refresh()
        self.post_message(self.Moved())

    def _redraw(self, row: int) -> None:
        y = row - self.scroll_offset.y
        self.refresh(Region(0, y, self.size.width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw what can be seen; Textual asks every widget above for each `rich_style`."""
        self._plain = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one visible row."""
        line = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if line >= len(self._lines):
            return Strip.blank(width, self._plain)
        strip = Strip(self._cells(line, width)).adjust_cell_length(width)
        if line in self._selected():
            return covered(strip, self.get_component_rich_style("findings--cursor"))
        return strip.apply_style(self._plain)

    def _cells(self, line: int, width: int) -> list[Segment]:
        row, head = self._lines.row(line), self._lines.head(line)
        style = partial(self.get_component_rich_style, partial=True)
        if row:
            return row_cells(row, width, style, marked=row.id in self._marks)
        if head:
            folded, marked = self._lines.folded(head), self._lines.marked_in(head)
            return head_cells(head, width, style, marked=marked, folded=folded)
        return []

    def _selected(self) -> range:
        if self._anchor is None:
            return range(self.cursor, self.cursor + 1)
        low, high = sorted((self._anchor, self.cursor))
        return range(low, high + 1)

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse is."""
        self.cursor = int(event.y) + self.scroll_offset.y

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        """Move the cursor by a screenful."""
        self.cursor += pages * max(1, self.size.height - 1)

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = len(self._lines) - 1

    def action_open(self) -> None:
        """Tell the screen that this finding was asked for; fold or unfold a group."""
        head = self._lines.head(self.cursor)
        if head:
            self.action_fold(not self._lines.folded(head))
        elif self.current:
            self.post_message(self.Opened())

    def action_fold(self, folded: bool) -> None:  # noqa: FBT001 - an action's argument
        """Fold or unfold the group under the cursor, or the one that its finding is in."""
        line = self._lines.head_above(self.cursor)
        head = self._lines.head(line) if line is not None else None
        if line is not None and head:
            self._lines.fold(head, folded=folded)
            self._rearrange(self._lines.folding(), line if folded else self.cursor)

    def action_mark(self) -> None:
        """Mark what is selected, or take the mark away, and go on to the next row."""
        single = self._anchor is None
        self._toggle(self._lines.ids(self._selected()))
        self._anchor = None
        if single:
            self.cursor += 1

    def action_range(self) -> None:
        """Begin a range; the second time, mark it."""
        if self._anchor is None:
            self._anchor = self.cursor
            self.refresh()
        else:
            self.action_mark()

    def drop_range(self) -> bool:
        """Give up a range that was begun; returns whether there was one."""
        begun, self._anchor = self._anchor is not None, None
        self.refresh()
        return begun

    def action_mark_all(self) -> None:
        """Mark all that are shown; where they all are, unmark them."""
        if not self.busy:
            job = self._lines.marking_all()
            self._start(job, self._marked)
            self._marking = self._job is job

    def _toggle(self, names: set[str]) -> None:
        if names and not self.busy:
            self._lines.toggle(names)
            self._marked()

    def _marked(self) -> None:
        self.refresh()
        self.post_message(self.Marked())


def _worked(job: Steps[None]) -> bool:
    """Work for `BUDGET` seconds; return whether there is more to do."""
    end = time.perf_counter() + BUDGET
    return any(time.perf_counter() > end for _ in job)
