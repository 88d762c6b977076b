"""The cells of one area in the overview: what fails, what passed, what is unknown."""

from rich.text import Text

from k8sharden.model.finding import Area, Severity
from screens.desk import Desk


def tally(desk: Desk, area: Area) -> tuple[Text, Text, Text]:
    """Return what fails in an area, how many checks passed, and how much is unknown."""
    if desk.scan is None:
        return Text("…" if desk.scanning or desk.opening else "not scanned"), Text(""), Text("")
    counts = desk.scan.assessment.areas[area]
    if not counts.fail + counts.passed + counts.unknown:
        return Text("no checks", "dim"), Text(""), Text("")
    none = Text("not known" if counts.unknown else "none", "italic" if counts.unknown else "")
    failing = _severities(desk, area) if counts.fail else none
    return failing, Text(f"{counts.passed:>13}"), Text(f"{counts.unknown:>7}")


def _severities(desk: Desk, area: Area) -> Text:
    counts = desk.shelf.severities[area] if desk.shelf else {}
    text = Text()
    for severity in Severity:
        if counts.get(severity):
            text.append(", " if text else "")
            text.append(f"{counts[severity]:,} {severity}", _weight(severity))
    return text


def _weight(severity: Severity) -> str:
    return {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow"}.get(
        severity, ""
    )
