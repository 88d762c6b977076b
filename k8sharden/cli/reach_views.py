"""The matrix of reachability as text for people, and as data."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import msgspec

from k8sharden.analysis.network.cells import Cell, Change, Extent, Spot
from k8sharden.analysis.network.comparison import Comparison
from k8sharden.analysis.network.explain import Explanation, explain
from k8sharden.analysis.network.matrix import Matrix
from k8sharden.analysis.network.port_classes import ANY
from k8sharden.cli.output import table
from k8sharden.model.text import visible

_MOST_COLUMNS = 16
"""Columns that words are written in; of more the cells are single characters."""

_MARKS = {
    Extent.ALL: "#",
    Extent.SOME: "+",
    Extent.NONE: ".",
    Extent.UNKNOWN: "?",
    Extent.EMPTY: "-",
}
_LEGEND = "# everything  + some  . nothing  ? unknown; the columns are numbered as the rows are."
_CHANGED = "! marks a cell that changes; each is listed below."


class Asked(NamedTuple):
    """Between whom, None where that is everybody, and whether what comes after counts, too."""

    source: Spot | None
    target: Spot | None
    after: bool


def text(found: Comparison, asked: Asked) -> str:
    """Return the matrix, one row or column of it, or why one cell is as it is."""
    if asked.source and asked.target:
        return visible("\n".join(_explained(found, asked.source, asked.target, asked)))
    if asked.source or asked.target:
        return _line(found, asked)
    if len(found.spots) > _MOST_COLUMNS:
        return "\n".join(_marked(found, asked))
    heads = ("FROM \\ TO", *(spot.short for spot in found.spots))
    rows = [
        (source.label, *(_said(found.change(source, target), asked) for target in found.spots))
        for source in found.spots
    ]
    return table(heads, rows)


def _said(change: Change, asked: Asked) -> str:
    if not asked.after or change.same:
        return change.before.said
    return f"{change.before.said} → {change.after.said}"


def _line(found: Comparison, asked: Asked) -> str:
    """Return one row or one column, from top to bottom."""
    rows = []
    for source, target in _cells(found, asked):
        change = found.change(source, target)
        cells = [source.label, target.label, change.before.said, _ports(change.before)]
        rows.append([*cells, *([change.after.said, _lost(change)] if asked.after else [])])
    heads = ["FROM", "TO", "NOW", "PORTS", *(["AFTER", "DIFFERENCE"] if asked.after else [])]
    return table(heads, rows)


def _ports(cell: Cell) -> str:
    only = ", ".join(cell.ports)
    return f"some only {only}" if cell.full and cell.limited else only


def _lost(change: Change) -> str:
    parts = (
        f"{change.lost:,} lose {_everything(change.lost_ports)}" if change.lost else "",
        f"{change.gained:,} gain {_everything(change.gained_ports)}" if change.gained else "",
        f"{change.unsure:,} become or cease to be unknown" if change.unsure else "",
    )
    return "; ".join(filter(None, parts))


def _everything(ports: Sequence[str]) -> str:
    return (
        ", ".join(ports).replace(ANY, "everything", 1)
        if ports[0].startswith(ANY)
        else ", ".join(ports)
    )


def _marked(found: Comparison, asked: Asked) -> Iterator[str]:
    """Yield a matrix of many rows, one character a cell, and then what changes."""
    labels = [f"{number} {spot.label}" for number, spot in enumerate(found.spots, 1)]
    width = min(max(map(len, labels)), 40)
    columns = range(1, len(found.spots) + 1)
    yield _LEGEND
    yield " " * (width + 1) + "".join(str(n // 10 % 100).rjust(10) for n in columns if n % 10 == 0)
    yield " " * (width + 1) + "".join(str(n % 10) for n in columns)
    for label, source in zip(labels, found.spots, strict=True):
        marks = (_mark(found, source, target, asked) for target in found.spots)
        yield f"{label[:width]:<{width}} {''.join(marks)}"
    if asked.after:
        yield _CHANGED
        rows = [
            (source.label, target.label, change.before.said, change.after.said, _lost(change))
            for source, target, change in found.changes()
        ]
        yield table(("FROM", "TO", "NOW", "AFTER", "DIFFERENCE"), rows)


def _mark(found: Comparison, source: Spot, target: Spot, asked: Asked) -> str:
    if not asked.after:
        return _MARKS[found.before.cell(source, target).extent]
    change = found.change(source, target)
    return _MARKS[change.before.extent] if change.same else "!"


def _explained(found: Comparison, source: Spot, target: Spot, asked: Asked) -> Iterator[str]:
    yield from _reasons(f"{source.label} to {target.label}", found.before, source, target)
    if not asked.after:
        return
    change = found.change(source, target)
    if change.same:
        yield "After the fixes nothing of that is different."
        return
    yield f"After the fixes, of {change.before.pairs:,} pairs {_lost(change)}."
    yield from _reasons("Then", found.after, source, target)


def _reasons(head: str, matrix: Matrix, source: Spot, target: Spot) -> Iterator[str]:
    found = explain(matrix, source, target)
    said, ports = found.cell.said, _ports(found.cell)
    yield f"{head}: {said} ({ports})." if ports not in ("", said) else f"{head}: {said}."
    yield from (f"  {reason.said}" for reason in found.reasons)
    if found.more:
        yield "  Not all workloads were looked at for that: name one as KIND/NAMESPACE/NAME."


def document(found: Comparison, asked: Asked) -> dict[str, Any]:
    """Return the same as data: spots, and cells that name them by their number."""
    cells = list(_cells(found, asked))
    spots = list(dict.fromkeys(spot for pair in cells for spot in pair))
    numbers = {spot: number for number, spot in enumerate(spots)}
    return {
        "spots": [_spot(spot) for spot in spots],
        "cells": [
            {
                "from": numbers[source],
                "to": numbers[target],
                **_cell(found.before.cell(source, target)),
                "after": _after(found.change(source, target)) if asked.after else None,
            }
            for source, target in cells
        ],
        "reasons": _reason_data(found, asked),
    }


def _cells(found: Comparison, asked: Asked) -> Iterator[tuple[Spot, Spot]]:
    sources = [asked.source] if asked.source is not None else found.spots
    targets = [asked.target] if asked.target is not None else found.spots
    return product(sources, targets)


def _spot(spot: Spot) -> dict[str, Any]:
    ref = msgspec.to_builtins(spot.ref) if spot.ref else None
    return {"kind": spot.kind, "namespace": spot.namespace, "resource": ref}


def _cell(cell: Cell) -> dict[str, Any]:
    return {"extent": str(cell.extent), **msgspec.to_builtins(cell)}


def _after(change: Change) -> dict[str, Any]:
    differences = {
        "lost": {"pairs": change.lost, "ports": list(change.lost_ports)},
        "gained": {"pairs": change.gained, "ports": list(change.gained_ports)},
        "unsure": change.unsure,
    }
    return {**_cell(change.after), **differences}


def _reason_data(found: Comparison, asked: Asked) -> dict[str, Any] | None:
    if asked.source is None or asked.target is None:
        return None
    sides: Sequence[Matrix | None] = (found.before, found.after if asked.after else None)
    now, then = (explain(m, asked.source, asked.target) if m else None for m in sides)
    return {"now": _said_data(now), "after": _said_data(then)}


def _said_data(found: Explanation | None) -> list[dict[str, Any]] | None:
    if found is None:
        return None
    return [msgspec.to_builtins(reason) for reason in found.reasons]
