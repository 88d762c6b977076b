"""What can be read of the finding under the cursor: its diff, its lesson, its evidence."""

from typing import ClassVar

from textual.binding import BindingType

from k8sharden.model.finding import Finding
from screens.base import HardeningScreen
from screens.diff import DiffScreen
from screens.evidence import EvidenceScreen
from screens.keys import key, quiet
from screens.lesson import LessonScreen


class LookingScreen(HardeningScreen):
    """A screen with a cursor on findings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("area.diff", "d", "diff", "Diff", "Show the change that would fix it"),
        key("area.lesson", "L", "lesson", "Lesson", "What it is, why, how to fix it"),
        quiet("area.evidence", "E", "evidence", "Evidence", "What the check saw"),
    ]

    @property
    def current(self) -> Finding | None:
        """The finding under the cursor; None where there is none."""
        return None

    def chosen(self) -> tuple[Finding, ...]:
        """Return what an action is about: the marked findings, or the one under the cursor."""
        return self.desk.marked or ((self.current,) if self.current else ())

    def action_diff(self) -> None:
        """Show the change that would fix the finding."""
        if self.current:
            self.app.push_screen(DiffScreen(self.desk, self.current))

    def action_lesson(self) -> None:
        """Read the lesson of the finding's check."""
        if self.current:
            self.app.push_screen(LessonScreen(self.desk, self.current))

    def action_evidence(self) -> None:
        """Show what the check saw."""
        if self.current:
            self.app.push_screen(EvidenceScreen(self.desk, self.current))
