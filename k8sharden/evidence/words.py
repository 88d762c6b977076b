"""What is told of a log that was read, on a line or two."""

from k8sharden.evidence.blind import span
from k8sharden.model.text import one_line
from k8sharden.model.usage import Reading, Usage

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
    if reading.broken:
        names = ", ".join(one_line(name, 120) for name in reading.broken[:3])
        more = f" and {len(reading.broken) - 3} more" if len(reading.broken) > 3 else ""  # noqa: PLR2004 - as above
        said = f"{said} Not read to the end: {names}{more}.".strip()
    return said
