"""Reads audit logs into what they show: `k8sharden.model.usage.Usage`."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.evidence.blind import blind_spots
from k8sharden.evidence.event import Event
from k8sharden.evidence.files import OPTION
from k8sharden.evidence.shapes import ODD, events
from k8sharden.evidence.sources import About
from k8sharden.evidence.tally import Tally
from k8sharden.evidence.through import read_through
from k8sharden.evidence.torn import begins_event, pieces
from k8sharden.evidence.values import Values
from k8sharden.model.decoding import decode, uncollected
from k8sharden.model.usage import Reading, Usage

AUDIT_LOG = About(
    "audit log",
    "an audit log",
    OPTION,
    # Amazon Data Firehose gives its files no ending.
    (".log", ".gz", ".json", ".jsonl", ".ndjson", ".txt", ""),
    "holds no event of a Kubernetes audit log that says who asked for what. Give the file that the "
    "API server's --audit-log-path names, or what CloudWatch, Cloud Logging or Azure Monitor "
    "exports of it, as JSON.",
)
"""What is read here."""

_PREFIX = 300
"""Characters of a time, a stream's name or a level that collectors write before an event."""


class Reader:
    """Reads lines into a tally, and counts what is odd."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.values = Values()
        self.odd = dict.fromkeys(("malformed", "truncated", "interleaved", "foreign"), 0)

    @property
    def found(self) -> int:
        """How many events were read so far."""
        return self.tally.events

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read one file."""
        with uncollected():
            for value in self.values.of(chunks):
                self._line(value)

    def _line(self, line: bytes) -> None:
        """Take one value, as most lines are: an event."""
        try:
            event = decode(line, Event)
            if event.told:
                self.tally.add(event)
                return
        except ODD:
            pass
        self._unusual(line)

    def _unusual(self, line: bytes) -> None:
        """Take what is no event as it stands: wrapped, torn, mixed with another, or none."""
        bare = line.rstrip(b",")
        at = 0 if bare[:1] in (b"{", b"[") else bare.find(b'{"', 0, _PREFIX)
        if at < 0 or not self._wrapped(bare[at:]):
            self._torn(bare)

    def _wrapped(self, value: bytes) -> bool:
        """Take the events in one value of JSON; False where it is none."""
        try:
            for found in events(value):
                if found.event is None:
                    self.odd["foreign"] += 1
                else:
                    self.tally.add(found.event, found.cluster)
        except ODD:
            return False
        return True

    def _torn(self, line: bytes) -> None:
        """Save what is whole in a line that is no JSON."""
        cut = pieces(line)
        whole = [self._wrapped(piece) for piece in cut] if len(cut) > 1 else []
        if whole and all(whole) and not begins_event(line):
            return  # Batches that follow one another without a break, as they were delivered.
        if any(whole):
            self.odd["interleaved"] += 1
        elif (line[:1] == b"{") != (line[-1:] == b"}"):
            self.odd["truncated"] += 1
        else:
            self.odd["malformed"] += 1


def read_logs(
    paths: Sequence[str],
    stdin: BinaryIO,
    progress: Tell = lambda _: None,
    cancelled: Stopped = lambda: False,
) -> Usage:
    """Read audit logs; ``progress`` is told of bytes.

    Raises `InputError` where one cannot be read or holds no event, `Cancelled` when asked to stop.
    """
    reader = Reader()
    read = read_through(paths, stdin, AUDIT_LOG, reader, progress=progress, cancelled=cancelled)
    return usage_of(reader, read.files, read.broken)


def read_chunks(chunks: Iterable[bytes], name: str) -> Usage:
    """Read a log that is no file, under this name."""
    reader = Reader()
    reader.read(chunks)
    return usage_of(reader, (name,))


def usage_of(reader: Reader, files: tuple[str, ...], broken: tuple[str, ...] = ()) -> Usage:
    """Return what was read."""
    tally, values = reader.tally, reader.values
    odd = reader.odd | {"truncated": reader.odd["truncated"] + values.truncated}
    reading = Reading(
        files,
        events=tally.events,
        oversized=values.oversized,
        dropped=tally.counts.dropped,
        broken=broken,
        **odd,
    )
    uses = tuple(tally.counts.uses())
    return Usage(
        uses,
        groups={user: tuple(sorted(known)) for user, known in sorted(tally.groups.items())},
        uids={user: tuple(sorted(known)) for user, known in sorted(tally.uids.items())},
        objects=frozenset(tally.objects),
        clusters=tuple(sorted(tally.clusters)),
        first=tally.first,
        last=tally.last,
        reading=reading,
        blind=blind_spots(tally, uses),
    )
