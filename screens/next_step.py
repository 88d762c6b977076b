"""The best next step: which area, what it takes, and what it may disturb."""

from collections import Counter
from dataclasses import dataclass

from textual.content import Content

from k8sharden.model.change import Change, ChangeKind, Risk
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.session import Session
from screens.change_words import RISK
from screens.rows import Shelf
from screens.words import SEVERITY_STYLE, counted, lines

_FIRST = (Area.RBAC, Area.NETWORK)
"""As the checklist has it: who may do everything, and who may reach everything, come first."""

_MOST = 40
"""Findings whose fixes are worked out to tell the effort."""


@dataclass(frozen=True)
class Step:
    """An area with its worst finding, and the fixes of its worst findings."""

    finding: Finding
    same: int
    """How many findings of the area are as bad."""
    fixes: tuple[Change, ...]
    by_hand: int
    """How many of them have no fix that is generated."""


def next_step(session: Session, shelf: Shelf) -> Step | None:
    """Return the best next step; None where nothing fails. It works fixes out: use a thread."""
    area = best_area(shelf)
    if area is None:
        return None
    mine = [row.finding for row in shelf.areas[area] if row.finding.counts]
    worst = [finding for finding in mine if finding.severity is mine[0].severity]
    answers = [session.remediation(finding, shelf.scan) for finding in worst[:_MOST]]
    fixes = tuple(each for each in answers if isinstance(each, Change))
    return Step(mine[0], len(worst), fixes, len(answers) - len(fixes))


def best_area(shelf: Shelf) -> Area | None:
    """Return the area to go to: RBAC and network before all others, then by what fails worst."""
    failing = [area for area in Area if sum(shelf.severities[area].values())]
    pressing = (
        area
        for area in _FIRST
        if area in failing
        and any(shelf.severities[area].get(s) for s in (Severity.CRITICAL, Severity.HIGH))
    )
    by_worst = sorted(failing, key=lambda area: _worst(shelf, area))
    return next(iter((*pressing, *by_worst)), None)


def _worst(shelf: Shelf, area: Area) -> int:
    return min(severity.rank for severity, n in shelf.severities[area].items() if n)


def describe(step: Step) -> Content:
    """Say where to go, what it takes, and what it may disturb."""
    finding = step.finding
    number = list(Area).index(finding.area) + 1
    return lines(
        [
            Content.assemble(
                ("Next: ", "bold"),
                f"press {number} for {finding.area.heading}: ",
                counted(step.same, f"{finding.severity} finding"),
                ", first ",
                (finding.resource.label, SEVERITY_STYLE[finding.severity]),
                ".",
            ),
            Content.assemble(("Effort: ", "bold"), _effort(step)),
            Content.assemble(("Risk: ", "bold"), _risk(step.fixes)),
        ]
    )


def _effort(step: Step) -> str:
    files = sum(fix.kind is ChangeKind.ARTEFACT for fix in step.fixes)
    made = len(step.fixes) - files
    parts = [f"{counted(made, 'change')} to review before anything runs" if made else ""]
    parts.append(f"{counted(files, 'runbook')} to follow on the node" if files else "")
    parts.append(f"{step.by_hand} to decide by hand" if step.by_hand else "")
    return "; ".join(filter(None, parts)) + "."


def _risk(fixes: tuple[Change, ...]) -> str:
    if not fixes:
        return "nothing is generated, so nothing can break."
    risks = Counter(fix.risk for fix in fixes)
    return ", ".join(f"{RISK[risk]} ({risks[risk]})" for risk in Risk if risks[risk]) + "."
