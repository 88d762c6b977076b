"""What the keys of the screen before do, and the words that k8sharden uses."""

from collections.abc import Sequence
from textwrap import wrap

from textual.app import ComposeResult
from textual.content import Content

from screens.actions import Action
from screens.base import HardeningScreen, Page
from screens.desk import Desk
from screens.prose import Prose
from screens.words import lines

_KEYS, _LABEL = 14, 22
"""Columns of the keys, and of what they do in a word."""

_AROUND = 6
"""Columns that the page takes around its text: padding, and room for its scrollbar."""

_WORDS = (
    ("finding", "one defect in one place"),
    ("system", "Kubernetes' own: listed last, and not counted as failing"),
    ("waived", "accepted for this object by an annotation: listed last, and not counted"),
    ("unknown", "what could not be read is not passed: grant the permission that is named"),
    ("plan", "the changes for the findings you marked, one write per object"),
    ("dry run", "the server tries a change without storing it"),
    ("digest", "the fingerprint of exactly what you were shown; nothing else is applied"),
    ("journal", "what was done, written down before it is done, so that it can be undone"),
    ("artefact", "a file that no API takes, such as an audit policy: exported, with a runbook"),
)


class HelpScreen(HardeningScreen):
    """Help for one screen."""

    CSS_PATH = "help.tcss"
    crumb = "help"
    offers = ()

    def __init__(self, desk: Desk, sentence: str, actions: Sequence[Action]) -> None:
        super().__init__(desk)
        self._sentence = sentence
        self._actions = actions

    def body(self) -> ComposeResult:
        """Yield the text."""
        with Page():
            yield Prose(self._text(), id="text")

    def _text(self) -> Content:
        wide = self.app.size.width - _AROUND
        rows = [Content.assemble((self._sentence, "bold")), Content("")]
        rows += [_key(action, wide) for action in self._actions]
        rows += [Content(""), Content.assemble(("Words", "bold"))]
        rows += [
            Content.assemble((f"{word:<{_KEYS}}", "bold"), _hung(meaning, _KEYS, wide))
            for word, meaning in _WORDS
        ]
        return lines(rows)

    def on_resize(self) -> None:
        """Wrap the text anew."""
        if self.is_mounted:
            self.query_one("#text", Prose).update(self._text())

    def on_mount(self) -> None:
        """Let the keys scroll it."""
        self.query_one(Page).focus()


def _key(action: Action, wide: int) -> Content:
    """Return one key; where the keys are many, what they do begins a little later."""
    keys, label = f"{action.keys:<{_KEYS - 1}} ", f"{action.label:<{_LABEL - 1}} "
    before = len(keys + label)
    more = _hung(action.more, before, wide)
    return Content.assemble((keys, "bold $text-accent"), label, (more, "$text-muted"))


def _hung(text: str, before: int, wide: int) -> str:
    """Return a text whose lines all begin where its first does."""
    return ("\n" + " " * before).join(wrap(text, max(20, wide - before)))
