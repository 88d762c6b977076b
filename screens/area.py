"""The screen of one area: findings over the details of the one under the cursor.

The seven areas are subclasses that hold what only they show.
"""

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from k8sharden.model.change import Change, NoChange
from k8sharden.model.finding import Area, Finding
from k8sharden.model.kinds import ResourceType
from k8sharden.resume import Spot
from k8sharden.session import Scan
from screens.area_words import about, area_command, heading, marked_ids, sidebar, why_empty
from screens.arranging import Grouping, Order
from screens.desk import Desk
from screens.details import Answer, Details
from screens.error import sentence
from screens.filter_field import FilterField
from screens.findings_list import FindingsList
from screens.keys import key, quiet
from screens.looking import LookingScreen
from screens.prose import Prose
from screens.status_bar import StatusBar
from screens.words import after, finding_words

_SETTLE = 0.12
"""Seconds that the cursor must rest before the fix of a finding is worked out."""


class AreaScreen(LookingScreen):
    """One area of the checklist."""

    CSS_PATH = "area.tcss"
    area: ClassVar[Area]
    intro = ""
    """What the area is about, in one sentence."""
    reads: ClassVar[tuple[ResourceType, ...]] = ()
    """What the facts are counted from: where that was not read, they are not told."""

    opening = "Mark findings with space, then press a: you see the whole plan before anything runs."

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet(
            "area.back", "escape", "back", "Overview", "Clear the filter, or back to the overview"
        ),
        key("area.filter", "slash", "filter", "Filter", "Only rows with these words", shown="/"),
        quiet("area.sort", "o", "sort", "Sort", "Worst first, by object, by check"),
        quiet("area.group", "b", "group", "Group", "By check, by namespace, by object, or not"),
    ]

    def body(self) -> ComposeResult:
        """Yield the facts, the areas beside on wide terminals, the list over the details."""
        yield Prose(id="facts", classes="heading")
        with Horizontal():
            yield Prose(id="sidebar")
            with Vertical():
                yield FindingsList(self.desk.marks)
                yield Prose(id="empty")
                yield Details(id="details")
                yield from self.below()
        yield FilterField()
        yield Prose(id="command", classes="command")

    def below(self) -> ComposeResult:
        """Yield what can take the place of the details."""
        yield from ()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._loaded: Scan | None = None
        self._order = Order.WORST
        self._grouping = Grouping.NONE
        self._timer: Timer | None = None
        self._answer: Answer = None

    def on_mount(self) -> None:
        """Begin with the cursor in the list."""
        self.rows.focus()

    @property
    def rows(self) -> FindingsList:
        """The list of findings."""
        return self.query_one(FindingsList)

    @property
    def current(self) -> Finding | None:
        """The finding under the cursor; None on the head of a group."""
        return self.rows.current

    def show(self) -> None:
        """Show the newest scan; a list that is up to date keeps its cursor and filter."""
        super().show()
        if self._loaded is not self.desk.scan:
            self._loaded = self.desk.scan
            self.rows.load(self.desk.of(self.area))
            self._go_back()
        self._show_facts()
        self.query_one("#sidebar", Prose).update(sidebar(self.desk.scan, self.area))
        self._show_empty()
        self._show_details()

    def _go_back(self) -> None:
        """Put filter and cursor back where they were when the app was left."""
        spot = self.desk.back_to
        if spot is not None and spot.area == self.area.value:
            self.desk.back_to = None
            self.query_one(FilterField).put(spot.query)
            self.rows.narrow(spot.query)
            self.rows.reveal(spot.finding)

    def reveal(self, finding: Finding) -> None:
        """Put the cursor on a finding; a filter that hides it is taken away."""
        if not self.rows.reveal(finding.id):
            self.query_one(FilterField).value = ""
            self.rows.narrow("")
            self.rows.reveal(finding.id)
        self._leave_filter()

    def facts(self, scan: Scan) -> str:  # noqa: ARG002 - for those that override it
        """Say what was read that only this area looks at."""
        return ""

    def _show_empty(self) -> None:
        filled = self.rows.shown or self.rows.busy
        sentence = "" if filled else why_empty(self.desk, self.area)
        self.query_one("#empty", Prose).update(Content(sentence))
        self.query_one("#empty").display = bool(sentence)
        self.rows.display = not sentence
        self.show_below()

    def show_below(self) -> None:
        """Show the details, where there is something to tell."""
        self.query_one("#details").display = self.rows.display

    def on_findings_list_moved(self) -> None:
        """Show the finding under the cursor, and its fix once the cursor rests."""
        current, query = self.current, self.query_one(FilterField).value
        if self.desk.back_to is None or self.desk.back_to.area != self.area.value:
            self.desk.spot = Spot(self.area.value, current.id if current else "", query)
        self._answer = None
        self._show_marks()
        self._show_facts()
        self._show_empty()
        self._show_details()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_SETTLE, self._work_out)

    def on_findings_list_marked(self) -> None:
        """Count the marks."""
        self._show_marks()
        self._show_command()

    def _show_marks(self) -> None:
        bar = self.query_one(StatusBar)
        bar.hidden = self.rows.hidden_marks
        bar.refresh_bar()

    def on_findings_list_opened(self) -> None:
        """Enter reads the lesson."""
        self.action_lesson()

    def _work_out(self) -> None:
        finding, scan, session = self.current, self.desk.scan, self.desk.session
        if finding is None or scan is None or session is None:
            return
        self.work("answer", partial(session.remediation, finding, scan), self._answered)

    def _answered(self, answer: Change | NoChange) -> None:
        self._answer = answer
        self._show_details()

    def failed(self, name: str, error: BaseException) -> None:
        """Say where the fix stands that one could not be worked out."""
        if name == "answer":
            self._answer = NoChange(sentence(error))
            self._show_details()
        else:
            super().failed(name, error)

    def _show_details(self) -> None:
        found, session = self.current, self.desk.session
        item = session.item(found.check) if session and found else None
        self.query_one(Details).tell(found, item, self._answer)
        self._show_command()

    def _show_command(self) -> None:
        self.tell_command(self.shell_command())

    def shell_command(self) -> str:
        """Return the command line that does the same as what is shown."""
        return area_command(self.desk, self.area)

    def action_copy(self) -> None:
        """Copy the command line, with all that is marked."""
        session = self.desk.session
        if session and self.desk.marks:
            self.command = session.command("plan", *finding_words(marked_ids(self.desk)))
        super().action_copy()

    def action_sort(self) -> None:
        """Take the next order."""
        self._order = after(self._order)
        self.rows.sort(self._order, self._grouping)
        self._show_facts()

    def action_group(self) -> None:
        """Gather the rows under something else."""
        self._grouping = after(self._grouping)
        self.rows.sort(self._order, self._grouping)
        self._show_facts()

    def _show_facts(self) -> None:
        usual: tuple[object, ...] = (Order.WORST, Grouping.NONE)
        ways = [str(way) for way in (self._order, self._grouping) if way not in usual]
        if self.query_one(FilterField).value:
            ways.append(f"{self.rows.shown:,} of {len(self.desk.of(self.area)):,} shown")
        told = about(self.desk.scan, self.intro, self.reads, self.facts)
        self.query_one("#facts", Prose).update(heading(self.area, ways, told))

    def action_filter(self) -> None:
        """Ask for words."""
        self.query_one(FilterField).open()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter with every key."""
        self.rows.narrow(event.value)
        self._show_empty()

    def on_input_submitted(self) -> None:
        """Keep the filter and go back to the list."""
        self._leave_filter()

    def _leave_filter(self) -> None:
        self.query_one(FilterField).close()
        self.rows.focus()

    def action_back(self) -> None:
        """Clear the filter or give up a range first, then go back to the overview."""
        field = self.query_one(FilterField)
        if field.value or field.has_focus:
            field.value = ""
            self._leave_filter()
        elif self.rows.drop_range():
            self.say("The range was given up; nothing of it is marked.")
        else:
            super().action_back()
