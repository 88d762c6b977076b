"""A picture of an area: a small table that takes the place of the details while it is wanted."""

from collections.abc import Iterator
from functools import partial
from textwrap import wrap
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from k8sharden.model.text import one_line
from k8sharden.session import Scan
from screens.area import AreaScreen
from screens.base import Page
from screens.desk import Desk
from screens.keys import quiet
from screens.prose import Prose
from screens.words import lines, middle

_NARROWEST = 12
_SHORTEST = 8
_GAP = 2
_AROUND = 4


class Sketch(NamedTuple):
    """What a picture holds: a sentence, the heads of its columns, and rows of as many cells.

    The first column takes the room that the others leave; it may hold text from outside. The last
    one is cut where that is not enough. ``notes`` stand below the table, each wrapped; they may
    hold such text, too.
    """

    sentence: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def bar(share: float, width: int = 16) -> str:
    """Return a bar for a share from 0 to 1: full and empty differ without any colour."""
    full = round(share * width)
    return "█" * full + "░" * (width - full)


def drawn(sketch: Sketch, width: int) -> Content:
    """Return a picture as text of at most ``width`` columns."""
    rows = [sketch.heads, *sketch.rows]
    rest = [max(len(row[place]) for row in rows) for place in range(1, len(sketch.heads))]
    longest = max(len(row[0]) for row in rows)
    room = width - _GAP * len(rest)
    first = min(longest, max(_NARROWEST, room - sum(rest)))
    rest[-1] = min(rest[-1], max(_SHORTEST, room - first - sum(rest[:-1])))
    return lines(
        [
            Content.assemble((sketch.sentence, "italic")),
            *(_row(row, (first, *rest), "bold" if row is sketch.heads else "") for row in rows),
            *(_note(text, width) for text in sketch.notes),
        ]
    )


def _row(row: tuple[str, ...], widths: tuple[int, ...], style: str) -> Content:
    text = (" " * _GAP).join(_cells(row, widths)).rstrip()
    return Content.assemble((text, style))


def _note(text: str, width: int) -> Content:
    rows = wrap(one_line(text, 600), max(_NARROWEST, width - _GAP), subsequent_indent=" " * _GAP)
    return Content("\n".join(rows))


def _cells(row: tuple[str, ...], widths: tuple[int, ...]) -> Iterator[str]:
    for text, width in zip(row, widths, strict=True):
        yield f"{middle(one_line(text, 200), width):<{width}}"


class PicturedArea(AreaScreen):
    """An area with a picture; a subclass says what it holds, and which command prints the same."""

    told: ClassVar[str]

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("area.picture", "P", "picture", "Picture", "The picture, or the details again"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._sketched: Scan | None = None
        self._sketch: Sketch | None = None

    def sketch(self, scan: Scan) -> Sketch:
        """Return what the picture holds. Called in a thread."""
        raise NotImplementedError

    def below(self) -> ComposeResult:
        """Yield the picture, which is hidden at first."""
        with Page(id="picture"):
            yield Prose(id="sketch")

    def show(self) -> None:
        """Draw the picture of the newest scan, if it is wanted."""
        super().show()
        self._renew()

    def _renew(self) -> None:
        # Levels of a large cluster take seconds: nobody waits for them who does not look.
        scan = self.desk.scan if self.query_one("#picture").display else None
        if scan is not None and scan is not self._sketched:
            self._sketched = scan
            if self._sketch is None:
                self.query_one("#sketch", Prose).update(Content("Working it out."))
            self.work("sketch", partial(self.sketch, scan), self._take)

    def _take(self, sketch: Sketch) -> None:
        self._sketch = sketch
        self._draw()

    def on_resize(self) -> None:
        """Give the columns the room that there is now."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if self._sketch is not None:
            page = self.query_one("#picture", Page)
            wide = (page.size.width or self.app.size.width) - _AROUND
            self.query_one("#sketch", Prose).update(drawn(self._sketch, wide))

    def shell_command(self) -> str:
        """Return the command line of the picture while it is shown, and nothing is marked."""
        session = self.desk.session
        if session and not self.desk.marks and self.query_one("#picture").display:
            return session.command(self.told)
        return super().shell_command()

    def action_picture(self) -> None:
        """Show the picture in the place of the details, or the details again."""
        page = self.query_one("#picture", Page)
        page.display = not page.display
        if not page.display and page.has_focus:
            self.rows.focus()
        self.show_below()
        self._show_command()
        self._renew()
        self.call_after_refresh(self._draw)

    def show_below(self) -> None:
        """Show the details, unless the picture stands in their place."""
        super().show_below()
        if self.query_one("#picture").display:
            self.query_one("#details").display = False
