"""The journal of this cluster: what was done, and taking it back as a plan of its own."""

import datetime as dt
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import DataTable

from k8sharden.changes.diff import FileDiff
from k8sharden.changes.entry import Entry
from k8sharden.changes.settle import may_arrive
from k8sharden.errors import InputError
from k8sharden.model.inventory import Source
from k8sharden.model.text import one_line
from k8sharden.session import Session
from screens.base import HardeningScreen, Table, cell
from screens.change_words import STATE
from screens.desk import Desk
from screens.diff_view import DiffView
from screens.keys import key
from screens.prose import Prose
from screens.words import age, counted

EMPTY = (
    "Nothing was changed on this cluster from here. What you apply is written down here first, and "
    "can be taken back from here. To begin, open an area (1 to 7), mark findings with space, and "
    "press a."
)


class JournalScreen(HardeningScreen):
    """Entries, newest first, over what each of them wrote."""

    CSS_PATH = "journal.tcss"
    crumb = "journal"
    offers = ()
    enters = "Diff"
    opening = "Everything that was done here. u reviews taking the marked entries back."

    BINDINGS: ClassVar[list[BindingType]] = [
        key("journal.mark", "space", "mark", "Mark", "Mark for undo, and go on"),
        key("journal.undo", "u", "undo", "Undo…", "Review taking it back"),
        key(
            "journal.recover", "s", "recover", "Recover", "Find out what became of interrupted ones"
        ),
    ]

    def __init__(self, desk: Desk, session: Session) -> None:
        super().__init__(desk)
        self._session = session
        self._entries: tuple[Entry, ...] = ()
        self._sealed: dict[str, str] = {}
        self._marks: set[str] = set()

    def body(self) -> ComposeResult:
        """Yield the entries over the diff of the one under the cursor."""
        yield Prose(Content("Reading the journal…"), id="sum", classes="heading")
        yield Table()
        yield DiffView()
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """Make the columns; the rows come on every visit."""
        table = self.query_one(Table)
        table.add_column(Text(" "), key="mark", width=1)
        table.add_column(Text("Entry"), width=8)
        table.add_column(Text("When"), width=11)
        table.add_column(Text("State"), width=11)
        table.add_rest("Change", 41)
        table.focus()

    def show(self) -> None:
        """Read the journal in a thread, anew on every visit."""
        super().show()
        self.work("journal", self._read, self._listed)

    def _read(self) -> tuple[Entry, ...]:
        """Read the file only: a cluster that is out of reach does not hide what was done to it."""
        scan = self.desk.scan
        entries = self._session.history.entries(scan.inventory.source if scan else None)
        # Here, since a keyring may let one wait.
        self._sealed = self._session.history.sealed(entries)
        return entries

    def _listed(self, entries: tuple[Entry, ...]) -> None:
        self._entries = entries
        for note in self._session.history.notes():
            self.say(note)
        self._marks &= {entry.id for entry in entries}
        table = self.query_one(Table)
        row = table.cursor_row
        table.clear()
        for entry in entries:
            table.add_row(*self._cells(entry), key=entry.id)
        table.move_cursor(row=row)
        undoable = sum(entry.undoable for entry in entries)
        said = f"{counted(len(entries), 'change')} in the journal, {undoable} can be taken back"
        if waiting := sum(entry.interrupted for entry in entries):
            said += f", {waiting} interrupted: s finds out what became of it"
        if self.desk.scan is None:
            said += ". The cluster was not read, so these are all clusters'; undo needs to reach it"
        self.query_one("#sum", Prose).update(Content(said if entries else EMPTY))
        table.display = self.query_one(DiffView).display = bool(entries)
        self.idle = frozenset(
            (
                *(() if undoable else ("mark", "undo")),
                *(() if _open(entries, self.desk.clock()) else ("recover",)),
            )
        )
        self.refresh_bindings()
        self._show_entry()

    def _cells(self, entry: Entry) -> tuple[Text, ...]:
        return (
            Text("●" if entry.id in self._marks else " ", "bold"),
            Text(entry.id),
            Text(age(self.desk.clock() - entry.created)),
            Text(STATE[entry.state], _weight(entry)),
            cell(one_line(entry.title, 200)),
        )

    @property
    def _current(self) -> Entry | None:
        row = self.query_one(Table).cursor_row
        return self._entries[row] if row < len(self._entries) else None

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter goes down into the diff; Tab comes back."""
        event.stop()
        self.query_one(DiffView).focus()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Show the entry under the cursor."""
        del event
        self._show_entry()

    def _show_entry(self) -> None:
        entry = self._current
        if entry is None:
            return
        moment = dt.datetime.fromtimestamp(entry.created, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        notes = [f"{one_line(entry.title, 300)} · {STATE[entry.state]} · {moment}"]
        notes += [f"On {one_line(entry.place, 80)}"] if self.desk.scan is None else []
        notes += [f"Takes back {entry.undoes}"] if entry.undoes else []
        self.query_one(DiffView).load(*self._contents(entry, notes))
        words = self._session.command("journal", "undo", *self._chosen())
        self.tell_command(words, "Undo in a shell")

    def _contents(self, entry: Entry, notes: list[str]) -> tuple[list[str], tuple[FileDiff, ...]]:
        """Return what was written, or why that cannot be shown, after these notes."""
        if why := self._sealed.get(entry.key):
            return [*notes, one_line(why)], ()
        try:
            said, diffs = entry.detail, self._session.history.recorded(entry)
        except InputError as error:
            said, diffs = str(error), ()
        return [*notes, *([one_line(said)] if said else [])], diffs

    def _chosen(self) -> tuple[str, ...]:
        if self._marks:
            return tuple(entry.id for entry in self._entries if entry.id in self._marks)
        return (self._current.id,) if self._current else ()

    def action_mark(self) -> None:
        """Mark the entry under the cursor, or take its mark away."""
        entry = self._current
        if entry is None:
            return
        if not entry.undoable:
            self.say(f"It is {STATE[entry.state]}: there is nothing to take back.")
            return
        self._marks ^= {entry.id}
        table = self.query_one(Table)
        table.update_cell(entry.id, "mark", self._cells(entry)[0])
        table.action_cursor_down()
        self._show_entry()

    def action_recover(self) -> None:
        """Look at the cluster, and write down what became of interrupted changes."""
        if not _open(self._entries, self.desk.clock()):
            self.say("No change of this cluster was interrupted.")
            return
        self.work("recover", lambda: self._session.history.recover(self._source()), self._recovered)

    def _source(self) -> Source:
        scan = self.desk.scan
        return scan.inventory.source if scan else self._session.place.source()

    def _recovered(self, recovered: tuple[tuple[Entry, str], ...]) -> None:
        if not recovered:
            self.say("Looked again: no write arrived since. Ten minutes after it none does.")
        for entry, said in recovered[:5]:
            self.say(one_line(f"{entry.id}: {said}", 300))
        self.desk.look_for_interrupted()
        self.show()

    def action_undo(self) -> None:
        """Review taking the marked entries back, or the one under the cursor."""
        chosen = self._chosen()
        if not chosen:
            self.say("The journal is empty: there is nothing to take back.")
        elif not self._marks and self._current and not self._current.undoable:
            self.say(f"It is {STATE[self._current.state]}: there is nothing to take back.")
        else:
            self.house.review_undo(chosen)


def _open(entries: Iterable[Entry], now: float) -> bool:
    """Whether nobody knows yet what became of one of these, or its write may still arrive."""
    return any(entry.interrupted or may_arrive(entry, now) for entry in entries)


def _weight(entry: Entry) -> str:
    if entry.interrupted:
        return "bold"
    return "" if entry.undoable else "dim"
