"""What every screen has: the bar, the keys, and slow work that never blocks it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import VerticalScroll
from textual.coordinate import Coordinate
from textual.screen import Screen
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey
from textual.worker import Worker, WorkerState

from k8sharden.model.finding import Finding
from screens.desk import Desk
from screens.key_bar import KeyBar
from screens.keys import key, quiet
from screens.prose import Prose
from screens.status_bar import StatusBar
from screens.threads import in_thread
from screens.words import plain

if TYPE_CHECKING:
    from screens.app import HardeningApp

T = TypeVar("T")


class HardeningScreen(Screen[None]):
    """A screen over the desk. A subclass gives its ``crumb`` and its ``body``."""

    crumb = ""
    opening = ""
    """One sentence for the help: what this screen is for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("screen.back", "escape", "back", "Back", "One screen back; loses nothing"),
        quiet("screen.pane", "tab", "app.focus_next", "Next pane", "List, details, diff, buttons"),
        quiet("screen.copy", "y", "copy", "Copy", "Copy the command line that does the same"),
    ]

    idle: frozenset[str] = frozenset()
    """Actions that have nothing to do now: their keys are dim, and pressing them says why."""

    offers: tuple[str, ...] = ("review", "journal")
    """The app's actions that the bar of keys offers here, in this order, where there is room."""

    enters = ""
    """What Enter does with the row of a table, in a word for the bar; empty where it does not say.
    """

    command = ""
    """The command line that does the same."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._then: dict[str, Callable[[Any], None]] = {}

    @property
    def house(self) -> "HardeningApp":
        """The app, by its own type."""
        return cast("HardeningApp", self.app)

    def compose(self) -> ComposeResult:
        """Put the body between the bar and the keys."""
        yield StatusBar(self.desk, self.crumb)
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        """Yield what is between the bar and the keys."""
        yield from ()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work here; those of ``idle`` actions are drawn dim, and say why."""
        return {
            name: active._replace(enabled=False) if active.binding.action in self.idle else active
            for name, active in super().active_bindings.items()
        }

    def on_screen_resume(self) -> None:
        """Show what is true now: the desk may have changed under another screen."""
        if self.is_mounted:
            self.show()

    def show(self) -> None:
        """Write what the desk holds; subclasses add their part."""
        for bar in self.query(StatusBar):
            bar.refresh_bar()

    def tell_command(self, command: str, label: str = "Same in a shell") -> None:
        """Show the command line that does the same; y copies it."""
        self.command = command
        self.query_one("#command", Prose).update(plain(f"{label}: {command}"))

    def action_copy(self) -> None:
        """Copy the command line."""
        if self.command:
            self.app.copy_to_clipboard(self.command)
            self.say("The command line was copied.")
        else:
            self.say("There is no command line for this.")

    def chosen(self) -> tuple[Finding, ...]:
        """Return the findings that an action is about."""
        return self.desk.marked

    def action_back(self) -> None:
        """Go one screen back."""
        self.app.pop_screen()

    def say(self, sentence: str) -> None:
        """Show a sentence for a moment."""
        self.house.say(sentence)

    def work(
        self, name: str, call: Callable[[], T], then: Callable[[T], None], *, writes: bool = False
    ) -> Worker[T]:
        """Run ``call`` in a thread and hand its result to ``then``, on the screen's own thread.

        Newer work of the same name replaces older. The end of the app waits for what ``writes``.
        """
        self._then[name] = then
        return self.run_worker(
            call if writes else partial(in_thread, call),
            name=name,
            group=name,
            # Otherwise Textual (8.2.8) writes out the call with all its arguments: a whole scan.
            description=name,
            thread=writes,
            exclusive=True,
            exit_on_error=False,
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Hand on what a thread brought, good or bad."""
        event.stop()
        name, worker = event.worker.group, event.worker
        if event.state is WorkerState.SUCCESS:
            self._then[name](worker.result)
        elif event.state is WorkerState.ERROR and worker.error is not None:
            self.failed(name, worker.error)

    def failed(self, name: str, error: BaseException) -> None:
        """Show what went wrong with the work of this name, and stay usable."""
        del name
        self.house.show_error(error)


class FindingScreen(HardeningScreen):
    """A screen about one finding."""

    def __init__(self, desk: Desk, finding: Finding) -> None:
        super().__init__(desk)
        self._finding = finding

    def chosen(self) -> tuple[Finding, ...]:
        """Return the marked findings, or the one that is shown."""
        return self.desk.marked or (self._finding,)


class Table(DataTable[Any]):
    """A small table of rows: journal, contexts, changes. Its cells are `rich.text.Text`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("table.open", "enter", "select_cursor", "Open", "Open or choose the row"),
        quiet("table.down", "j", "cursor_down", "Down", "One row down"),
        quiet("table.up", "k", "cursor_up", "Up", "One row up"),
        quiet("table.first", "g", "scroll_top", "First", "First row"),
        quiet("table.last", "G", "scroll_bottom", "Last", "Last row"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._rest: ColumnKey | None = None
        self._taken = 0

    def add_rest(self, label: str, taken: int, *, key: str | None = None) -> None:
        """Add a column that has what others, of ``taken`` cells, leave; it follows a resize."""
        self._taken = taken
        self._rest = self.add_column(Text(label), key=key, width=self._left_over())

    def _left_over(self) -> int:
        return max(24, self.app.size.width - self._taken - 1)

    def on_resize(self) -> None:
        """Give one column the room that there is now."""
        if self._rest is None:
            return
        self.columns[self._rest].width = self._left_over()
        if self.row_count:
            # Any cell that changes lets Textual measure all columns anew.
            first = Coordinate(0, 0)
            self.update_cell_at(first, self.get_cell_at(first), update_width=True)


def cell(text: str, style: str = "") -> Text:
    """Return a cell of a table; what does not fit ends in an ellipsis."""
    return Text(text, style, no_wrap=True, overflow="ellipsis")


class Page(VerticalScroll, can_focus=True):
    """Text that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("page.down", "j", "scroll_down", "Down", "One line down"),
        quiet("page.up", "k", "scroll_up", "Up", "One line up"),
        quiet("page.top", "g", "scroll_home", "Top", "To the top"),
        quiet("page.end", "G", "scroll_end", "End", "To the end"),
    ]
