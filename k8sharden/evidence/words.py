"""What is told of a log that was read, on a line or two."""

from collections.abc import Sequence

from k8sharden.evidence.blind import span
from k8sharden.model.text import one_line
from k8sharden.model.usage import Reading, Usage

_SHOWN = 3
_ODD = {
    "malformed": "no event",
    "truncated": "cut off",
    "interleaved": "torn by another event",
    "foreign": "something else",
    "oversized": "too long",
}


def told(usage: Usage) -> tuple[str, ...]:
    """Return what was read, and in a second sentence what of it was odd, if anything was."""
    reading = usage.reading
    files = one_line(reading.files[0], 200) if len(reading.files) == 1 else ""
    window = f", {span(usage.first, usage.last)}" if usage.last else ""
    users = len({use.user for use in usage.uses})
    first = (
        f"Audit log: {files or f'{len(reading.files):,} files'}, {reading.events:,} events of "
        f"{users:,} users{window}."
    )
    odd = oddities(reading)
    return (first, odd) if odd else (first,)


def oddities(reading: Reading) -> str:
    """Return one sentence on what could not be read; empty where all could."""
    parts = [
        f"{count:,} {words}" for name, words in _ODD.items() if (count := getattr(reading, name))
    ]
    said = f"Odd lines: {', '.join(parts)}." if parts else ""
    return f"{said} {beyond(reading.broken)}".strip()


def beyond(broken: Sequence[str]) -> str:
    """Return a sentence on files that ended before their time; empty where none did."""
    if not broken:
        return ""
    names = ", ".join(one_line(name, 120) for name in broken[:_SHOWN])
    more = f" and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
    return f"Not read to the end: {names}{more}."
