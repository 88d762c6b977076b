"""The composed plan, before anything happens: one row per object, with what the server says."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable

from k8sharden.changes.plan import Plan, Planned
from k8sharden.model.text import one_line
from k8sharden.session import Session
from screens.apply import ApplyScreen
from screens.base import HardeningScreen, Table, cell
from screens.change_words import accepted, alarms, approval, left_words, risk_word
from screens.confirm import ConfirmScreen
from screens.desk import Desk, Make
from screens.diff import notes
from screens.diff_view import DiffView
from screens.export import ExportScreen
from screens.keys import key
from screens.prose import Prose
from screens.throttle import Throttle
from screens.words import counted


class PlanTold(Message):
    """How far planning, or the dry run, is."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class ReviewScreen(HardeningScreen):
    """What will be done and what will not. Only the confirmation after it can start anything.

    ``words`` are the command's words that do the same.
    """

    CSS_PATH = "review.tcss"
    crumb = "review"
    offers = ()
    enters = "Diff"
    left = "not fixed"
    """What is said of that which the plan leaves."""
    opening = "The whole plan, one row per object. Nothing runs before you confirm it."

    BINDINGS: ClassVar[list[BindingType]] = [
        key("review.apply", "a", "go_on", "Apply…", "Ask to confirm this plan"),
        key("review.drop", "x", "drop", "Drop", "Leave this change out"),
        key("review.overrule", "o", "overrule", "Owner", "Apply what its owner would put back"),
        key("review.export", "e", "export", "Export…", "Write this plan as files"),
    ]

    def __init__(self, desk: Desk, session: Session, make: Make, words: tuple[str, ...]) -> None:
        super().__init__(desk)
        self._session = session
        self._make = make
        self._words = words
        self._undo = words[:1] == ("journal",)
        self._plan: Plan | None = None

    def body(self) -> ComposeResult:
        """Yield the sum, the changes, the diff of the one under the cursor, and the digest."""
        yield Prose(Content("Planning…"), id="sum", classes="heading")
        yield Table()
        yield DiffView()
        yield Prose(id="digest", classes="command")
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """Plan and dry-run in a thread."""
        table = self.query_one(Table)
        table.add_column(Text("Change"), width=8)
        table.add_rest("Object", 51)
        table.add_column(Text("Findings"), width=8)
        table.add_column(Text("Risk"), width=17)
        table.add_column(Text("Server"), width=7)
        table.focus()
        throttle = Throttle[str](lambda new: self.post_message(PlanTold(new["now"])))

        def run() -> Plan:
            plan = self._make(lambda n, of: throttle("now", f"Planning {n + 1} of {of}…"))
            of = len(plan.changes)
            return self._session.review(
                plan, lambda n: throttle("now", f"The server tries {n + 1} of {of} (dry run)…")
            )

        self.work("plan", run, self._planned)

    def failed(self, name: str, error: BaseException) -> None:
        """There is no plan to stay for: go back, and say why."""
        self.app.pop_screen()
        super().failed(name, error)

    def on_plan_told(self, message: PlanTold) -> None:
        """Show how far it is."""
        if self._plan is None:
            self.query_one("#sum", Prose).update(Content(message.sentence))

    def _planned(self, plan: Plan) -> None:
        self._plan = plan
        table = self.query_one(Table)
        table.clear()
        for planned in plan.changes:
            table.add_row(*self._cells(planned))
        if plan.unfixed:
            number = f"{len(plan.unfixed):>8}"
            table.add_row(
                Text("none"), Text(f"{self.left} by this plan", "italic"), Text(number), "", ""
            )
        self._show_plan(plan)

    def _cells(self, planned: Planned) -> tuple[Text, ...]:
        where = planned.ref.label if planned.ref else one_line(planned.change.title, 60)
        return (
            Text(planned.change.kind),
            cell(where),
            Text(f"{len(planned.findings):>8}"),
            Text(
                risk_word(planned) if planned.bound else "export only",
                "bold red" if planned.cuts or planned.blind else "",
            ),
            self._said(planned),
        )

    def _said(self, planned: Planned) -> Text:
        if planned.rejected:
            return Text("refuses", "bold red")
        if not planned.bound or self.desk.locked:
            return Text("-")
        return Text("warns" if planned.checked else "agrees")

    def _show_plan(self, plan: Plan) -> None:
        parts = [*alarms(plan), self._sum(plan), *left_words(plan, self.left)]
        why_not = self._why_not(plan)
        parts += ["a asks to confirm"] * (not why_not)
        if self.desk.locked and plan.changes:
            parts.append("nothing is written here, e exports it")
        self.query_one("#sum", Prose).update(Content(" · ".join(parts)))
        self.idle = frozenset(("go_on",) if why_not else ())
        self.refresh_bindings()
        self.query_one("#digest", Prose).update(Content(f"Digest {plan.digest}"))
        self.tell_command(self._command(plan))
        self._show_change()

    def _sum(self, plan: Plan) -> str:
        answered = sum(len(planned.findings) for planned in plan.changes)
        return f"{counted(len(plan.changes), 'change')} for {counted(answered, 'finding')}"

    def _command(self, plan: Plan) -> str:
        consent = accepted(plan) if self._undo else approval(plan)
        return self._session.command(*self._words, *consent)

    @property
    def _current(self) -> Planned | None:
        row = self.query_one(Table).cursor_row
        return self._plan.changes[row] if self._plan and row < len(self._plan.changes) else None

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter goes down into the diff; Tab comes back."""
        event.stop()
        self.query_one(DiffView).focus()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Show the change under the cursor."""
        del event
        self._show_change()

    def _show_change(self) -> None:
        view = self.query_one(DiffView)
        if self._plan and self._current:
            view.load(notes(self._current, self._plan.source), self._session.preview(self._current))
        elif self._plan:
            view.load(self._reasons(self._plan), ())

    def _reasons(self, plan: Plan) -> list[str]:
        if not plan.unfixed:
            return ["There is nothing to do: no finding was chosen."]
        rows = []
        for unfixed in plan.unfixed:
            named = self.desk.named([unfixed.finding])
            what = f"{named[0].check} {named[0].resource.label}" if named else unfixed.finding
            rows += [one_line(what, 300), f"    {one_line(unfixed.reason)}"]
        return rows

    def action_drop(self) -> None:
        """Leave the change under the cursor out."""
        if self._plan and self._current:
            self._planned(self._session.judged(self._plan.without(self._current), self.desk.scan))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to overrule an owner only where the plan meets one."""
        if action == "overrule":
            changes = self._plan.changes if self._plan and not self.desk.locked else ()
            return any(planned.held or planned.overruled for planned in changes)
        return super().check_action(action, parameters)

    def action_overrule(self) -> None:
        """Choose to apply what an owner would put back, for all of that owner's objects."""
        planned, row = self._current, self.query_one(Table).cursor_row
        if not self._plan or not planned or not (planned.held or planned.overruled):
            self.say("Nobody but us changes this object: it is applied as it is.")
            return
        plan = self._plan.overrule(planned.owner, overruled=not planned.overruled)
        self._planned(self._session.judged(plan, self.desk.scan))
        self.query_one(Table).move_cursor(row=row)

    def action_export(self) -> None:
        """Write this plan as files."""
        if self._plan and self._plan.changes:
            plan = self._plan
            self.app.push_screen(
                ExportScreen(self.desk, self._session, lambda _: plan, self._words)
            )
        else:
            self.say("There is nothing to export in this plan.")

    def action_go_on(self) -> None:
        """Ask to confirm; say why where that cannot be."""
        plan = self._plan
        if plan is None:
            self.say("The plan is still being made.")
        elif reason := self._why_not(plan):
            self.say(reason)
        else:
            self.app.push_screen(
                ConfirmScreen(self._session, plan, self._command(plan)),
                self._confirmed,
            )

    def _why_not(self, plan: Plan) -> str:
        if self.desk.locked:
            return self.desk.locked
        if plan.blocked:
            return "The server would refuse a change: look at it, then drop it with x."
        if not any(planned.applies for planned in plan.changes):
            return "There is nothing to apply here. Files are written with e (export)."
        return ""

    def _confirmed(self, yes: bool | None) -> None:  # noqa: FBT001 - what a dialog gives back
        if yes and self._plan:
            self.app.switch_screen(ApplyScreen(self.desk, self._session, self._plan))
        else:
            self.say("Not applied: nothing was changed.")
