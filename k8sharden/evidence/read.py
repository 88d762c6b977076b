"""Reads audit logs into what they show: `k8sharden.model.usage.Usage`."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from k8sharden.cluster.progress import Coalesced, Progress, Stopped, Tell
from k8sharden.errors import Cancelled, InputError
from k8sharden.evidence.blind import blind_spots
from k8sharden.evidence.event import Event
from k8sharden.evidence.lines import lines
from k8sharden.evidence.pretty import Broken, Pretty
from k8sharden.evidence.shapes import ODD, events
from k8sharden.evidence.sources import Opened, find
from k8sharden.evidence.tally import Tally
from k8sharden.evidence.torn import begins_event, pieces
from k8sharden.model.decoding import decode, uncollected
from k8sharden.model.text import one_line
from k8sharden.model.usage import Reading, Usage

RESOURCE = "audit log"
"""What the progress of reading is about."""

_PREFIX = 300
"""Characters of a time, a stream's name or a level that collectors write before an event."""


class Reader:
    """Reads lines into a tally, and counts what is odd."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.odd = dict.fromkeys(("malformed", "truncated", "interleaved", "foreign"), 0)
        self.oversized = 0
        self._pretty = Pretty()

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read one file."""
        with uncollected():
            self._read(chunks)
        if self._pretty.inside:
            self._pretty = Pretty()
            self.odd["truncated"] += 1

    def _read(self, chunks: Iterable[bytes]) -> None:
        for line in lines(chunks):
            if line is None:
                self.oversized += 1
            elif self._pretty.inside or self._pretty.begins(line):
                self._printed(line)
            else:
                self._line(line)

    def _printed(self, line: bytes) -> None:
        """Take one line of a value that was printed over several."""
        try:
            for value in self._pretty.take(line):
                if value is None:
                    self.oversized += 1
                else:
                    self._line(value)
        except Broken:
            self.odd["truncated"] += 1
            if not self._pretty.begins(line):
                self._line(line)

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
    sources = find(paths)
    total = sum(source.size for source in sources) or None
    tell, done = Coalesced(progress), 0

    def told(size: int) -> None:
        nonlocal done
        if cancelled():
            raise Cancelled("Stopped while the audit log was read. Nothing was changed.")
        done += size
        tell(Progress(RESOURCE, done, total, finished=False, unit="bytes"))

    reader, broken = Reader(), []
    for source in sources:
        before = reader.tally.events
        opened = Opened(source, stdin, told)
        reader.read(opened.chunks())
        if opened.broken:
            broken.append(source.name)
        if source.given and reader.tally.events == before:
            raise _nothing(source.name)
    if not reader.tally.events:
        raise _nothing(", ".join(paths))
    progress(Progress(RESOURCE, done, total, finished=True, unit="bytes"))
    return usage_of(reader, tuple(source.name for source in sources), tuple(broken))


def read_chunks(chunks: Iterable[bytes], name: str) -> Usage:
    """Read a log that is no file, under this name."""
    reader = Reader()
    reader.read(chunks)
    return usage_of(reader, (name,))


def usage_of(reader: Reader, files: tuple[str, ...], broken: tuple[str, ...] = ()) -> Usage:
    """Return what was read."""
    tally = reader.tally
    reading = Reading(
        files,
        events=tally.events,
        oversized=reader.oversized,
        dropped=tally.counts.dropped,
        broken=broken,
        **reader.odd,
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


def _nothing(name: str) -> InputError:
    return InputError(
        f"{one_line(name, 300)} holds no event of a Kubernetes audit log that says who asked for "
        "what. Give the file that the API server's --audit-log-path names, or what CloudWatch, "
        "Cloud Logging or Azure Monitor exports of it, as JSON."
    )
