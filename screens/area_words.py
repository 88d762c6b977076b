"""What an area says beside its list: the other areas, why it is empty, the command."""

import heapq
from collections.abc import Callable, Iterable, Sequence

from textual.content import Content

from k8sharden.model.finding import Area
from k8sharden.model.kinds import ResourceType
from k8sharden.session import Scan
from screens.desk import Desk
from screens.words import counted, finding_words, lines, plain

UNREAD = "Not all of it could be read."

_NAMED = 12
"""Marked findings that the command line names on the screen; y copies them all."""


def heading(area: Area, ways: Sequence[str], told: str) -> Content:
    """Return an area's number and name, how its list is arranged, and what it is about."""
    number = list(Area).index(area) + 1
    arranged = (f"  {', '.join(ways)}", "bold italic")
    return Content.assemble((f"{number} {area.heading}", "bold"), arranged, "  ", plain(told, 300))


def about(
    scan: Scan | None, intro: str, reads: Iterable[ResourceType], facts: Callable[[Scan], str]
) -> str:
    """Return what an area is about, and what is counted there where all of it was read."""
    if scan is None:
        return intro
    read = all(scan.inventory.entry(kind).complete for kind in reads)
    return f"{intro} {facts(scan) if read else UNREAD}"


def sidebar(scan: Scan | None, current: Area) -> Content:
    """Return the areas, each with what fails in it."""
    rows = []
    for number, area in enumerate(Area, start=1):
        fail = scan.assessment.areas[area].fail if scan else 0
        style = "bold reverse" if area is current else ""
        rows.append(Content.assemble((f" {number} {area.heading:<23}{fail or '':>4} ", style)))
    return lines(rows)


def why_empty(desk: Desk, area: Area) -> str:
    """Say why an area shows no row, and what to do where there is something to do."""
    if desk.scanning:
        return "The scan is running. Esc shows how far it is."
    scan = desk.scan
    if scan is None:
        return "Nothing was scanned yet: press r to scan. A scan only reads."
    if desk.of(area):
        return "No finding holds all of these words. Esc clears the filter."
    passed = scan.assessment.areas[area].passed
    if not passed:
        return "The catalogue has no check for this area that applies here."
    return (
        f"Nothing fails here: {counted(passed, 'check')} passed. Esc goes back to the overview, "
        "which names the next step."
    )


def area_command(desk: Desk, area: Area) -> str:
    """Return the command line that does the same; of many marks it names only the first."""
    session = desk.session
    if session is None:
        return ""
    if not desk.marks:
        return session.command("scan", "--area", area)
    more = len(desk.marks) - _NAMED
    names = heapq.nsmallest(_NAMED, desk.marks) if more > 0 else marked_ids(desk)
    told = session.command("plan", *finding_words(names))
    return f"{told} … and {more:,} more, which y copies" if more > 0 else told


def marked_ids(desk: Desk) -> list[str]:
    """Return the ids of what is marked, worst first."""
    return [finding.id for finding in desk.marked]
