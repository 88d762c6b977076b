"""What the keys of the screen before do, and the words that k8sharden uses."""

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen

from screens.base import HardeningScreen, Page
from screens.desk import Desk
from screens.prose import Prose
from screens.words import lines

Key = tuple[str, str, str]
"""A key as people write it, what it does, and more of it."""

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


def keys_of(screen: Screen[Any]) -> list[Key]:
    """Return the keys that work on a screen now."""
    found: dict[str, Key] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.tooltip:
            # Textual's own, for the mouse wheel's kin and selections.
            continue
        key = screen.app.get_key_display(binding)
        known = found.get(binding.action)
        shown = f"{known[0]} {key}" if known else key
        found[binding.action] = (shown, binding.description, binding.tooltip)
    return list(found.values())


class HelpScreen(HardeningScreen):
    """Help for one screen."""

    CSS_PATH = "help.tcss"
    crumb = "help"

    def __init__(self, desk: Desk, sentence: str, keys: Sequence[Key]) -> None:
        super().__init__(desk)
        self._sentence = sentence
        self._keys = keys

    def body(self) -> ComposeResult:
        """Yield the text."""
        with Page():
            yield Prose(self._text())

    def _text(self) -> Content:
        rows = [Content.assemble((self._sentence, "bold")), Content("")]
        rows += [
            Content.assemble(
                (f"{key:<14}", "bold $text-accent"), f"{what:<24}", (more, "$text-muted")
            )
            for key, what, more in self._keys
        ]
        rows += [Content(""), Content.assemble(("Words", "bold"))]
        rows += [Content.assemble((f"{word:<14}", "bold"), meaning) for word, meaning in _WORDS]
        return lines(rows)

    def on_mount(self) -> None:
        """Let the keys scroll it."""
        self.query_one(Page).focus()
