"""``k8sharden who-can``: who may do something, by which binding and role."""

from typing import Any

import click
import msgspec

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.typed import is_usual, request_of
from k8sharden.analysis.rbac.who_can import Able, By, unread
from k8sharden.analysis.rbac.who_can import who_can as holders
from k8sharden.cli.options import open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, table, to_json
from k8sharden.cli.rbac_notes import notes
from k8sharden.cli.selection import check_namespace

WHO_CAN = "k8sharden.who-can/v1"
_SHOWN = 3


@click.command("who-can")
@click.argument("verb")
@click.argument("resource")
@click.option("-n", "--namespace", metavar="NS", help="Only in this namespace; otherwise in any.")
@click.option("--name", metavar="N", help="Only on this object; otherwise on any.")
@source_options()
@output_options
@out_option
def who_can(**options: Any) -> int:
    """Show who may do something, by which binding and role, and what runs as them.

    RESOURCE is written as for kubectl: pods, po, pods/log, deployments.apps, or a URL as /metrics.
    """
    namespace = options.pop("namespace") or ""
    options["namespaces"] = (namespace,) if namespace else ()
    source, _, rest = split(options)
    asked = request_of(rest["verb"], rest["resource"], namespace, rest["name"] or "")
    session = open_session(source)
    with scanning() as show:
        inventory = session.read(show)
    if namespace:
        check_namespace(inventory, namespace)
    found, gaps = holders(asked, inventory), unread(inventory, namespace)
    if rest["output"] == "json":
        emit(to_json(_document(asked, found, gaps, inventory)), rest["out"])
    else:
        rows = [_row(able, by) for able in found for by in able.by]
        emit(table(HEADS, rows) if rows else _nobody(gaps), rest["out"])
    if not is_usual(asked):
        say(f"Kubernetes itself asks for no verb {asked.verb!r} there: check how it is spelled.")
    for text in (*(f"There may be more: {gap}" for gap in gaps), *notes(inventory)):
        say(text)
    return 0


HEADS = ("SUBJECT", "WHERE", "BINDING", "ROLE", "RUNS AS IT")


def _nobody(gaps: tuple[str, ...]) -> str:
    return "It is not known who may." if gaps else "No binding allows it to anybody."


def _row(able: Able, by: By) -> tuple[str, ...]:
    where = f"in {by.grant.namespace}" if by.grant.namespace else "everywhere"
    only = f", only {', '.join(by.names[:_SHOWN])}{_more(by.names)}" if by.names else ""
    runs = ", ".join(ref.label for ref in able.workloads[:_SHOWN]) + _more(able.workloads)
    said = "broad: everybody in it" if able.broad else runs
    system = "a part of the cluster itself" if able.system else ""
    return (
        able.label,
        where + only,
        by.grant.binding.label,
        by.grant.role.label,
        "; ".join(filter(None, (said, system))),
    )


def _more(some: tuple[Any, ...]) -> str:
    return f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""


def _document(
    asked: Request, found: tuple[Able, ...], gaps: tuple[str, ...], inventory: Any
) -> dict[str, Any]:
    return {
        "schema": WHO_CAN,
        "source": msgspec.to_builtins(inventory.source),
        "request": asked._asdict(),
        "subjects": [
            {
                "subject": {
                    "kind": able.subject.kind,
                    "namespace": able.subject.namespace or "",
                    "name": able.subject.name,
                },
                "broad": able.broad,
                "system": able.system,
                "by": [
                    {
                        "binding": msgspec.to_builtins(by.grant.binding),
                        "role": msgspec.to_builtins(by.grant.role),
                        "namespace": by.grant.namespace,
                        "names": list(by.names),
                    }
                    for by in able.by
                ],
                "workloads": [msgspec.to_builtins(ref) for ref in able.workloads],
            }
            for able in found
        ],
        "unknown": list(gaps),
        "notes": list(notes(inventory)),
    }
