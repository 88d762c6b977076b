"""The cells of one area in the overview: what fails, what passed, what is unknown."""

from collections.abc import Mapping

from rich.text import Text

from k8sharden.model.finding import Area, Severity
from screens.desk import Desk

FAILING = 34
"""Columns for what fails: hundreds of every severity fit, in short words."""


def tally(desk: Desk, area: Area) -> tuple[Text, Text, Text]:
    """Return what fails in an area, how many checks passed, and how much is unknown."""
    if desk.scan is None:
        return Text("…" if desk.scanning or desk.opening else "not scanned"), Text(""), Text("")
    counts = desk.scan.assessment.areas[area]
    if not counts.fail + counts.passed + counts.unknown:
        return Text("no checks", "dim"), Text(""), Text("")
    none = Text("not known" if counts.unknown else "none", "italic" if counts.unknown else "")
    failing = _severities(desk, area) if counts.fail else none
    return failing, Text(f"{counts.passed:>6}"), Text(f"{counts.unknown:>7}")


def _severities(desk: Desk, area: Area) -> Text:
    """Count by severity; in short words where the whole ones leave no room for all of them."""
    counts = desk.shelf.severities[area] if desk.shelf else {}
    whole = _counted(counts, {severity: severity.value for severity in Severity})
    return whole if len(whole) <= FAILING else _counted(counts, _SHORT)


def _counted(counts: Mapping[Severity, int], words: Mapping[Severity, str]) -> Text:
    text = Text()
    for severity in Severity:
        if counts.get(severity):
            text.append(", " if text else "")
            text.append(f"{counts[severity]:,} {words[severity]}", _weight(severity))
    return text


_SHORT = {
    Severity.CRITICAL: "crit",
    Severity.HIGH: "high",
    Severity.MEDIUM: "med",
    Severity.LOW: "low",
}


def _weight(severity: Severity) -> str:
    return {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow"}.get(
        severity, ""
    )
