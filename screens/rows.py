"""The rows of the lists of findings, made ready in the scan's thread so that no list waits."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from k8sharden.analysis.unknown import told_once
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.session import Scan


@dataclass(frozen=True, slots=True)
class Row:
    """A finding with what is dear to work out: its id is a SHA-256."""

    finding: Finding
    id: str
    where: str
    """The object's label."""
    text: str
    """What a filter looks in, in lower case."""


def row_of(finding: Finding) -> Row:
    """Make a row ready."""
    where = finding.resource.label
    parts = (finding.check, finding.severity, finding.status, where, finding.message)
    return Row(finding, finding.id, where, " ".join(parts).lower())


@dataclass(frozen=True, slots=True)
class Shelf:
    """The findings of a scan, sorted into areas and counted. Every sequence is worst first."""

    scan: Scan
    areas: Mapping[Area, tuple[Row, ...]]
    rows: Mapping[str, Row]
    """All rows by their id."""
    severities: Mapping[Area, Mapping[Severity, int]]
    """How many failing findings count, by area and severity."""
    unknown: int
    """Findings that could not be judged."""

    @property
    def failing(self) -> int:
        """How many failing findings count."""
        return sum(sum(severities.values()) for severities in self.severities.values())


def shelve(scan: Scan) -> Shelf:
    """Make the findings of a scan ready for all lists. It takes a while: call it in a thread."""
    rows = [row_of(finding) for finding in scan.findings]
    severities: dict[Area, Counter[Severity]] = {area: Counter() for area in Area}
    for row in rows:
        if row.finding.counts:
            severities[row.finding.area][row.finding.severity] += 1
    return Shelf(
        scan,
        {area: tuple(_listed(rows, area)) for area in Area},
        {row.id: row for row in rows},
        severities,
        sum(row.finding.status is Status.UNKNOWN for row in rows),
    )


def _listed(rows: Iterable[Row], area: Area) -> Iterator[Row]:
    """Yield the rows of an area's list: what is unknown for one reason is one of them."""
    mine = [row for row in rows if row.finding.area is area]
    made = {id(row.finding): row for row in mine}
    for finding, _ in told_once(row.finding for row in mine):
        yield made.get(id(finding)) or row_of(finding)


def ready(findings: Iterable[Finding]) -> tuple[Row, ...]:
    """Make rows of these findings."""
    return tuple(map(row_of, findings))
