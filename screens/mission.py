"""One mission, step by step: look, attack, fix, attack again, read. Enter does what comes next."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from k8sharden.missions import Line, Mission, Missions, Outcome, Ran, Step, StepKind
from screens.ask import AskScreen
from screens.base import Page
from screens.desk import Desk
from screens.keys import key, quiet
from screens.mission_page import MissionPage

_CARRY_OUT = (
    "Carry the runbook out on the training cluster? Its nodes are pretended: the flags are set, "
    "and its API server starts anew. Anywhere else this is the work of people."
)
_AGAIN = 2.0
"""Seconds between two looks at a fix that is still rolling out."""

_NO_FINDING = "The scan no longer finds it, so the fix may be in already: n checks."


class MissionScreen(MissionPage):
    """The page, and what each key does to the cluster."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("mission.do", "enter", "do", "Do it", "Do what comes next"),
        key("mission.attack", "x", "attack", "Attack", "Run the attack, at any step"),
        key("mission.finding", "f", "finding", "Finding", "Show the finding in its area"),
        quiet("mission.lesson", "L", "lesson", "Lesson", "Read the whole lesson of the check"),
        quiet("mission.next", "n", "next", "Check", "Check this step, and go on"),
        quiet("mission.story", "i", "story", "Story", "Read the story again"),
    ]

    def __init__(self, desk: Desk, guide: Missions, mission: Mission) -> None:
        super().__init__(desk, guide, mission)
        self._fixing = False

    def on_mount(self) -> None:
        """Let the keys scroll the text."""
        self.set_interval(_AGAIN, self._check_again)
        self.query_one(Page).focus()

    def show(self) -> None:
        """Ask the cluster how far it is; after a fix, check whether it is in."""
        super().show()
        if self._fixing:
            self._fixing = False
            self._finish(self._judged)
        else:
            self._ask_standing()

    def action_do(self) -> None:
        """Do what the hint says."""
        if self._held:
            self._go_on()
            return
        match self._step:
            case None:
                self.app.pop_screen()
            case Step(kind=StepKind.LOOK) if not self._looked:
                self.action_finding()
            case Step(kind=StepKind.FIX, runbook=True):
                self._carry_out()
            case Step(kind=StepKind.FIX):
                self._fix()
            case Step(kind=StepKind.ATTACK | StepKind.AGAIN):
                self.action_attack()
            case _:
                self.action_next()

    def action_attack(self) -> None:
        """Run the attack; nothing outside the training cluster is touched."""
        self._outcome = None
        run = partial(self._guide.run, self._mission.id)
        self.work("attack", run, self._ran, writes=True)

    def _ran(self, ran: Ran) -> None:
        self._held = ran.outcome.done
        self._type(ran.report.lines, ran.outcome)

    def action_next(self) -> None:
        """Check this step, and go on where the cluster agrees."""
        self._finish(self._judged)

    def _finish(self, then: Callable[[Outcome], None]) -> None:
        # An answer to an older question may not be drawn yet, and the mission be further by it.
        finish = partial(self._guide.finish, self._mission.id, self._step)
        self.work("finish", finish, then, writes=True)

    def _check_again(self) -> None:
        """Check a rollout once more, as long as somebody waits for it here."""
        checking = any(w.group == "finish" and not w.is_finished for w in self.workers)
        # Back from the review, the screen is current a moment before it is shown, and checks then.
        if self.is_current and self._awaited and not self._fixing and not checking:
            self.action_next()

    def action_finding(self) -> None:
        """Show the finding in its area; Esc comes back here."""
        self._looked = True
        if self.desk.scanning or self.desk.scan is None:
            self.say("The scan is still running: once more in a moment.")
        elif found := self._findings():
            self.house.show_finding(found[0])
        else:
            self.say(_NO_FINDING)
        self._draw()

    def _fix(self) -> None:
        """Review, confirm and apply as for every other finding."""
        if self.desk.scanning or self.desk.scan is None:
            self.say("The scan is still running: once more in a moment.")
        elif not self._findings():
            self.action_next()
        else:
            self._fixing = True
            self._outcome = None
            self.house.action_review()

    def _carry_out(self) -> None:
        """Ask first: it changes the training cluster."""
        if self.desk.locked:
            self.say(self.desk.locked)
        else:
            self.app.push_screen(AskScreen(_CARRY_OUT, "Carry it out"), self._answered)

    def _answered(self, yes: bool | None) -> None:  # noqa: FBT001 - what a dialog gives back
        if yes:
            carry_out = partial(self._guide.carry_out, self._mission.id)
            self.work("runbook", carry_out, self._carried_out, writes=True)

    def _carried_out(self, lines: tuple[Line, ...]) -> None:
        self._type(lines, None)
        self._finish(self._runbook_judged)
        self.house.action_rescan()

    def _runbook_judged(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._ask_standing()
