"""The last line of defence: no control character of a cluster's text reaches the terminal.

Text is made visible where it enters (`k8sharden.model.text`). Textual itself passes ESC and the
8-bit controls on (measured with 8.2.8), so what slipped through is deleted here, cell by cell.
"""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from k8sharden.model.text import visible


class NoControls(LineFilter):
    """Replaces control, bidi and zero-width characters just before they are written."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """Return the segments with every such character as ``?``, so that no width changes."""
        return [segment if _clean(segment) else _cleaned(segment) for segment in segments]


def _clean(segment: Segment) -> bool:
    # Nearly all segments are printable, and this test costs next to nothing. Controls are ours.
    return (
        bool(segment.control) or segment.text.isprintable() or visible(segment.text) == segment.text
    )


def _cleaned(segment: Segment) -> Segment:
    text = "".join(char if visible(char) == char else "?" for char in segment.text)
    return Segment(text, segment.style)
