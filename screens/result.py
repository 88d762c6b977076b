"""What became of the plan, with the journal's ids to take it back by."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import DataTable

from k8sharden.analysis.recheck import Rechecked
from k8sharden.changes.apply import Outcome, Result
from k8sharden.changes.plan import Plan
from k8sharden.model.text import one_line
from k8sharden.session import Session
from screens.base import HardeningScreen, Table, cell
from screens.change_words import RESULT
from screens.desk import Desk, Make
from screens.export import ExportScreen
from screens.keys import key
from screens.prose import Prose
from screens.words import counted, hanging, lines, plain

_STYLES = {Result.VERIFIED: "bold green", Result.UNDONE: "bold green", Result.FAILED: "bold red"}
_CHANGED = 8
"""Changed lines that are shown of a change that drifted; the review shows all."""
_TAKEN_BACK = "Taken back: nothing of it is on the cluster."
_GOOD = (Result.VERIFIED, Result.UNDONE)


class ResultScreen(HardeningScreen):
    """One row per change."""

    CSS_PATH = "result.tcss"
    crumb = "result"
    offers = ("journal",)
    opening = "What was done, each with its place in the journal. u takes one back, as a new plan."

    BINDINGS: ClassVar[list[BindingType]] = [
        key("result.done", "escape", "back", "Done", "Back to where you were"),
        key("result.undo", "u", "undo", "Undo…", "Review taking this change back"),
        key("result.undo-all", "U", "undo_all", "Undo all…", "Review taking all of this back"),
        key("result.export", "e", "export", "Export…", "Write this plan as files"),
    ]

    def __init__(
        self, desk: Desk, session: Session, plan: Plan, outcomes: tuple[Outcome, ...]
    ) -> None:
        super().__init__(desk)
        self._session = session
        self._make: Make = lambda _: plan
        self._outcomes = outcomes
        self._source = plan.source
        self._before = desk.scan
        # Until the journal was read, all of it may stand: who undoes at once sees it in the review.
        self._entries = tuple(outcome.entry for outcome in outcomes if outcome.entry)
        self._stood: frozenset[str] = frozenset()

    def body(self) -> ComposeResult:
        """Yield the sum, the changes, and what there is to say of the one under the cursor."""
        yield Prose(self._sum(), classes="heading")
        yield Prose(id="again")
        yield Table()
        yield Prose(id="detail")
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """List the outcomes."""
        table = self.query_one(Table)
        table.add_column(Text("Result"), width=11)
        table.add_column(Text("Journal"), width=9)
        table.add_rest("Change", 26)
        for outcome in self._outcomes:
            result = Text(RESULT[outcome.result], _STYLES.get(outcome.result, ""))
            title = one_line(outcome.planned.change.title, 120)
            table.add_row(result, Text(outcome.entry or "-"), cell(title))
        table.focus()
        table.move_cursor(row=self._first_odd())
        # The findings are not true any more, and whoever applied wants to know what became of them.
        self.app.call_later(self.house.action_rescan)

    def on_screen_resume(self) -> None:
        """Look what still stands: some may have been taken back from here."""
        self.work("journal", self._standing, self._listed)

    def show(self) -> None:
        """Say what the scan after the changes makes of the findings."""
        super().show()
        self.query_one("#again", Prose).update(Content(self._again()))

    def _again(self) -> str:
        names = {n for o in self._outcomes if not o.planned.undoes for n in o.planned.findings}
        before, after = self._before, self.desk.scan
        if before is None or not names:
            return ""
        if after is before or after is None:
            return "Looking at the findings again…" if self.desk.scanning else ""
        findings = [finding for finding in before.findings if finding.id in names]
        found = list(self._session.recheck(findings, after).values())
        counts = ((state, found.count(state)) for state in Rechecked)
        return "Looked at again: " + ", ".join(f"{n} {state}" for state, n in counts if n) + "."

    def _sum(self) -> Content:
        good = sum(outcome.result in _GOOD for outcome in self._outcomes)
        of = counted(len(self._outcomes), "change")
        parts = [f"{good} of {of} done and read back as written"]
        for result in (Result.FAILED, Result.APPLIED, Result.SKIPPED):
            number = sum(outcome.result is result for outcome in self._outcomes)
            parts += [f"{number} {RESULT[result]}"] if number else []
        return Content(" · ".join(parts))

    def _first_odd(self) -> int:
        """Return the row of what failed first, or else of what nobody could verify."""
        results = [outcome.result for outcome in self._outcomes]
        odd = (results.index(each) for each in (Result.FAILED, Result.APPLIED) if each in results)
        return next(odd, 0)

    def _standing(self) -> tuple[str, ...]:
        """Return the entries of which something is on the cluster, failed ones included."""
        entries = self._session.history.entries(self._source)
        undoable = {entry.id for entry in entries if entry.undoable}
        mine = (outcome.entry for outcome in self._outcomes)
        return tuple(name for name in mine if name in undoable)

    def _listed(self, entries: tuple[str, ...]) -> None:
        self._entries, self._stood = entries, self._stood.union(entries)
        for note in self._session.history.notes():
            self.say(note)
        if entries:
            words = self._session.command("journal", "undo", *entries)
            self.tell_command(words, "Undo in a shell")
        else:
            self.command = ""
            self.query_one("#command", Prose).update("")
        self._tell(self.query_one(Table).cursor_row)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Say what there is to say of one change."""
        self._tell(event.cursor_row)

    def _tell(self, row: int) -> None:
        outcome = self._outcomes[row]
        said = outcome.detail or "Every field that it touches reads as it was written."
        rows = [
            plain(outcome.planned.change.title, 200),
            hanging("Outcome", said, self.app.size.width - 2),
        ]
        if outcome.entry in self._stood.difference(self._entries):
            rows.append(hanging("By now", _TAKEN_BACK, self.app.size.width - 2))
        rows += [hanging("Now", line, self.app.size.width - 2) for line in self._now(outcome)]
        self.query_one("#detail", Prose).update(lines(rows))

    def _now(self, outcome: Outcome) -> list[str]:
        """Return the first changed lines of what a change would be by now, where it drifted."""
        diffs = self._session.preview(outcome.now) if outcome.now else ()
        changed = [
            line
            for diff in diffs
            for line in diff.text.splitlines()
            if line[:1] in ("+", "-") and line[:3] not in ("+++", "---")
        ]
        more = [f"… {len(changed) - _CHANGED} more lines"] if len(changed) > _CHANGED else []
        return changed[:_CHANGED] + more

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter is done, too."""
        event.stop()
        self.action_back()

    def action_undo(self) -> None:
        """Review taking the change under the cursor back."""
        entry = self._outcomes[self.query_one(Table).cursor_row].entry
        if entry in self._entries:
            self.house.review_undo([entry])
        else:
            self.say("Nothing of this change is on the cluster: there is nothing to take back.")

    def action_undo_all(self) -> None:
        """Review taking everything of this plan back."""
        if self._entries:
            self.house.review_undo(self._entries)
        else:
            self.say("Nothing of this plan is on the cluster: there is nothing to take back.")

    def action_export(self) -> None:
        """Write this plan as files."""
        self.app.push_screen(ExportScreen(self.desk, self._session, self._make, ()))
