"""``k8sharden paths``: who becomes whom, step by step, and the cheapest cut."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from k8sharden.analysis.rbac.cloud import caveat
from k8sharden.analysis.rbac.paths import (
    Cut,
    Escalation,
    Path,
    Scope,
    cut_words,
    escalation,
    escalations,
    starts,
    unread,
)
from k8sharden.analysis.rbac.subjects import Identity, account_of
from k8sharden.cli.evidence import evidence_options
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, to_json
from k8sharden.cli.registries import tell_read
from k8sharden.cli.selection import check_namespace
from k8sharden.cli.subjects import subject_of
from k8sharden.errors import InputError
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import visible

PATHS = "k8sharden.paths/v1"
EVERYTHING = "everything"
_NAMESPACE = "namespace "


@click.command()
@click.argument("subject", required=False)
@click.option(
    "--to",
    "goal",
    metavar="GOAL",
    help="Only to this: everything, 'namespace NAME', or a subject.",
)
@click.option("--system", is_flag=True, help="Also from the cluster's own parts.")
@click.option(
    "-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Only from this namespace."
)
@source_options()
@evidence_options
@output_options
@out_option
def paths(**options: Any) -> int:
    """Show what subjects can make of what they may do, and the cheapest change that ends it.

    SUBJECT is a service account as NAMESPACE/NAME, a user or group by name ('User NAME' or 'Group
    NAME' where both exist), or a workload as KIND/NAMESPACE/NAME. Without one, the worst path of
    everybody who is bound or runs something is shown.
    """
    source, _, rest = split(options)
    session = open_session(source)
    with scanning() as show:
        inventory = session.read(show)
    tell_read(session, inventory.facts)
    for name in source.namespaces:
        check_namespace(inventory, name)
    goal = _goal(rest["goal"], inventory)
    if rest["subject"]:
        start = subject_of(rest["subject"], inventory)
        best = escalation(start, inventory, goal)
        found: tuple[Escalation, ...] = (best,) if best else ()
        asked = 1
    else:
        whence = [
            who
            for who in starts(inventory, system=rest["system"])
            if not source.namespaces or _home(who) in source.namespaces
        ]
        found, asked = escalations(whence, inventory, goal), len(whence)
    gaps = unread(inventory)
    if rest["output"] == "json":
        emit(to_json(document(found, asked, gaps)), rest["out"])
        return 0
    emit("\n".join(_lines(found, asked, unknown=bool(gaps))), rest["out"])
    if beside := caveat(inventory):
        say(beside)
    if gaps:
        say(f"There may be more: {', '.join(gaps)} could not all be read.")
    return 0


def _home(who: Identity) -> str:
    account = account_of(who.user)
    return account[0] if account else ""


def _goal(words: str | None, inventory: Inventory) -> Identity | str | None:
    if words is None:
        return None
    if words == EVERYTHING:
        return ""
    if words.startswith(_NAMESPACE):
        name = words.removeprefix(_NAMESPACE)
        check_namespace(inventory, name)
        return name
    found = subject_of(words, inventory)
    if isinstance(found, Ref):
        raise InputError("--to names a subject, not a workload: name its service account.")
    return found


def document(found: Sequence[Escalation], asked: int, gaps: Sequence[str]) -> dict[str, Any]:
    """Return paths as the JSON that scripts rely on."""
    return {
        "schema": PATHS,
        "starts": asked,
        "unread": list(gaps),
        "paths": [
            {
                "namespace": each.namespace,
                "system": each.system,
                **_plain(each.path),
                "cut": _cut(each.cut),
                "tried": each.tried,
            }
            for each in found
        ],
    }


def _plain(path: Path) -> dict[str, Any]:
    return {**msgspec.to_builtins(path), "notes": list(path.notes)}


def _cut(cut: Cut | None) -> dict[str, Any] | None:
    if cut is None:
        return None
    return {
        "said": cut.said,
        "binding": cut.binding,
        "cost": cut.cost,
        "ends": cut.ends,
        "subject": cut.subject,
        "rights": cut.rights,
        "survivor": _plain(cut.survivor) if cut.survivor else None,
    }


def _lines(found: Sequence[Escalation], asked: int, *, unknown: bool) -> list[str]:
    """Return the paths for people."""
    if not found:
        said = "It is not known whether a path leads on" if unknown else "No path leads on"
        return [f"{said} from {'there' if asked == 1 else f'any of {asked} subjects'}."]
    lines = [] if asked == 1 else [_count(found, asked)]
    for number, each in enumerate(found, 1):
        steps = f"{len(each.path.steps)} step{'s' if len(each.path.steps) > 1 else ''}"
        lines += ["", f"{number}. {each.path.start}: {each.path.reach.label}, in {steps}"]
        lines += [f"   {visible(each.path.said)}"]
        lines += [f"   Unsure: {note}." for note in each.path.notes]
        lines += [f"   {said}" for said in cut_words(each)]
    return lines[1:] if asked == 1 else lines


def _count(found: Sequence[Escalation], asked: int) -> str:
    counts = Counter(each.path.reach.scope for each in found)
    words = {
        Scope.CLUSTER: "everything in the cluster",
        Scope.NAMESPACE: "everything in a namespace",
        Scope.SUBJECT: "other subjects",
    }
    each = ", ".join(f"{counts[scope]} {words[scope]}" for scope in Scope if counts[scope])
    return f"{len(found)} of {asked} subjects get to more than they are given: {each}."
