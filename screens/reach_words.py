"""What is said of the matrix of reachability, and of what is behind one of its cells."""

from collections.abc import Iterator
from typing import NamedTuple

from textual.content import Content

from k8sharden.analysis.network.cells import Cell, Extent, Spot
from k8sharden.analysis.network.comparison import Comparison
from k8sharden.analysis.network.edges import Calls, Edge, End, EndKind
from k8sharden.analysis.network.explain import explain
from k8sharden.analysis.network.matrix import Matrix
from k8sharden.model.text import one_line
from screens.words import counted, hanging

_EDGES = 6
_UNTOLD = 3
_OPEN = (Extent.ALL, Extent.SOME)


class Cellular(NamedTuple):
    """A cell, with all that there is to say of it.

    ``fixed`` where the fixes change a policy; ``later`` where the matrix after them is shown.
    ``width`` is how many cells a line may have.
    """

    comparison: Comparison
    source: Spot
    target: Spot
    calls: Calls
    fixed: bool
    later: bool
    width: int


def total(comparison: Comparison, namespace: str, *, fixed: bool) -> str:
    """Return how many cells are open, now and after the fixes."""
    of = len(comparison.spots) ** 2
    what = f"connections in {one_line(namespace, 80)}" if namespace else "namespace pairs"
    before = _open(comparison.before, f" of {of} {what} open")
    return f"{before}; after all fixes {_open(comparison.after, ' open')}" if fixed else before


def _open(matrix: Matrix, more: str) -> str:
    """Return how many cells are open, and of how many that is not known."""
    extents = [cell.extent for spot in matrix.spots for cell in matrix.row(spot).values()]
    count = sum(extent in _OPEN for extent in extents)
    unknown = extents.count(Extent.UNKNOWN)
    return f"{count}{more}" + (f", {unknown} not known" if unknown else "")


def behind(found: Cellular) -> tuple[Content, ...]:
    """Return the lines about a cell: how open it is, who needs it, which rules say so."""
    return tuple(_behind(found))


def _behind(found: Cellular) -> Iterator[Content]:
    source, target = found.source, found.target
    yield Content.assemble((f"{source.label} → {target.label}", "bold"))
    before = found.comparison.before.cell(source, target)
    after = found.comparison.after.cell(source, target)
    yield hanging("Now", _words(before), found.width)
    if after != before:
        yield hanging("Then", _words(after), found.width)
    yield from _needed(found)
    yield from _untold(found)
    matrix = found.comparison.after if found.later else found.comparison.before
    explanation = explain(matrix, source, target)
    for reason in explanation.reasons:
        yield hanging("Then by" if found.later else "By", reason.said, found.width)
    if explanation.more:
        yield hanging("", "Not all kinds of pods are told of: look inside.", found.width)


def _words(cell: Cell) -> str:
    match cell.extent:
        case Extent.EMPTY:
            return "nobody is there"
        case Extent.ALL:
            return "everything is open, on every port"
        case Extent.NONE:
            return "nothing gets through"
        case Extent.UNKNOWN:
            return "not known"
    share = f"{cell.full + cell.limited:,} of {counted(cell.pairs, 'pair')}"
    ports = f", {', '.join(cell.ports)}" if cell.ports else ""
    unknown = f"; {cell.unknown:,} not known" if cell.unknown else ""
    return f"{share} open{ports}{unknown}"


def _needed(found: Cellular) -> Iterator[Content]:
    """Say which connections something shows to be needed between the two ends."""
    edges = [
        edge
        for edge in found.calls.edges
        if _is(edge.source, found.source) and _is(edge.target, found.target)
    ]
    for edge in edges[:_EDGES]:
        yield hanging("Needed", _edge(edge), found.width)
    if len(edges) > _EDGES:
        yield hanging("", f"and {len(edges) - _EDGES:,} more", found.width)


def _untold(found: Cellular) -> Iterator[Content]:
    """Say what nothing tells of a workload or a Service where the cell leads to."""
    target = found.target
    here = [
        each.words
        for each in found.calls.untold
        if target.namespace
        and not target.rest
        and (each.workload or each.about).namespace == target.namespace
        and (target.ref is None or target.ref in (each.workload, each.about))
    ]
    for said in here[:_UNTOLD]:
        yield hanging("Not known", said, found.width)
    if len(here) > _UNTOLD:
        yield hanging("", f"and {len(here) - _UNTOLD:,} more: k8sharden calls", found.width)


def _edge(edge: Edge) -> str:
    port = f"{edge.protocol} {edge.port}" if edge.port else edge.protocol
    why = edge.evidence[0].said if edge.evidence else ""
    return f"{edge.source.label} → {edge.target.label}, {port}: {why}"


def _is(end: End, spot: Spot) -> bool:
    """Whether an end of an edge is at a spot of the matrix."""
    if end.ref is None or end.kind is not EndKind.WORKLOAD:
        return not spot.namespace
    if spot.rest:
        return end.ref.namespace != spot.namespace
    return end.ref.namespace == spot.namespace and spot.ref in (None, end.ref)
