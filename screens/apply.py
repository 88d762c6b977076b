"""Applying, change by change. Esc stops after the current object, never in the middle of one."""

import threading
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from k8sharden.analysis.rollout import Rollout
from k8sharden.changes.apply import Outcome
from k8sharden.changes.landing import Watch
from k8sharden.changes.plan import Plan
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.session import Session
from screens.base import HardeningScreen, Table, cell
from screens.change_words import RESULT
from screens.desk import Desk
from screens.keys import key
from screens.prose import Prose
from screens.result import ResultScreen
from screens.words import counted, plain


class ApplyTold(Message):
    """One change came to its end."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class RolloutTold(Message):
    """How far the rollout of the change that was just written is."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said


class RightsTold(Message):
    """How many rights the API server found as the change that was just written means them."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done, self.total = done, total


class ApplyScreen(HardeningScreen):
    """The progress. It leaves for the result by itself; no other screen opens while it works."""

    CSS_PATH = "apply.tcss"
    crumb = "applying"
    offers = ()
    opening = (
        "The plan is being applied, and each rollout seen to its end before the next change "
        "begins. Esc stops after the object that is being written."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        key("apply.stop", "escape", "stop", "Stop after this one", "Start no further change"),
        key("apply.hurry", "w", "hurry", "Do not wait", "Go on without waiting for rollouts"),
    ]

    def __init__(self, desk: Desk, session: Session, plan: Plan) -> None:
        super().__init__(desk)
        self._session = session
        self._plan = plan
        self._done: list[Outcome] = []
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._rolling = ""
        self._waiting = "rolling…"

    def body(self) -> ComposeResult:
        """Yield where it stands, over the changes."""
        yield Prose(id="sum", classes="heading")
        yield Table()
        yield Prose(id="rollout")

    def on_mount(self) -> None:
        """Start. The plan is the one that was shown: its digest is the approval."""
        table = self.query_one(Table)
        table.add_column(Text("State"), key="state", width=11)
        table.add_rest("Change", 15, key="what")
        for number, planned in enumerate(self._plan.changes):
            table.add_row(Text(""), cell(one_line(planned.change.title, 120)), key=str(number))
        table.focus()
        self.desk.applying = True
        self._show_progress()
        plan, approved = self._plan, self._plan.digest
        watch = Watch(
            self._session.place.observe,
            tell=self._tell_rollout,
            stop=self._stopped,
            hurry=self._hurry.is_set,
        )

        def run() -> tuple[Outcome, ...]:
            with self.desk.writing:
                return self._session.apply(
                    plan, approved, self._tell, self._stopped, watch, self._tell_rights
                )

        self.work("apply", run, self._finished, writes=True)

    def _stopped(self) -> bool:
        return self._stop.is_set() or self.desk.stop.is_set()

    def _tell(self, outcome: Outcome) -> None:
        self.post_message(ApplyTold(outcome))

    def _tell_rollout(self, ref: Ref, rollout: Rollout) -> None:
        self.post_message(RolloutTold(f"{ref.label}: {rollout.said or rollout.stage}."))

    def _tell_rights(self, done: int, total: int) -> None:
        self.post_message(RightsTold(done, total))

    def on_apply_told(self, message: ApplyTold) -> None:
        """Show what became of one change."""
        self._done.append(message.outcome)
        self._rolling = ""
        self._show_progress()

    def on_rollout_told(self, message: RolloutTold) -> None:
        """Show what a rollout waits for."""
        self._rolling, self._waiting = message.said, "rolling…"
        self._show_progress()

    def on_rights_told(self, message: RightsTold) -> None:
        """Show how far the asking is."""
        self._rolling = f"Asking the API server: {message.done} of {message.total} rights."
        self._waiting = "asking…"
        self._show_progress()

    def _show_progress(self) -> None:
        table = self.query_one(Table)
        for number in range(len(self._plan.changes)):
            table.update_cell(str(number), "state", Text(self._state(number)))
        done, of = len(self._done), len(self._plan.changes)
        stopping = " · stopping after this one" if self._stop.is_set() else " · Esc stops"
        self.query_one("#sum", Prose).update(
            Content(f"{done} of {counted(of, 'change')} done{stopping}")
        )
        self.query_one("#rollout", Prose).update(plain(self._rolling))
        table.move_cursor(row=min(done, of - 1))

    def _state(self, number: int) -> str:
        if number < len(self._done):
            return RESULT[self._done[number].result]
        if number > len(self._done):
            return "pending"
        return self._waiting if self._rolling else "writing…"

    def _finished(self, outcomes: tuple[Outcome, ...]) -> None:
        self._leave_alone()
        self.app.switch_screen(ResultScreen(self.desk, self._session, self._plan, outcomes))

    def _leave_alone(self) -> None:
        """Close what was opened above, such as the palette."""
        self.desk.applying = False
        while self.app.screen is not self:
            self.app.pop_screen()

    def failed(self, name: str, error: BaseException) -> None:
        """Nothing is hidden: what was done before stands in the journal."""
        self._leave_alone()
        self.app.pop_screen()
        super().failed(name, error)

    def action_stop(self) -> None:
        """Ask to stop; the object that is being written is finished and verified first."""
        self._stop.set()
        self._show_progress()

    def action_hurry(self) -> None:
        """Go on without waiting for rollouts, this one and those to come."""
        self._hurry.set()
        self.say("The changes go on without waiting for rollouts; the result says which.")
