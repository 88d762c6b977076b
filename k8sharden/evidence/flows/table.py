"""Reads a table of connections: rows of source, destination, port, and maybe protocol and count.

    source,destination,port,protocol,count
    shop/web-7c9d8f6b5-x2x4z,Deployment/payments/checkout,8080,TCP,412
    10.244.1.17,10.96.0.10,53,UDP,96
    shop/cart-0,api.stripe.com,443

An end is a pod as ``NAMESPACE/POD``; a workload or a Service as ``KIND/NAMESPACE/NAME``; an IPv4 or
IPv6 address; or a host name, which has a dot. A first row may name the columns in any order; it may
then have more of them, of which ``verdict`` (what is ``deny``, ``denied``, ``drop`` or ``dropped``
did not go through) and ``last`` (RFC 3339) are read. Commas part the columns; a cell with one in it
stands in double quotes. What follows a ``#`` at the beginning of a line is a comment.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from k8sharden.evidence.flows.seen import PORTS, PROTOCOLS, Other, Seen
from k8sharden.evidence.tally import seconds
from k8sharden.model.flows import FlowEnd

COLUMNS = ("source", "destination", "port", "protocol", "count")
_MORE = ("verdict", "last")
_DENIED = ("deny", "denied", "drop", "dropped")
_NUMBERED = {"6": "TCP", "17": "UDP", "132": "SCTP"}
"""Protocols as IANA numbers them, which is how some tools write them."""
_LONGEST = 2_000
"""Bytes of the longest row."""
_MOST = 10**12
_MAPPED = "::ffff:"

_KINDS = {
    kind.lower(): kind
    for kind in (
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Job",
        "CronJob",
        "Pod",
        "Service",
    )
}
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?\.[a-z][a-z0-9-]*[a-z0-9]")


class Odd(Exception):
    """A row that cannot be read."""


class Heading(Exception):
    """A row that names the columns, or a comment."""


class Table:
    """One table, row by row; it remembers how its columns are called."""

    def __init__(self) -> None:
        self._columns: Mapping[str, int] = {name: at for at, name in enumerate(COLUMNS)}
        self._ends: dict[str, FlowEnd] = {}

    def row(self, line: bytes) -> Seen:
        """Return what one row says.

        Raises `Heading` where it says nothing, `Odd` where it cannot be read, and `Other` for a
        protocol that no policy speaks of.
        """
        if line.startswith(b"#"):
            raise Heading
        cells = _cells(line)
        if self._is_heading(cells):
            raise Heading
        protocol = _protocol(self._cell(cells, "protocol"))
        return Seen(
            self._end(self._cell(cells, "source")),
            self._end(self._cell(cells, "destination")),
            _number(self._cell(cells, "port"), PORTS),
            protocol,
            self._cell(cells, "verdict").lower() not in _DENIED,
            _number(self._cell(cells, "count") or "1", range(1, _MOST)),
            seconds(self._cell(cells, "last")),
        )

    def _is_heading(self, cells: Sequence[str]) -> bool:
        names = [cell.lower() for cell in cells]
        if not {"source", "destination", "port"}.issubset(names):
            return False
        self._columns = {name: names.index(name) for name in (*COLUMNS, *_MORE) if name in names}
        return True

    def _cell(self, cells: Sequence[str], name: str) -> str:
        at = self._columns.get(name, len(cells))
        return cells[at] if at < len(cells) else ""

    def _end(self, text: str) -> FlowEnd:
        known = self._ends.get(text)
        if known is None:
            known = end_of(text)
            if len(self._ends) < 10_000:  # noqa: PLR2004 - it saves time, not more
                self._ends[text] = known
        return known


def end_of(text: str) -> FlowEnd:
    """Return the end that a cell names. Raises `Odd` where it names none."""
    parts = text.split("/")
    if len(parts) == 2 and _LABEL.fullmatch(parts[0]) and _NAME.fullmatch(parts[1]):  # noqa: PLR2004 - NAMESPACE/POD
        return FlowEnd(parts[0], parts[1])
    if len(parts) == 3 and _LABEL.fullmatch(parts[1]) and _NAME.fullmatch(parts[2]):  # noqa: PLR2004 - KIND/NAMESPACE/NAME
        kind = _KINDS.get(parts[0].lower(), "")
        if kind == "Pod":
            return FlowEnd(parts[1], parts[2])
        if kind:
            return FlowEnd(parts[1], workload=f"{kind}/{parts[2]}")
    if address := address_of(text):
        return FlowEnd(address=address)
    if host := host_of(text):
        return FlowEnd(host=host)
    raise Odd


def address_of(text: str) -> str:
    """Return an IP address as everybody writes it; empty for what is none.

    Programs that listen on both families see IPv4 addresses inside of IPv6 ones.
    """
    family = AF_INET6 if ":" in text else AF_INET
    try:
        address = inet_ntop(family, inet_pton(family, text))
    except (OSError, ValueError):
        return ""
    return address.removeprefix(_MAPPED) if "." in address else address


def host_of(text: str) -> str:
    """Return a host name in small letters; empty for what is none."""
    host = text.lower().rstrip(".")
    return host if _HOST.fullmatch(host) else ""


def _cells(line: bytes) -> list[str]:
    if len(line) > _LONGEST:
        raise Odd
    try:
        text = line.decode()
        cells = text.split(",") if '"' not in text else next(csv.reader([text]))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        raise Odd from None
    return [cell.strip() for cell in cells]


def _protocol(text: str) -> str:
    found = _NUMBERED.get(text, text.upper() or "TCP")
    if found in PROTOCOLS:
        return found
    raise Other if found.isalnum() else Odd


def _number(text: str, among: range) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and int(text) in among:
        return int(text)
    raise Odd
