"""Ports as the rules of policies tell them apart: those that the same rules name are alike.

Source: the API reference of networking.k8s.io/v1 (NetworkPolicyPort).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

PROTOCOLS = ("TCP", "UDP", "SCTP")
FIRST, LAST = 1, 65_535
ANY = "any"
_WHOLE = (FIRST, LAST)


class Span(NamedTuple):
    """The ports of a protocol from ``first`` to ``last``."""

    protocol: str
    first: int
    last: int

    @property
    def label(self) -> str:
        """``TCP 8080``, ``TCP 8000-8999``, ``UDP any``."""
        if (self.first, self.last) == _WHOLE:
            return f"{self.protocol} {ANY}"
        more = f"-{self.last}" if self.last > self.first else ""
        return f"{self.protocol} {self.first}{more}"


class PortClasses:
    """The classes of all ports there are, each a number from 0; what no rule names shares one."""

    def __init__(self, spans: Iterable[Span]) -> None:
        found: dict[frozenset[Span], list[Span]] = {}
        wanted = [s for s in spans if s.first <= s.last and s.last >= FIRST and s.first <= LAST]
        for protocol in PROTOCOLS:
            for piece, named in _pieces(protocol, [s for s in wanted if s.protocol == protocol]):
                found.setdefault(named, []).append(piece)
        self._spans = tuple(map(tuple, found.values()))
        self._of: dict[Span, set[int]] = {}
        for number, named in enumerate(found):
            for span in named:
                self._of.setdefault(span, set()).add(number)

    def __len__(self) -> int:
        return len(self._spans)

    def of(self, span: Span) -> frozenset[int]:
        """Return the classes that make up a span that was given."""
        return frozenset(self._of.get(span, ()))

    def holding(self, protocol: str, port: int) -> int:
        """Return the class that holds a port."""
        return next(
            number
            for number, spans in enumerate(self._spans)
            if any(each.protocol == protocol and each.first <= port <= each.last for each in spans)
        )

    def sample(self, number: int) -> tuple[str, int]:
        """Return a protocol and a port of a class."""
        first = self._spans[number][0]
        return first.protocol, first.first

    def labels(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Return the ports of some classes in words: ``any``, ``any but TCP 22``, ``TCP 8080``."""
        chosen = set(numbers)
        if len(chosen) == len(self):
            return (ANY,)
        plain, rest = self._words(chosen), self._words(set(range(len(self))) - chosen)
        return plain if len(plain) <= len(rest) + 1 else (f"{ANY} but {', '.join(rest)}",)

    def _words(self, chosen: set[int]) -> tuple[str, ...]:
        spans = sorted(
            (span for number in chosen for span in self._spans[number]),
            key=lambda span: (PROTOCOLS.index(span.protocol), span.first),
        )
        return tuple(span.label for span in _joined(spans))


def _pieces(protocol: str, spans: list[Span]) -> list[tuple[Span, frozenset[Span]]]:
    """Cut a protocol's ports where a span begins or ends; each piece has the spans over it."""
    starts, ends = _by(spans, 1), _by(spans, 2)
    cuts = sorted({FIRST, *starts, *(last + 1 for last in ends)} & set(range(FIRST, LAST + 1)))
    pieces, active = [], {each for each in spans if each.first < FIRST}
    for cut, following in zip(cuts, [*cuts[1:], LAST + 1], strict=True):
        active = (active | starts.get(cut, set())) - ends.get(cut - 1, set())
        pieces.append((Span(protocol, cut, following - 1), frozenset(active)))
    return pieces


def _by(spans: list[Span], field: int) -> Mapping[int, set[Span]]:
    found: dict[int, set[Span]] = {}
    for span in spans:
        found.setdefault(int(span[field]), set()).add(span)
    return found


def _joined(spans: list[Span]) -> list[Span]:
    """Return spans in order with those that touch made one."""
    found: list[Span] = []
    for span in spans:
        if found and found[-1].protocol == span.protocol and found[-1].last + 1 == span.first:
            found[-1] = found[-1]._replace(last=span.last)
        else:
            found.append(span)
    return found
