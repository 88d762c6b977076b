"""What of somebody's rights an audit log shows as used, as tables and as data."""

from datetime import UTC, datetime
from typing import Any

from k8sharden.analysis.rbac.exercised import Exercise, Exercised, right_of
from k8sharden.cli.output import table

_MOST_ROWS = 200
"""Rights in the table of what is used; the data holds them all."""

_MOST_PARTS = 12
"""Lines under a right with a star, of what of it was used."""


def use_tables(use: Exercise) -> list[str]:
    """Return the tables of what was used, and of what was denied."""
    shown = [row for each in use.rights[:_MOST_ROWS] for row in _used(each)]
    found = [table(("RIGHT", "USED", "LAST"), shown)]
    if len(use.rights) > _MOST_ROWS:
        found.append(f"And {len(use.rights) - _MOST_ROWS:,} more rights: -o json lists them all.")
    denied = [(right_of(each).words, *_times(each.denied, each.last)) for each in use.denied]
    return found + ([table(("DENIED", "TIMES", "LAST"), denied[:_MOST_ROWS])] if denied else [])


def _used(use: Exercised) -> list[tuple[str, ...]]:
    """Return the row of a right, and under one with a star what of it was used."""
    rows: list[tuple[str, ...]] = [(use.right.words, *_times(use.times, use.last))]
    rows += [(f"  {part.words}", f"{times:,}", "") for part, times in use.parts[:_MOST_PARTS]]
    if len(use.parts) > _MOST_PARTS:
        rows.append((f"  and {len(use.parts) - _MOST_PARTS:,} more, in -o json", "", ""))
    return rows


def _times(times: int, last: float) -> tuple[str, str]:
    day = datetime.fromtimestamp(last, UTC).date().isoformat() if last else "-"
    return (f"{times:,}" if times else "unused"), day


def use_data(use: Exercise) -> dict[str, Any]:
    """Return the same as data, all of it."""
    return {
        "rights": [
            {
                **each.right._asdict(),
                "used": each.times,
                "last": each.last,
                "parts": [{**part._asdict(), "used": times} for part, times in each.parts],
            }
            for each in use.rights
        ],
        "denied": [
            {**right_of(each)._asdict(), "times": each.denied, "last": each.last}
            for each in use.denied
        ],
    }
