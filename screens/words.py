"""Words and styled text that several screens share. Nothing from outside is ever read as markup."""

from collections.abc import Iterable
from enum import Enum
from textwrap import wrap
from typing import TypeVar

from textual.content import Content

from k8sharden.model.finding import Finding, Severity, Status
from k8sharden.model.text import one_line

E = TypeVar("E", bound=Enum)

SEVERITY_STYLE = {
    Severity.CRITICAL: "bold $text-error",
    Severity.HIGH: "$text-error",
    Severity.MEDIUM: "$text-warning",
    Severity.LOW: "$text-primary",
}


def plain(text: str, limit: int = 600) -> Content:
    """Return text from outside, safe and on one line."""
    return Content(one_line(text, limit))


def middle(text: str, most: int) -> str:
    """Return a name of at most so many characters: what tells long ones apart is at both ends."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}…{text[most // 2 - most + 1 :]}"


def finding_words(names: Iterable[str]) -> Iterable[str]:
    """Yield the words of a command line that name these findings."""
    return (word for name in names for word in ("--finding", name))


def after(member: E) -> E:
    """Return the next member of an enumeration, and the first after the last."""
    members = list(type(member))
    return members[(members.index(member) + 1) % len(members)]


def counted(number: int, word: str) -> str:
    """Return ``1 finding``, ``2 findings``."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def age(seconds: float) -> str:
    """Return how long ago, in the coarsest unit that still says something."""
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word} ago"
    return "just now"


def severity_word(finding: Finding) -> str:
    """Return the word in front of a finding; what is not known has no severity yet."""
    if finding.status is Status.UNKNOWN:
        return "unknown"
    if finding.waived:
        return "waived"
    return "system" if finding.system else finding.severity.value


def by_severity(findings: Iterable[Finding]) -> Content:
    """Return ``2 critical, 1 high`` in colours; empty where nothing fails."""
    counted_ones = [finding.severity for finding in findings if finding.counts]
    parts = [
        Content.assemble((f"{counted_ones.count(severity)} {severity}", SEVERITY_STYLE[severity]))
        for severity in Severity
        if severity in counted_ones
    ]
    return Content(", ").join(parts)


def labelled(label: str, value: Content | str) -> Content:
    """Return a line that begins with what it is about."""
    return Content.assemble((f"{label:<10}", "bold"), value)


def hanging(label: str, text: str, width: int, *, path: bool = False) -> Content:
    """Return a labelled text from outside, wrapped so that its lines begin under one another.

    The path of a field is wrapped after its dots.
    """
    told = one_line(text, 1_200)
    rows = wrap(told.replace(".", ". ") if path else told, max(20, width - 10)) or [""]
    rows = [row.replace(". ", ".") for row in rows] if path else rows
    return labelled(label, Content(("\n" + " " * 10).join(rows)))


def lines(parts: Iterable[Content]) -> Content:
    """Join lines."""
    return Content("\n").join(parts)
