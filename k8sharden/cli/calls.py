"""``k8sharden calls``: who calls whom, by what evidence, and what nothing tells."""

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.calls.untold import NEVER_READ, unread
from k8sharden.analysis.network.edges import (
    Calls,
    Edge,
    End,
    EndKind,
    Evidence,
    EvidenceKind,
    Untold,
)
from k8sharden.cli.evidence import evidence_options, flow_options
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, table, to_json
from k8sharden.cli.registries import tell_read
from k8sharden.cli.selection import check_namespace
from k8sharden.errors import InputError
from k8sharden.model.inventory import Inventory
from k8sharden.model.text import one_line
from k8sharden.model.workloads import workloads

CALLS = "k8sharden.calls/v1"
_SHOWN = 2
_PATHS = 3
_KINDS = {
    "outside": EndKind.OUTSIDE,
    "control-plane": EndKind.CONTROL_PLANE,
    "nodes": EndKind.NODES,
}
_END = "a workload as [KIND/]NAMESPACE/NAME, outside, nodes, control-plane, a host or an address"


@click.command()
@click.option("--from", "caller", metavar="END", help=f"Only calls of this end: {_END}.")
@click.option("--to", "called", metavar="END", help="Only calls to this end, written likewise.")
@click.option(
    "-n",
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NS",
    help="Only calls out of and into this namespace.",
)
@source_options()
@evidence_options
@flow_options
@output_options
@out_option
def calls(**options: Any) -> int:
    """Show who calls whom, on which port of the target, and what shows it.

    What settings name, routes lead to and monitors ask is found without --flows. Of settings only
    the hosts are shown. What nothing tells stands behind it.
    """
    source, _, rest = split(options)
    session = open_session(source)
    with scanning() as show:
        inventory = session.read(show)
    tell_read(session, inventory.facts)
    spaces = source.namespaces
    for namespace in spaces:
        check_namespace(inventory, namespace)
    found = _asked(calls_of(inventory), rest["caller"] or "", rest["called"] or "", spaces)
    if not found.edges:
        _check_ends(inventory, rest["caller"], rest["called"])
    gaps = unread(inventory, spaces[0] if len(spaces) == 1 else "")
    if rest["output"] == "json":
        emit(to_json(_document(found, gaps, inventory)), rest["out"])
    else:
        emit("\n\n".join(_tables(found)), rest["out"])
    for text in (*(f"There may be more: {gap}." for gap in gaps), NEVER_READ):
        say(text)
    return 0


def _asked(known: Calls, caller: str, called: str, spaces: Sequence[str]) -> Calls:
    """Return the calls between the ends that were asked for, and what is untold of these."""
    edges = tuple(
        edge
        for edge in known.edges
        if _is(edge.source, caller)
        and _is(edge.target, called)
        and (not spaces or {_space(edge.source), _space(edge.target)} & set(spaces))
    )
    untold = (each for each in known.untold if _is_about(each, caller, called, spaces))
    return Calls(edges, tuple(untold))


def _is(end: End, asked: str) -> bool:
    if not asked or end.kind is _KINDS.get(asked):
        return True
    if end.ref is None:
        return asked in (end.host, end.address)
    place = f"{end.ref.namespace}/{end.ref.name}"
    return asked in (place, f"{end.ref.kind}/{place}")


def _is_about(untold: Untold, caller: str, called: str, spaces: Sequence[str]) -> bool:
    if spaces and untold.about.namespace not in spaces:
        return False
    ends = [End(EndKind.WORKLOAD, ref) for ref in (untold.workload, untold.about) if ref]
    asked = [each for each in (caller, called) if each]
    return not asked or any(_is(end, each) for end in ends for each in asked)


def _space(end: End) -> str:
    return end.ref.namespace if end.ref else ""


def _check_ends(inventory: Inventory, *asked: str | None) -> None:
    """Refuse a workload that is not there: nobody calls what is spelled wrongly."""
    known = [End(EndKind.WORKLOAD, each.ref) for each in workloads(inventory)]
    for text in asked:
        if text and "/" in text and not any(_is(end, text) for end in known):
            where = inventory.source.name
            raise InputError(f"There is no workload {text!r} in {where}: write {_END}.")


def _tables(found: Calls) -> list[str]:
    rows = [*_names_asked(found.edges), *(_row(edge) for edge in found.edges if not _is_dns(edge))]
    heads = ("FROM", "TO", "PORT", "SHOWN BY")
    shown = [table(heads, rows) if rows else "Nothing shows such a call."]
    if found.untold:
        told = [(each.about.label, each.said) for each in found.untold]
        shown.append(table(("NOT KNOWN OF", "WHY"), told))
    return shown


def _names_asked(edges: Sequence[Edge]) -> list[tuple[str, ...]]:
    """Return one row for all who ask the same server for names, as nearly everybody does."""
    asking: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        if _is_dns(edge):
            asking.setdefault((edge.target.label, _port(edge)), []).append(edge)
    return [
        _row(some[0]) if len(some) == 1 else (f"{len(some)} workloads", target, port, "dnsPolicy")
        for (target, port), some in asking.items()
    ]


def _is_dns(edge: Edge) -> bool:
    return all(each.kind is EvidenceKind.DNS for each in edge.evidence)


def _port(edge: Edge) -> str:
    return f"{edge.port or 'any'}/{edge.protocol}"


def _row(edge: Edge) -> tuple[str, ...]:
    more = len(edge.evidence) - _SHOWN
    shown = "; ".join(_shown(each) for each in edge.evidence[:_SHOWN])
    return (
        edge.source.label,
        edge.target.label,
        _port(edge),
        shown + (f"; {more} more" if more > 0 else ""),
    )


def _shown(evidence: Evidence) -> str:
    paths = ", ".join(evidence.paths[:_PATHS])
    more = len(evidence.paths) - _PATHS
    rest = f" and {more} more" if more > 0 else ""
    return one_line(evidence.said, 200) + (f" ({one_line(paths, 100)}{rest})" if paths else "")


def _document(found: Calls, gaps: tuple[str, ...], inventory: Inventory) -> dict[str, Any]:
    return {
        "schema": CALLS,
        "source": msgspec.to_builtins(inventory.source),
        "edges": [
            {
                "source": _end(edge.source),
                "target": _end(edge.target),
                "port": edge.port,
                "protocol": edge.protocol,
                "evidence": [_evidence(each) for each in edge.evidence],
            }
            for edge in found.edges
        ],
        "untold": [
            {
                "about": msgspec.to_builtins(each.about),
                "said": each.said,
                "workload": msgspec.to_builtins(each.workload),
                "into": each.into,
            }
            for each in found.untold
        ],
        "unknown": list(gaps),
        "notes": [NEVER_READ],
    }


def _end(end: End) -> dict[str, Any]:
    return {
        "kind": str(end.kind),
        "resource": msgspec.to_builtins(end.ref),
        "address": end.address,
        "host": end.host,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": str(evidence.kind),
        "said": evidence.said,
        "source": msgspec.to_builtins(evidence.source),
        "paths": list(evidence.paths),
    }
