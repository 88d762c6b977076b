"""The seven areas at a glance: what fails, what is unknown, and the best next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable
from textual.worker import get_current_worker

from k8sharden.cluster.progress import Progress
from k8sharden.errors import Cancelled
from k8sharden.model.finding import Area
from screens.base import HardeningScreen, Page, Table
from screens.desk import Desk
from screens.keys import quiet
from screens.notes import notes, progress
from screens.prose import Prose
from screens.tally import FAILING, tally
from screens.throttle import Throttle
from screens.words import hanging, lines

if TYPE_CHECKING:
    # The first frame is drawn before either is loaded: see `screens.rooms`.
    from k8sharden.place import Place
    from k8sharden.session import Session
    from screens.reading import Read

_TABLE = 80
"""Columns of the table of areas."""


class ScanTold(Message):
    """How far a scan is, by resource type; ``seen`` is what it told before."""

    def __init__(self, seen: dict[str, Progress], steps: Mapping[str, Progress]) -> None:
        super().__init__()
        self.seen = seen
        self.steps = steps


class OverviewScreen(HardeningScreen):
    """The overview. It owns the scan, since it stays mounted while a cluster is open.

    ``way`` opens the first place, where it was named.
    """

    crumb = "overview"
    offers = ("missions", "rescan", "review", "journal", "contexts")
    enters = "Open"
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("overview.stop", "escape", "back", "Stop", "Stop a running scan"),
    ]
    opening = "Each row is an area of the checklist. Open one with its number or Enter."

    def __init__(self, desk: Desk, way: Callable[[], Place] | None = None) -> None:
        super().__init__(desk)
        self._way = way
        desk.opening = way is not None

    def body(self) -> ComposeResult:
        """Yield the areas, the next step, and what could not be read."""
        with Horizontal(id="state"):
            yield Table(id="areas")
            yield Prose(id="stack")
        yield Prose(id="next", classes="heading")
        with Page(id="notes"):
            yield Prose(id="gaps")
        yield Prose(id="command", classes="command")

    _read: Read | None = None
    """What the newest scan brought."""
    _seen: dict[str, Progress]
    _met: Session | None = None
    """The session whose cluster was seen here already."""

    def on_mount(self) -> None:
        """Make the columns; the rows come with the first scan."""
        table = self.query_one(Table)
        table.add_column(Text(" "), key="number", width=1)
        table.add_column(Text("Area"), key="area", width=22)
        table.add_column(Text("Failing"), key="failing", width=FAILING)
        table.add_column(Text("Passed"), key="passed", width=6)
        table.add_column(Text("Unknown"), key="unknown", width=7)
        table.focus()
        for number, area in enumerate(Area, start=1):
            table.add_row(Text(str(number)), Text(area.heading), "", "", "", key=area.value)

    def on_resize(self) -> None:
        """Use the room that there is now."""
        if self.is_mounted:
            self.show()

    def on_screen_resume(self) -> None:
        """Scan by itself when a cluster is seen for the first time: a scan only reads.

        The first place is opened in a thread once the first frame is drawn.
        """
        if self._way is not None:
            self.house.once_drawn(partial(self.work, "open", self._way, self.house.use))
            self._way = None
        if self.desk.session is not self._met:
            self._met, self._read = self.desk.session, None
            self.scan()
        super().on_screen_resume()

    def show(self) -> None:
        """Write the newest scan."""
        super().show()
        session = self.desk.session
        if session is not None:
            self.tell_command(session.command("scan"))
        for area in Area:
            self._show_area(area)
        self._show_stack()
        if not self.desk.scanning:
            self.query_one("#next", Prose).update(self._next())
            said = notes(self.desk, self._stack, self.app.size)
            self.query_one("#gaps", Prose).update(lines(said))

    def _show_area(self, area: Area) -> None:
        table = self.query_one(Table)
        for column, cell in zip(
            ("failing", "passed", "unknown"), tally(self.desk, area), strict=True
        ):
            table.update_cell(area.value, column, cell)

    def _next(self) -> Content:
        if self.desk.opening:
            return Content("Opening the cluster: nothing is changed by that.")
        if self.desk.scan is None or self._read is None:
            return Content("Nothing was scanned yet: press r to scan. A scan only reads.")
        return self._read.next

    @property
    def _stack(self) -> Sequence[tuple[str, str]]:
        return self._read.stack if self._read else ()

    def _show_stack(self) -> None:
        text = self.query_one("#stack", Prose)
        rows = (
            hanging(name, value, self.app.size.width - _TABLE - 2) for name, value in self._stack
        )
        text.update(lines(rows))

    def scan(self) -> None:
        """Scan in a thread, telling the progress per resource type."""
        session = self.desk.session
        if session is None or self.desk.scanning:
            return
        self.desk.scanning = True
        self.query_one("#gaps", Prose).update(Content(""))
        self.query_one("#next", Prose).update(Content("Scanning: reading only. Esc stops."))
        self.show()
        seen: dict[str, Progress] = {}
        self._seen = seen
        throttle = Throttle[Progress](lambda new: self.post_message(ScanTold(seen, new)))

        def run() -> Read:
            worker = get_current_worker()
            try:
                return self.house.rooms.read(
                    session,
                    lambda step: throttle(step.resource, step),
                    lambda: worker.is_cancelled,
                )
            finally:
                throttle.flush()

        self.work("scan", run, self._scanned)

    def on_scan_told(self, message: ScanTold) -> None:
        """Show how far each resource type is."""
        if not self.desk.scanning or message.seen is not self._seen:
            return
        self._seen.update(message.steps)
        # What is still being read stands first: there are more types than lines.
        steps = sorted(self._seen.values(), key=lambda step: step.finished)
        self.query_one("#gaps", Prose).update(lines(map(progress, steps)))

    def _scanned(self, read: Read) -> None:
        self.desk.scanning = False
        first = self.desk.scan is None
        self._read = read
        self.desk.take(read.shelf)
        if first:
            self._go_back()
        self.house.refresh_top()

    def _go_back(self) -> None:
        """Put the cursor on the area where one stopped, and say so."""
        spot = self.desk.back_to
        area = next((each for each in Area if spot and each.value == spot.area), None)
        if area is not None:
            self.query_one(Table).move_cursor(row=list(Area).index(area))
            marks = f", {len(self.desk.marks)} marked" if self.desk.marks else ""
            self.say(f"You stopped in {area.heading}{marks}: Enter goes on there.")

    def failed(self, name: str, error: BaseException) -> None:
        """Leave the scan before in place, and say what happened; without a place, leave."""
        if name == "open":
            self.house.give_up(error)
            return
        self.desk.scanning = False
        self.house.refresh_top()
        if isinstance(error, Cancelled):
            self.say(str(error))
        else:
            super().failed(name, error)

    def action_back(self) -> None:
        """Stop a running scan; otherwise there is nothing behind, and nothing is lost."""
        if self.desk.scanning:
            self.workers.cancel_group(self, "scan")
            self.desk.scanning = False
            self.show()
            self.say("The scan was stopped; nothing was changed. r scans again.")
        else:
            self.say("c chooses another cluster, q quits.")

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the area under the cursor."""
        self.house.go(str(event.row_key.value))
