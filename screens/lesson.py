"""The lesson of one check: what, why, what an attacker does, how the fix works, what it breaks."""

from textual.app import ComposeResult
from textual.content import Content

from k8sharden.model.item import Item, Lesson, Reference
from k8sharden.model.text import visible
from screens.base import FindingScreen, Page
from screens.prose import Prose
from screens.words import lines, plain

_PARTS = (
    ("What it is", "what"),
    ("Why it matters", "why"),
    ("What an attacker does", "attack"),
    ("How the fix works", "fix"),
    ("What it can break", "breaks"),
    ("How to verify", "verify"),
)


class LessonScreen(FindingScreen):
    """Text to read. Lessons of other packages are shown as plain text, too."""

    CSS_PATH = "lesson.tcss"
    crumb = "lesson"
    offers = ("review",)
    opening = "Read in peace: nothing here does anything. Esc goes back to the finding."

    def body(self) -> ComposeResult:
        """Yield the text and the command that prints it."""
        with Page():
            yield Prose(id="lesson")
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """Write the lesson."""
        session = self.desk.session
        if session is None:
            return
        self.query_one("#lesson", Prose).update(_lesson(session.item(self._finding.check)))
        self.tell_command(f"k8sharden explain {self._finding.check}")
        self.query_one(Page).focus()


def _lesson(item: Item) -> Content:
    parts = [Content.assemble((item.title, "bold"), f"  {item.id} · {item.severity}")]
    for heading, name in _PARTS:
        parts += [
            Content(""),
            Content.assemble((heading, "bold $text-primary")),
            _prose(item.lesson, name),
        ]
    references = dict.fromkeys((*item.lesson.reading, *item.references))
    parts += [Content(""), Content.assemble(("Further reading", "bold $text-primary"))]
    return lines([*parts, *map(_reference, references)])


def _prose(lesson: Lesson, name: str) -> Content:
    """Return one part with its paragraphs and indented lines, made safe."""
    return Content(visible(str(getattr(lesson, name)).strip()))


def _reference(reference: Reference) -> Content:
    return plain(f"{reference.label}  {reference.url}".rstrip())
