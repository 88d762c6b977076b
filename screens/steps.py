"""What a mission's screen says: its steps, the text of the next one, and what Enter does."""

from collections.abc import Iterator
from textwrap import wrap

from textual.content import Content

import remediations
from k8sharden.missions import Standing, Step, StepKind
from k8sharden.model.text import one_line
from screens.words import lines

_HEADINGS = {
    "what": "What it is",
    "why": "Why it matters",
    "fix": "How the fix works",
    "breaks": "What it can break",
    "verify": "How to verify",
}

_HINTS = {
    StepKind.LOOK: "Enter shows you the finding; Esc comes back here.",
    StepKind.ATTACK: "Enter runs the attack.",
    StepKind.FIX: "Enter reviews the fix: read the diff, a goes on to the confirmation.",
    StepKind.AGAIN: "Enter runs the attack again.",
    StepKind.READ: "Enter when you have read it: that ends the mission.",
}
GO_ON = "Enter goes on to the next step."
WAIT = "The fix was made: it is checked every two seconds. Enter checks now."
_SEEN = "Seen? Enter goes on to the attack. f shows the finding again."
_RUNBOOK = "Enter carries the runbook out here; a shows its files, e there writes them."


def hint(standing: Standing, *, looked: bool) -> str:
    """Return what Enter does now."""
    step = standing.step
    if step is None:
        return "Enter goes back to the list for the next one."
    if step.kind is StepKind.LOOK and looked:
        return _SEEN
    return _RUNBOOK if step.runbook else _HINTS[step.kind]


def steps(standing: Standing) -> Content:
    """Return the steps, one a line, with what is done and what is next."""
    return lines(list(_steps(standing)))


def _steps(standing: Standing) -> Iterator[Content]:
    for number, step in enumerate(standing.mission.steps):
        mark = "✓" if number < standing.done else "▸" if number == standing.done else " "
        style = "bold" if number == standing.done else "dim" if number > standing.done else ""
        yield Content.assemble((f"{mark} {number + 1} {step.title}", style))


def page(standing: Standing, wide: int) -> Content:
    """Return the text of the step that is next, with the story before the first."""
    step = standing.step
    if step is None:
        return Content(_done(standing))
    return lines(list(_page(standing, step, wide)))


def _done(standing: Standing) -> str:
    title = standing.mission.title
    return f"“{title}” is done: the attack worked, you fixed it, and it fails now."


def _page(standing: Standing, step: Step, wide: int) -> Iterator[Content]:
    if standing.done == 0:
        yield from _paragraph(standing.mission.story, wide, "italic")
        yield Content("")
    yield from _paragraph(step.text, wide)
    if step.keys:
        yield Content("")
        yield from _paragraph(f"By hand: {step.keys}", wide, "$text-muted")
    lesson = remediations.item(standing.mission.check).lesson
    for part in step.lesson:
        yield Content("")
        yield Content.assemble((_HEADINGS[part], "bold $text-primary"))
        yield from _paragraph(str(getattr(lesson, part)), wide)


def _paragraph(text: str, wide: int, style: str = "") -> Iterator[Content]:
    """Wrap by hand: a long text that changes keeps its height then."""
    for row in wrap(one_line(" ".join(text.split()), 4_000), wide) or [""]:
        yield Content.assemble((row, style))
