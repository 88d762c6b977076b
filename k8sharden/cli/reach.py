"""``k8sharden reach``: who reaches whom by the policies, now and after the fixes."""

from typing import Any

import click
import msgspec

from k8sharden.analysis.network.cells import OUTSIDE, Spot
from k8sharden.analysis.network.cni import State, enforcement
from k8sharden.analysis.network.comparison import Comparison, compared
from k8sharden.analysis.network.coverage import unread
from k8sharden.analysis.network.policies import Policies, policies_of
from k8sharden.analysis.network.port_classes import FIRST, LAST, PROTOCOLS
from k8sharden.cli.evidence import evidence_options, flow_options
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, to_json
from k8sharden.cli.reach_views import Asked, document, text
from k8sharden.cli.registries import tell_read
from k8sharden.cli.selection import check_namespace
from k8sharden.cli.subjects import workload_of
from k8sharden.errors import InputError
from k8sharden.model.inventory import Inventory
from k8sharden.session import Session

REACH = "k8sharden.reach/v1"
_OUTSIDE = "outside"


@click.command()
@click.option("--from", "source", metavar="FROM", help="Only from here.")
@click.option("--to", "target", metavar="TO", help="Only to here; with --from it says why.")
@click.option("--port", metavar="PORT", help="Only this port: 5432, or 53/UDP.")
@click.option("--after", is_flag=True, help="Also after the fixes of all network findings.")
@click.option("-n", "--namespace", metavar="NS", help="The workloads within this namespace.")
@source_options()
@evidence_options
@flow_options
@output_options
@out_option
def reach(**options: Any) -> int:
    """Show which namespaces the policies let reach which, or the workloads within one.

    FROM and TO are a namespace, a workload as KIND/NAMESPACE/NAME, or the word outside. With both,
    each direction is explained by the policies and rules behind it.
    """
    namespace = options.pop("namespace") or ""
    options["namespaces"] = (namespace,) if namespace else ()
    asked_from, asked_to = options.pop("source"), options.pop("target")
    port = _port(options["port"])
    given, _, rest = split(options)
    session = open_session(given)
    inventory, before, after = _read(session, after=rest["after"])
    if namespace:
        check_namespace(inventory, namespace)
    asked = Asked(_spot(asked_from, inventory), _spot(asked_to, inventory), rest["after"])
    found = compared(inventory, before, after, namespace, port)
    if rest["output"] == "json":
        emit(to_json(_document(found, asked, inventory, rest["port"], namespace)), rest["out"])
    else:
        emit(text(found, asked), rest["out"])
    for sentence in _notes(inventory):
        say(sentence)
    return 0


def _read(session: Session, *, after: bool) -> tuple[Inventory, Policies, Policies]:
    """Return what was read, and the policies now and after the fixes where those are wanted."""
    with scanning() as show:
        scan = session.scan(show) if after else None
        inventory = scan.inventory if scan else session.read(show)
    tell_read(session, inventory.facts)
    now = policies_of(inventory)
    then = session.foreseen_policies(scan) if scan else None
    if scan and then is None:
        say("No fix of a network finding changes a policy: nothing becomes different.")
    return inventory, now, then or now


def _spot(words: str | None, inventory: Inventory) -> Spot | None:
    """Return what is meant. Raises `InputError` where it is not there."""
    if words is None:
        return None
    if words == _OUTSIDE:
        return OUTSIDE
    if "/" in words:
        ref = workload_of(words, inventory)
        return Spot(ref.namespace, ref)
    check_namespace(inventory, words)
    return Spot(words)


def _port(words: str | None) -> tuple[str, int] | None:
    if words is None:
        return None
    number, _, protocol = words.partition("/")
    known = (protocol or PROTOCOLS[0]).upper()
    good = number.isascii() and number.isdigit() and FIRST <= int(number[:6]) <= LAST
    if not good or known not in PROTOCOLS:
        raise InputError(
            f"--port {words!r} is no port: write 5432, or 53/UDP for another protocol."
        )
    return known, int(number)


def _document(
    found: Comparison, asked: Asked, inventory: Inventory, port: str | None, namespace: str
) -> dict[str, Any]:
    known = enforcement(inventory)
    return {
        "schema": REACH,
        "source": msgspec.to_builtins(inventory.source),
        "namespace": namespace,
        "port": port,
        "enforcement": None
        if known is None
        else {"state": str(known.state), "plugin": known.plugin, "said": known.said},
        **document(found, asked),
        "unknown": list(unread(inventory)),
    }


def _notes(inventory: Inventory) -> list[str]:
    known = enforcement(inventory)
    notes = [f"There may be more: {gap}" for gap in unread(inventory)]
    if known is None or known.state is State.ENFORCED:
        return notes
    if known.state is State.NOT_ENFORCED:
        meant = "Everything is reachable, whatever the policies say; this is what they ask for."
    else:
        meant = "Where policies are not enforced, everything is reachable."
    return [f"{known.said} {meant}", *notes]
