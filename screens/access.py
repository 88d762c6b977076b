"""Who may do what: everybody whom a binding names, and the picture of what that gives."""

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import DataTable

from k8sharden.analysis.rbac.chains import chains_of
from k8sharden.analysis.rbac.holders import Holder, holders
from k8sharden.analysis.rbac.matrix import compared
from k8sharden.analysis.rbac.paths import escalation, path_under
from k8sharden.analysis.rbac.paths import unread as unseen
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.powers import minor_of
from k8sharden.analysis.rbac.used import activity
from k8sharden.analysis.rbac.who_can import unread
from k8sharden.model.finding import Severity
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.session import Scan, Session
from screens.access_picture import Access, drawn
from screens.base import HardeningScreen, Page, Table, cell
from screens.desk import Desk
from screens.keys import quiet
from screens.prose import Prose
from screens.words import counted

MOST = 500
"""Rows of the table; the command line lists all."""

_AROUND = 4


class AccessScreen(HardeningScreen):
    """The subjects of all bindings, worst first, over the picture of the one under the cursor."""

    CSS_PATH = "access.tcss"
    crumb = "access"
    offers = ("journal",)
    enters = "Picture"
    opening = "Who may do what, by which binding and role, and what the fixes leave of it."

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("access.list", "P", "back", "Findings", "Back to the findings"),
    ]

    def __init__(self, desk: Desk, session: Session, scan: Scan, about: Ref | None) -> None:
        super().__init__(desk)
        self._session = session
        self._scan = scan
        self._about = about
        self._holders: tuple[Holder, ...] = ()
        self._access: Access | None = None

    def body(self) -> ComposeResult:
        """Yield the sum, the subjects, and the picture of one."""
        yield Prose(Content("Working it out."), id="sum", classes="heading")
        yield Table()
        with Page(id="picture"):
            yield Prose(id="sketch")
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """Make the columns, and gather who there is in a thread."""
        table = self.query_one(Table)
        table.add_column(Text("At worst"), width=9)
        table.add_rest("Who", 51)
        table.add_column(Text("What"), width=34)
        table.focus()
        self.work("holders", partial(holders, self._scan.inventory), self._gathered)

    def _gathered(self, found: tuple[Holder, ...]) -> None:
        people = [each for each in found if not each.system]
        dangerous = sum(each.severity is not None for each in people)
        said = f"{counted(len(people), 'subject')}, {dangerous} with dangerous rights"
        more = f"the worst {MOST} are shown" if len(found) > MOST else "the cluster's own come last"
        gaps = unread(self._scan.inventory)
        blind = " There may be more: not all roles and bindings could be read." if gaps else ""
        told = f"{said}; {more}.{blind}" if found or not gaps else "Who may do what is not known."
        self.query_one("#sum", Prose).update(Content(told))
        if not found:
            self._tell_nobody(gaps)
        self._holders = found[:MOST]
        table = self.query_one(Table)
        for each in self._holders:
            table.add_row(*_cells(each))
        table.move_cursor(row=self._first())
        self._draw_current()

    def _tell_nobody(self, gaps: tuple[str, ...]) -> None:
        """Say why nobody is listed: an empty table would look like a cluster of no rights."""
        lines = gaps or ("No binding names anybody.",)
        text = "\n".join(one_line(each, 400) for each in lines)
        self.query_one("#sketch", Prose).update(Content(text))
        self.tell_command(self._session.command("scan", "--area", "rbac"))

    def _first(self) -> int:
        """Return the row of whom the binding names that the cursor was on."""
        rows = (n for n, each in enumerate(self._holders) if self._about in each.bindings)
        return next(rows, 0)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Draw the one under the cursor."""
        del event
        self._draw_current()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter goes down into the picture; Tab comes back."""
        event.stop()
        self.query_one("#picture", Page).focus()

    def _draw_current(self) -> None:
        row = self.query_one(Table).cursor_row
        if row < len(self._holders):
            holder = self._holders[row]
            self.tell_command(self._session.command("rights", _word(holder), "--after"))
            self.work("picture", partial(self._look, holder), self._take)

    def _look(self, holder: Holder) -> Access:
        """Gather what is drawn of a subject. Called in a thread."""
        inventory = self._scan.inventory
        now = policy_of(inventory)
        then = self._session.foreseen(holder.bindings, self._scan)
        rows = compared(holder.who, now, then or now, minor_of(inventory))
        after = chains_of(holder.who, then) if then else None
        worst = escalation(holder.who, inventory)
        left = path_under(then, holder.who, inventory) if then else None
        seen = activity(holder.label, inventory)
        chains, whole = chains_of(holder.who, now), not unseen(inventory)
        return Access(holder, chains, after, rows, worst, left, seen, whole)

    def _take(self, access: Access) -> None:
        self._access = access
        self._draw()
        self.query_one("#picture", Page).scroll_home(animate=False)

    def on_resize(self) -> None:
        """Give the picture the room that there is now."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if self._access is not None:
            page = self.query_one("#picture", Page)
            wide = (page.size.width or self.app.size.width) - _AROUND
            self.query_one("#sketch", Prose).update(drawn(self._access, wide))


def _cells(holder: Holder) -> tuple[Text, ...]:
    word = "system" if holder.system else str(holder.severity or "none")
    heavy = not holder.system and holder.severity in (Severity.CRITICAL, Severity.HIGH)
    return (
        Text(word, "bold" if heavy else "dim" if word in ("system", "none") else ""),
        cell(one_line(holder.label, 200)),
        cell(one_line(holder.worst, 200)),
    )


def _word(holder: Holder) -> str:
    """Write a subject as the command line takes it: ``ServiceAccount/ci/pipeline``."""
    kind, _, name = holder.label.partition(" ")
    return f"{kind}/{name}"
