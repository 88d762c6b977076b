"""What was seen on the network of Kestrel Books: a table of one day, by the hour.

Nobody keeps flows there. Ines let Calico's flow log run for a day, summed it up by workload, where
it named one, and gave the table to whoever hardens the cluster: what pods of that day are called is
written as it was. It is the day before the one on which it is asked for, and the same all day.
"""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import yaml

from k8sharden.model.decoding import convert

NAME = "the flows of the training cluster"

_COLUMNS = b"source,destination,port,protocol,count,verdict,last\n"
_OPEN = range(8, 18)
_UNEVEN = 5
"""By how many of a hundred an hour is above or below another."""


class _Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """Connections from a source to a port of a target, so many in each of its hours."""

    source: str
    to: str
    port: int
    hourly: int
    protocol: str = "TCP"
    hours: Literal["all", "open"] | tuple[int, ...] = "all"
    verdict: str = "allow"

    def seen(self, hour: int) -> int:
        """Return how often it was seen in an hour."""
        if hour not in ({"all": range(24), "open": _OPEN}.get(str(self.hours), self.hours)):
            return 0
        chance = zlib.crc32(f"{self.source}{self.to}{hour}".encode()) % (2 * _UNEVEN + 1)
        return max(self.hourly * (100 - _UNEVEN + chance) // 100, 1)


def lines(now: float) -> Iterator[bytes]:
    """Yield the table as it is at ``now``, in seconds since 1970, its heading first."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    yield _COLUMNS
    for hour in range(24):
        last = today - timedelta(days=1) + timedelta(hours=hour, minutes=59, seconds=30)
        for call in _calls():
            count = call.seen(hour)
            if count:
                ends = f"{call.source},{call.to},{call.port},{call.protocol}"
                yield f"{ends},{count},{call.verdict},{last:%Y-%m-%dT%H:%M:%SZ}\n".encode()


@cache
def _calls() -> tuple[_Call, ...]:
    text = (files(__package__) / "flows.yaml").read_text("utf-8")
    return convert(yaml.load(text, Loader=yaml.CSafeLoader), tuple[_Call, ...])
