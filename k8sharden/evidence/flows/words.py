"""What is told of flows that were read, on a line or two."""

from k8sharden.evidence.blind import span
from k8sharden.evidence.words import beyond
from k8sharden.model.flows import Flows
from k8sharden.model.text import one_line

_NOT_USED = {
    "replies": "replies",
    "other": "no connection that a policy speaks of, or none whose direction is known",
    "malformed": "no flow",
    "foreign": "something else",
}


def told_flows(flows: Flows) -> tuple[str, ...]:
    """Return what was read, and in a second sentence what of it was no connection."""
    reading = flows.reading
    files = one_line(reading.files[0], 200) if len(reading.files) == 1 else ""
    window = f", {span(flows.first, flows.last)}" if flows.last else ""
    first = (
        f"Flows: {files or f'{len(reading.files):,} files'}, {reading.flows:,} in "
        f"{len(flows.flows):,} kinds{window}."
    )
    rest = unused(flows)
    return (first, rest) if rest else (first,)


def unused(flows: Flows) -> str:
    """Return one sentence on what was no new connection; empty where all was."""
    counts = ((getattr(flows.reading, name), words) for name, words in _NOT_USED.items())
    parts = [f"{count:,} {words}" for count, words in counts if count]
    said = f"Other lines: {'; '.join(parts)}." if parts else ""
    return f"{said} {beyond(flows.reading.broken)}".strip()
