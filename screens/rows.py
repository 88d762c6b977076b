"""The words and cells of one row in the list of findings."""

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from k8sharden.model.finding import Finding


def haystack(finding: Finding) -> str:
    """Return what a filter looks in, in lower case."""
    ref = finding.resource
    parts = (finding.check, finding.severity, finding.status, ref.label, finding.message)
    return " ".join(parts).lower()


def fit(text: str, width: int) -> str:
    """Return the text in exactly ``width`` cells, an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def covered(strip: Strip, style: Style) -> Strip:
    """Return the strip in one style: colours of its own would vanish on the cursor's."""
    return Strip([Segment(segment.text, style) for segment in strip], strip.cell_length)
