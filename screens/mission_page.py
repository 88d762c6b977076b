"""What a mission looks like: its steps, the text of the one that is next, what came of it."""

from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

from k8sharden.errors import K8shardenError
from k8sharden.missions import Line, Mission, Missions, Outcome, Standing, Step, StepKind
from k8sharden.model.finding import Finding
from k8sharden.model.text import one_line
from screens.base import HardeningScreen, Page
from screens.desk import Desk
from screens.lesson import LessonScreen
from screens.prose import Prose
from screens.report import Report
from screens.steps import GO_ON, WAIT, hint, page, steps
from screens.words import plain


class MissionPage(HardeningScreen):
    """The steps, the text of the one that is next, and what the attack brought."""

    CSS_PATH = "mission.tcss"
    crumb = "mission"
    offers = ()
    opening = "Enter does what the line above the keys says. Esc leaves; your progress is kept."

    def __init__(self, desk: Desk, guide: Missions, mission: Mission) -> None:
        super().__init__(desk)
        self._guide = guide
        self._mission = mission
        self._standing = Standing(mission)
        self._looked = False
        self._held = False
        self._outcome: Outcome | None = None

    def body(self) -> ComposeResult:
        """Yield the title, the steps beside or over the text, and what Enter does."""
        yield Prose(self._title(), id="title")
        with Container(id="desk"):
            yield Prose(id="steps")
            with Page(id="page"):
                yield Prose(id="text")
                yield Report(id="report")
        yield Prose(id="outcome")
        yield Prose(id="hint")
        yield Prose(id="command", classes="command")

    def _title(self) -> Content:
        return Content.assemble((self._mission.title, "bold"), f"  {self._mission.area.heading}")

    def _ask_standing(self) -> None:
        self.work("standing", partial(self._guide.standing, self._mission.id), self._stands)

    def _stands(self, standing: Standing) -> None:
        self._standing = standing
        self._draw()

    def on_resize(self) -> None:
        """Wrap the text anew."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        self.query_one("#steps", Prose).update(steps(self._standing))
        self._show_outcome()
        told = GO_ON if self._held else hint(self._standing, looked=self._looked)
        if self._awaited:
            told = WAIT
        self.query_one("#hint", Prose).update(plain(told))
        if not self._held:
            wide = max(30, self.query_one("#text").size.width)
            self.query_one("#text", Prose).update(page(self._standing, wide))
            self.tell_command(self._command())

    def _show_outcome(self) -> None:
        text = self.query_one("#outcome", Prose)
        text.display = self._outcome is not None and not self.query_one(Report).typing
        if self._outcome is not None:
            style = "bold $text-success" if self._outcome.done else "bold $text-warning"
            text.update(Content.assemble((one_line(self._outcome.words, 600), style)))

    def _command(self) -> str:
        step = self._standing.step
        if step is None or not step.commands:
            return f"k8sharden missions finish {self._mission.id}"
        return step.commands[-1]

    @property
    def _step(self) -> Step | None:
        return self._standing.step

    def _go_on(self) -> None:
        """Show the step that is next, with nothing of the one before."""
        self._held = False
        self._outcome = None
        self.query_one(Report).type(())
        self.query_one(Page).scroll_home(animate=False)
        self._draw()

    def _type(self, lines: Sequence[Line], outcome: Outcome | None) -> None:
        self._outcome = outcome
        self.query_one(Report).type(lines)
        self._ask_standing()

    def on_report_typed(self) -> None:
        """Say what it means once the last line is there."""
        self._show_outcome()
        self.query_one(Page).scroll_end(animate=False)

    def on_report_grown(self) -> None:
        """Keep the newest line in sight."""
        self.query_one(Page).scroll_end(animate=False)

    def _judged(self, outcome: Outcome) -> None:
        self._held = False
        self._outcome = outcome
        self.query_one(Report).type(())
        self.query_one(Page).scroll_home(animate=False)
        self._ask_standing()

    @property
    def _awaited(self) -> bool:
        """Whether the fix was made, and pods from before it may still run."""
        fix = not self._held and self._step is not None and self._step.kind is StepKind.FIX
        known = self.desk.scan is not None and not self.desk.scanning
        return fix and known and not self._findings()

    def _findings(self) -> tuple[Finding, ...]:
        mission = self._mission
        return tuple(
            row.finding
            for row in self.desk.of(mission.area)
            if row.finding.check == mission.check and row.finding.resource == mission.target
        )

    def chosen(self) -> tuple[Finding, ...]:
        """Return the finding that this mission is about."""
        return self._findings()

    def action_lesson(self) -> None:
        """Read the lesson of the check."""
        others = (row.finding for row in self.desk.of(self._mission.area))
        found = (one for one in (*self._findings(), *others) if one.check == self._mission.check)
        if about := next(found, None):
            self.app.push_screen(LessonScreen(self.desk, about))
            return
        self.say(f"k8sharden explain {self._mission.check} prints the lesson.")

    def action_story(self) -> None:
        """Read the story again."""
        self.house.notify(self._mission.story, markup=False, timeout=15, title="The story")

    def failed(self, name: str, error: BaseException) -> None:
        """Say what went wrong where the learner reads."""
        if isinstance(error, K8shardenError):
            self._outcome = Outcome(done=False, words=str(error))
            self._show_outcome()
        else:
            super().failed(name, error)
