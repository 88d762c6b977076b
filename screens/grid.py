"""A grid of short words with heads on two sides, scrolled in both directions by its cursor.

It draws only what can be seen, so that a quarter of a million cells cost what a dozen do; a
`DataTable` would hold a text for each.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from k8sharden.model.text import one_line
from screens.cells import fit
from screens.keys import key, quiet
from screens.words import middle

_HEADS = 1
"""Lines above the cells: the heads of the columns."""


class Place(NamedTuple):
    """A cell, by row and column."""

    row: int
    column: int


class Sheet(NamedTuple):
    """What a grid shows: ``word`` gives a cell's word and one of `CLASSES`, or no class.

    The heads may hold text from outside.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    word: Callable[[int, int], tuple[str, str]]


CLASSES = ("grid--open", "grid--some", "grid--shut", "grid--unknown")
"""The names under which the style sheet gives colours."""


class Grid(ScrollView, can_focus=True):
    """The cells of a `Sheet`, with a cursor that goes from cell to cell."""

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("grid.down", "j,down", "move(1,0)", "Down", "One row down"),
        quiet("grid.up", "k,up", "move(-1,0)", "Up", "One row up"),
        quiet("grid.left", "h,left", "move(0,-1)", "Left", "One column to the left"),
        quiet("grid.right", "l,right", "move(0,1)", "Right", "One column to the right"),
        quiet("grid.pagedown", "pagedown", "page(1)", "Page down", "One page down"),
        quiet("grid.pageup", "pageup", "page(-1)", "Page up", "One page up"),
        quiet("grid.first", "g,home", "go(0)", "First", "The first row"),
        quiet("grid.last", "G,end", "go(-1)", "Last", "The last row"),
        key("grid.open", "enter", "open", "Open", "Look into it"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {*CLASSES, "grid--cursor", "grid--head"}

    class Moved(Message):
        """Another cell is under the cursor."""

    class Opened(Message):
        """Enter was pressed on a cell."""

    def __init__(self, *, cell: int, head: int) -> None:
        """Make a grid whose cells are ``cell`` wide, and whose rows' heads are ``head`` wide."""
        super().__init__()
        self._cell = cell
        self._head = head
        self._sheet = Sheet((), (), lambda _row, _column: ("", ""))
        self._cursor = Place(0, 0)
        self._left = 0
        """The first column that is shown."""

    @property
    def cursor(self) -> Place | None:
        """The cell under the cursor; None where there is none."""
        return self._cursor if self._sheet.rows and self._sheet.columns else None

    def load(self, sheet: Sheet, cursor: Place | None = None) -> None:
        """Show other cells, with the cursor on one of them, or where it was."""
        self._sheet = sheet
        self.virtual_size = Size(0, len(sheet.rows) + _HEADS)
        self._place(cursor or self._cursor)

    def _place(self, spot: Place) -> None:
        rows, columns = len(self._sheet.rows), len(self._sheet.columns)
        self._cursor = Place(max(0, min(spot.row, rows - 1)), max(0, min(spot.column, columns - 1)))
        self._show_cursor()
        self.refresh()
        self.post_message(self.Moved())

    def _show_cursor(self) -> None:
        """Scroll so that the cursor is seen; the heads stay where they are."""
        fitting = self._fitting
        self._left = max(self._cursor.column - fitting + 1, min(self._left, self._cursor.column))
        height = max(1, self.size.height - _HEADS)
        top = int(self.scroll_offset.y)
        wanted = max(self._cursor.row - height + 1, min(top, self._cursor.row))
        self.scroll_to(y=wanted, animate=False, force=True)

    @property
    def _fitting(self) -> int:
        """How many columns there is room for."""
        return max(1, (self.scrollable_content_region.width - self._head) // self._cell)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._show_cursor()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line: the heads of the columns, or a row with its head."""
        width = self.scrollable_content_region.width
        first, last = self._left, min(self._left + self._fitting, len(self._sheet.columns))
        plain = self.rich_style
        if y < _HEADS:
            segments = self._columns(first, last)
        else:
            row = y - _HEADS + int(self.scroll_offset.y)
            segments = self._row(row, first, last) if row < len(self._sheet.rows) else []
        return Strip(segments).adjust_cell_length(width, plain).apply_style(plain)

    def _columns(self, first: int, last: int) -> list[Segment]:
        before, behind = ("◂ " if first else "  "), last < len(self._sheet.columns)
        style = self._style("grid--head")
        heads = [
            Segment(fit(f"{'from ↓  to →':<{self._head - 3}}", self._head - 2) + before, style)
        ]
        heads += [
            Segment(self._fitted(self._sheet.columns[column], self._cell), style)
            for column in range(first, last)
        ]
        return [*heads, Segment("▸", style)] if behind else heads

    def _row(self, row: int, first: int, last: int) -> list[Segment]:
        here = row == self._cursor.row
        head = self._style("grid--head") if here else Style()
        segments = [Segment(self._fitted(self._sheet.rows[row], self._head), head)]
        for column in range(first, last):
            word, name = self._sheet.word(row, column)
            on = here and column == self._cursor.column
            style = self._style("grid--cursor" if on else name)
            segments.append(Segment(fit(f"{word} ", self._cell), style))
        return segments

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True) if name else Style()

    @staticmethod
    def _fitted(text: str, width: int) -> str:
        return fit(middle(one_line(text, 200), width - 1), width)

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse is."""
        row = int(event.y) - _HEADS + int(self.scroll_offset.y)
        column = (int(event.x) - self._head) // self._cell + self._left
        if int(event.y) >= _HEADS and int(event.x) >= self._head:
            self._place(Place(row, column))

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        self._place(Place(self._cursor.row + rows, self._cursor.column + columns))

    def action_page(self, pages: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(pages * max(1, self.size.height - _HEADS - 1), 0)

    def action_go(self, row: int) -> None:
        """Go to the first row, or with -1 to the last one."""
        self._place(Place(row if row >= 0 else len(self._sheet.rows) - 1, self._cursor.column))

    def action_open(self) -> None:
        """Tell the screen that somebody wants to look into the cell."""
        if self.cursor is not None:
            self.post_message(self.Opened())
