"""The list of findings: draws only the rows that can be seen, so that 50,000 cost what 50 do.

A `DataTable` measures every row on the event loop (5.5 s for 50,000, measured); this takes 9 ms.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from k8sharden.model.finding import Finding
from screens.keys import key, quiet
from screens.rows import covered, fit, haystack
from screens.words import severity_word

WORDS = ("critical", "high", "medium", "low", "unknown", "system", "waived")


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
        quiet("list.open", "enter", "open", "Lesson", "Read its lesson"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "findings--cursor",
        "findings--mark",
        "findings--where",
        *(f"findings--{word}" for word in WORDS),
    }

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
        self._rows: list[Finding] = []
        self._haystacks: list[str] = []
        self._view: list[int] = []
        self._query = ""
        self._anchor: int | None = None

    @property
    def current(self) -> Finding | None:
        """The finding under the cursor."""
        return self._at(self.cursor) if 0 <= self.cursor < len(self._view) else None

    @property
    def shown(self) -> int:
        """How many rows the filter lets through."""
        return len(self._view)

    @property
    def hidden_marks(self) -> int:
        """How many marked findings the filter hides."""
        mine = {row.id for row in self._rows} & self._marks
        return len(mine - {self._rows[index].id for index in self._view})

    def load(self, rows: Sequence[Finding]) -> None:
        """Show other findings; the cursor stays on the one it was on where that is still there."""
        kept = self.current.id if self.current else ""
        self._rows = list(rows)
        self._haystacks = [haystack(row) for row in self._rows]
        self._apply(kept)

    def narrow(self, query: str) -> None:
        """Show only the findings that hold every word of ``query``."""
        kept = self.current.id if self.current else ""
        self._query = query
        self._apply(kept)

    def reveal(self, name: str) -> bool:
        """Put the cursor on the finding of this id; say whether the filter lets it through."""
        place = next((n for n, i in enumerate(self._view) if self._rows[i].id == name), None)
        if place is not None:
            self.cursor = place
        return place is not None

    def _apply(self, kept: str) -> None:
        words = self._query.lower().split()
        self._view = [
            index
            for index, text in enumerate(self._haystacks)
            if all(word in text for word in words)
        ]
        self._anchor = None
        self._resize_content()
        place = next((n for n, i in enumerate(self._view) if kept and self._rows[i].id == kept), 0)
        self.cursor = place
        self.post_message(self.Moved())
        self.refresh()

    def _at(self, row: int) -> Finding:
        return self._rows[self._view[row]]

    def _resize_content(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._view))

    def on_resize(self, event: Resize) -> None:
        """Fit the rows to the new width."""
        del event
        self._resize_content()
        self.refresh()

    def validate_cursor(self, row: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(row, len(self._view) - 1))

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

    def render_line(self, y: int) -> Strip:
        """Draw one visible row."""
        row = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if row >= len(self._view):
            return Strip.blank(width, self.rich_style)
        strip = Strip(self._segments(self._at(row), width)).adjust_cell_length(width)
        base = self.rich_style
        if row in self._selected():
            base = self.get_component_rich_style("findings--cursor")
        return strip.apply_style(base) if row not in self._selected() else covered(strip, base)

    def _selected(self) -> range:
        if self._anchor is None:
            return range(self.cursor, self.cursor + 1)
        low, high = sorted((self._anchor, self.cursor))
        return range(low, high + 1)

    def _segments(self, finding: Finding, width: int) -> list[Segment]:
        word = severity_word(finding)
        where = min(44, max(24, width * 2 // 5))
        marked = "● " if finding.id in self._marks else "  "
        style = self.get_component_rich_style
        return [
            Segment(marked, style("findings--mark", partial=True)),
            Segment(fit(word, 9), style(f"findings--{word}", partial=True)),
            Segment(
                fit(finding.resource.label, where) + " ", style("findings--where", partial=True)
            ),
            Segment(fit(finding.headline, max(1, width - where - 12))),
        ]

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
        self.cursor = len(self._view) - 1

    def action_open(self) -> None:
        """Tell the screen that this finding was asked for."""
        if self.current:
            self.post_message(self.Opened())

    def action_mark(self) -> None:
        """Mark what is selected, or take the mark away, and go on to the next row."""
        if self.current is None:
            return
        chosen = {self._at(row).id for row in self._selected()}
        single = self._anchor is None
        self._anchor = None
        self._toggle(chosen)
        if single:
            self.cursor += 1

    def action_range(self) -> None:
        """Begin a range; the second time, mark it."""
        if self.current is None:
            return
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
        self._toggle({self._rows[index].id for index in self._view})

    def _toggle(self, chosen: set[str]) -> None:
        if chosen <= self._marks:
            self._marks -= chosen
        else:
            self._marks |= chosen
        self.refresh()
        self.post_message(self.Marked())
