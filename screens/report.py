"""What an attack did, typed line by line as in a shell."""

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from k8sharden.missions import Line, LineKind
from screens.prose import Prose
from screens.words import lines, plain

_PACE = 0.25
"""Seconds between two lines: slow enough to read along, and over in a few seconds."""

_MARKS = {LineKind.COMMAND: "$ ", LineKind.ANSWER: "  ", LineKind.NOTE: "# "}
_STYLES = {LineKind.COMMAND: "bold", LineKind.ANSWER: "", LineKind.NOTE: "italic"}


class Report(Prose):
    """The lines of a report; all at once where animations are off."""

    class Grown(Message):
        """One more line is there."""

    class Typed(Message):
        """The last line is there."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._shown = 0
        self._timer: Timer | None = None

    @property
    def typing(self) -> bool:
        """Whether lines are still to come."""
        return self._shown < len(self._lines)

    def type(self, rows: Sequence[Line]) -> None:
        """Begin to type other lines."""
        if self._timer is not None:
            self._timer.stop()
        self._lines = tuple(rows)
        self._shown = len(rows) if self.app.animation_level == "none" else min(1, len(rows))
        self._draw()
        if self.typing:
            self._timer = self.set_interval(_PACE, self._more)
        elif rows:
            self.post_message(self.Typed())

    def _more(self) -> None:
        self._shown += 1
        self._draw()
        self.post_message(self.Grown())
        if not self.typing and self._timer is not None:
            self._timer.stop()
            self.post_message(self.Typed())

    def _draw(self) -> None:
        self.display = bool(self._lines)
        rows = [
            Content.assemble(
                (_MARKS[line.kind], "bold"), plain(line.text).stylize(_STYLES[line.kind])
            )
            for line in self._lines[: self._shown]
        ]
        self.update(lines([Content(""), *rows]))
