"""Reads files of observed connections into what they show: `k8sharden.model.flows.Flows`."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

import msgspec

from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.evidence.files import FLOWS
from k8sharden.evidence.flows.blind import blind_spots
from k8sharden.evidence.flows.hubble import told
from k8sharden.evidence.flows.seen import Foreign, Lost, Other, Reply
from k8sharden.evidence.flows.table import Heading, Odd, Table
from k8sharden.evidence.flows.tally import Tally
from k8sharden.evidence.sources import About
from k8sharden.evidence.through import read_through
from k8sharden.evidence.torn import pieces
from k8sharden.evidence.values import Values
from k8sharden.model.decoding import decode, uncollected
from k8sharden.model.flows import FlowReading, Flows

OBSERVED = About(
    "flows",
    "flows",
    FLOWS,
    (".log", ".gz", ".json", ".jsonl", ".ndjson", ".csv"),
    "holds no connection that somebody observed. Give what `hubble observe -o json` prints, or a "
    "table of source,destination,port; `k8sharden flows --help` says how the ends are named.",
)
"""What is read here."""

_PREFIX = 300
"""Characters of a time or a stream's name that collectors write before a flow."""
_BEGINNINGS = (b'{"flow":{', b'{"lost_events":{')
"""How a line of Hubble's begins."""


class Reader:
    """Reads lines into a tally, and counts what is no new connection."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.values = Values()
        self.replies = self.other = self.malformed = self.foreign = self.lost = 0
        self._table = Table()

    @property
    def found(self) -> int:
        """How many connections were read so far."""
        return self.tally.flows

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read one file."""
        self._table = Table()
        with uncollected():
            for value in self.values.of(chunks):
                if value[:1] == b"{":
                    self._json(value)
                else:
                    self._unusual(value)

    def _json(self, value: bytes) -> None:
        try:
            self._flow(value)
        except msgspec.ValidationError:
            self.foreign += 1
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._torn(value)

    def _flow(self, value: bytes) -> None:
        """Take a flow. Raises msgspec.MsgspecError or UnicodeDecodeError for other text."""
        try:
            line = told(value)
        except Reply:
            self.replies += 1
        except Other:
            self.other += 1
        except Foreign:
            self.foreign += 1
        except Lost as lost:
            self.lost += int(lost.args[0])
        else:
            self.tally.add(line.seen)
            self.tally.name(line.clusters, line.node)

    def _torn(self, line: bytes) -> None:
        """Save what is whole in a line that is no JSON, as when two writers tore it."""
        cut = pieces(line.rstrip(b","), _BEGINNINGS)
        if cut == [line] or not all(list(map(self._whole, cut))):
            self.malformed += 1

    def _whole(self, piece: bytes) -> bool:
        try:
            self._flow(piece)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return True

    def _unusual(self, line: bytes) -> None:
        """Take a list of flows, a flow that a collector wrote something before, or a row."""
        at = line.find(b'{"', 0, _PREFIX)
        if line[:1] == b"[":
            self._list(line)
        elif at > 0:
            self._json(line[at:])
        else:
            self._row(line)

    def _list(self, line: bytes) -> None:
        try:
            values = decode(line, list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.malformed += 1
            return
        for value in values:
            self._json(bytes(value))

    def _row(self, line: bytes) -> None:
        try:
            self.tally.add(self._table.row(line))
        except Heading:
            pass
        except Other:
            self.other += 1
        except Odd:
            self.malformed += 1


def read_flows(
    paths: Sequence[str],
    stdin: BinaryIO,
    progress: Tell = lambda _: None,
    cancelled: Stopped = lambda: False,
) -> Flows:
    """Read files of flows; ``progress`` is told of bytes.

    Raises `InputError` where one cannot be read or holds none, `Cancelled` when asked to stop.
    """
    reader = Reader()
    read = read_through(paths, stdin, OBSERVED, reader, progress=progress, cancelled=cancelled)
    return flows_of(reader, read.files, read.broken)


def read_flow_chunks(chunks: Iterable[bytes], name: str) -> Flows:
    """Read flows that are in no file, under this name."""
    reader = Reader()
    reader.read(chunks)
    return flows_of(reader, (name,))


def flows_of(reader: Reader, files: tuple[str, ...], broken: tuple[str, ...] = ()) -> Flows:
    """Return what was read."""
    tally, values = reader.tally, reader.values
    reading = FlowReading(
        files,
        flows=tally.flows,
        replies=reader.replies,
        other=reader.other,
        malformed=reader.malformed + values.oversized + values.truncated,
        foreign=reader.foreign,
        lost=reader.lost,
        dropped=tally.dropped,
        broken=broken,
    )
    return Flows(
        tuple(tally.found()),
        first=tally.first,
        last=tally.last,
        clusters=tuple(sorted(tally.clusters)),
        reading=reading,
        blind=blind_spots(tally, reading),
    )
