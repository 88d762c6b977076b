"""``k8sharden levels``: the Pod Security levels of namespaces, now and after the fixes."""

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from k8sharden.analysis.pod_security import Level
from k8sharden.changes.reach import NamespaceReach
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import (
    counting,
    emit,
    out_option,
    output_options,
    say,
    scanning,
    table,
    to_json,
)
from k8sharden.cli.selection import check_namespace
from k8sharden.errors import InputError

LEVELS = "k8sharden.levels/v1"


@click.command()
@source_options()
@click.option(
    "-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Only this namespace."
)
@output_options
@out_option
def levels(**options: Any) -> int:
    """Show what each namespace enforces, what it could today, and after the fixes.

    Below the table stands what keeps workloads from restricted.
    """
    source, _, rest = split(options)
    session = open_session(source)
    with scanning() as show:
        scan = session.scan(show)
    for name in source.namespaces:
        check_namespace(scan.inventory, name)
    with counting("Working out the fix of finding") as count:
        found = _chosen(session.reaches(scan, count), source.namespaces)
    if rest["output"] == "json":
        document = {"schema": LEVELS, "namespaces": [msgspec.to_builtins(each) for each in found]}
        emit(to_json(document), rest["out"])
        return 0
    rows = [row(each) for each in found]
    emit(table(HEADS, rows) if rows else "No namespaces.", rest["out"])
    for line in in_the_way(found):
        say(line)
    return 0


def _chosen(found: Sequence[NamespaceReach], names: Sequence[str]) -> Sequence[NamespaceReach]:
    known = {each.name for each in found}
    for name in names:
        if name not in known:
            raise InputError(
                f"Nothing could be read of namespace {name!r}: `k8sharden permissions` prints the "
                "rights that a scan needs."
            )
    return [each for each in found if not names or each.name in names]


HEADS = ("NAMESPACE", "ENFORCED", "TODAY", "AFTER FIXES", "BELOW RESTRICTED THEN")


def row(found: NamespaceReach) -> tuple[str, ...]:
    """Return the levels of a namespace in words."""
    short = sum(bool(each.reasons) for each in found.workloads)
    note = found.unknown or (f"{short} of {len(found.workloads)} workloads" if short else "")
    note = "nothing runs in it" if not found.workloads and not found.unknown else note
    own = "a part of the cluster itself" if found.system else ""
    return (
        found.name,
        found.enforced or "none",
        _word(found.today),
        _word(found.after),
        ", ".join(filter(None, (note, own))),
    )


def _word(level: Level | None) -> str:
    return "unknown" if level is None else level.value


def in_the_way(found: Sequence[NamespaceReach]) -> list[str]:
    """Return what keeps the workloads of people from restricted, a line each."""
    return [
        f"  {each.ref.label} ({each.after}): {reason}"
        for namespace in found
        if not namespace.system
        for each in namespace.workloads
        for reason in each.reasons
    ]
