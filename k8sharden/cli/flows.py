"""``k8sharden flows``: who was seen calling whom, and what that cannot show."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click
import msgspec

from k8sharden.cli.evidence import flow_option
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, table, to_json
from k8sharden.errors import InputError
from k8sharden.evidence.blind import moment, stamp
from k8sharden.evidence.files import FLOWS
from k8sharden.evidence.flows.read import read_flow_chunks, read_flows
from k8sharden.evidence.flows.words import told_flows
from k8sharden.model.flows import Flow, FlowEnd, Flows
from k8sharden.model.text import one_line


@click.command()
@flow_option
@click.option("--demo", is_flag=True, help="The day that was watched on the training cluster.")
@click.option("--lines", is_flag=True, help="With --demo: print that table itself.")
@click.option("-n", "--namespace", metavar="NS", help="Only flows from or to this namespace.")
@output_options
@out_option
def flows(**options: Any) -> int:
    """Show who was seen calling whom. No cluster is asked.

    FILE is what `hubble observe -o json` prints, also packed by gzip, or a table of
    source,destination,port and maybe protocol,count: an end is NAMESPACE/POD, KIND/NAMESPACE/NAME,
    an IP address or a host name. A first row may name the columns, among them verdict and last.
    """
    if options["demo"] == bool(options["flows"]):
        raise InputError(f"Name a file with {FLOWS} FILE, or say --demo.")
    if options["lines"]:
        _print_lines(demo=options["demo"])
        return 0
    found = _training() if options["demo"] else _given(options["flows"])
    kept = _of(found, options["namespace"])
    if options["output"] == "json":
        emit(to_json(document(msgspec.structs.replace(found, flows=kept))), options["out"])
    else:
        emit(_rows(kept), options["out"])
    for sentence in (*told_flows(found), *found.blind):
        say(sentence)
    return 0


def document(found: Flows) -> Mapping[str, Any]:
    """Return what is printed as JSON; times are RFC 3339, or empty where none is known."""
    return {
        "schema": "k8sharden.flows/v1",
        "first": moment(found.first),
        "last": moment(found.last),
        "clusters": found.clusters,
        "reading": msgspec.to_builtins(found.reading),
        "blind": found.blind,
        "flows": [
            {**msgspec.to_builtins(flow), "first": moment(flow.first), "last": moment(flow.last)}
            for flow in found.flows
        ],
    }


def shown(end: FlowEnd) -> str:
    """Return an end as a table names one, as far as it has a name."""
    if end.namespace:
        kind, _, name = end.workload.partition("/")
        words = (kind, end.namespace, name) if kind else (end.namespace, end.pod)
        return one_line("/".join(words), 200)
    named = f"{end.host} ({end.address})" if end.host and end.address else end.host or end.address
    return one_line(" ".join(filter(None, (end.identity, named))) or "many addresses", 200)


def _given(paths: Sequence[str]) -> Flows:
    with scanning() as show:
        return read_flows(paths, sys.stdin.buffer, show)


def _training() -> Flows:
    from k8sharden.cluster.training import flows as watched  # noqa: PLC0415 - a whole API server

    return read_flow_chunks(watched.lines(time.time()), watched.NAME)


def _print_lines(*, demo: bool) -> None:
    """Print the training cluster's table. Raises `InputError` where another one is meant."""
    if not demo:
        raise InputError("--lines prints the flows of the training cluster: say --demo.")
    from k8sharden.cluster.training import flows as watched  # noqa: PLC0415 - a whole API server

    for line in watched.lines(time.time()):
        click.echo(line, nl=False)


def _of(found: Flows, namespace: str | None) -> tuple[Flow, ...]:
    """Return the flows of a namespace, or all. Raises `InputError` for one that has none."""
    if namespace is None:
        return found.flows
    kept = [f for f in found.flows if namespace in (f.source.namespace, f.target.namespace)]
    if not kept:
        raise InputError(
            f"No flow names the namespace {one_line(namespace, 100)}. `k8sharden flows` without -n "
            "lists all."
        )
    return tuple(kept)


def _rows(flows: Sequence[Flow]) -> str:
    rows = [
        (
            shown(flow.source),
            shown(flow.target),
            f"{flow.port}/{flow.protocol}",
            str(flow.forwarded),
            str(flow.dropped),
            stamp(flow.last) if flow.last else "-",
        )
        for flow in flows
    ]
    return table(("SOURCE", "TARGET", "PORT", "SEEN", "DROPPED", "LAST (UTC)"), rows)
