"""``k8sharden rights``: what a subject may do, how it comes to it, and what of it is used."""

from typing import Any, NamedTuple

import click
import msgspec

from k8sharden.analysis.rbac.chains import Chain, chains_of
from k8sharden.analysis.rbac.exercised import Exercise, exercised
from k8sharden.analysis.rbac.matrix import COLUMNS, Amount, Cell, Row, matrix_of
from k8sharden.analysis.rbac.paths import path_under
from k8sharden.analysis.rbac.paths import unread as unseen
from k8sharden.analysis.rbac.policy import Policy, policy_of
from k8sharden.analysis.rbac.powers import minor_of
from k8sharden.analysis.rbac.rights import TooManyRights
from k8sharden.analysis.rbac.subjects import Identity, identity_of
from k8sharden.analysis.rbac.who_can import unread
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.cli.evidence import evidence_options
from k8sharden.cli.options import open_session, source_options, split, widen_option
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, table, to_json
from k8sharden.cli.rbac_notes import notes
from k8sharden.cli.registries import tell_read
from k8sharden.cli.rights_used import use_data, use_tables
from k8sharden.cli.subjects import subject_of
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line, visible
from k8sharden.model.workloads import workloads
from k8sharden.session import Scan, Session

RIGHTS = "k8sharden.rights/v1"
_SHOWN = 3


class Picture(NamedTuple):
    """How somebody comes to their rights, and where each verb holds."""

    chains: tuple[Chain, ...]
    rows: tuple[Row, ...]


@click.command()
@click.argument("subject")
@click.option(
    "--after",
    is_flag=True,
    help="Also show what the fixes of its bindings leave, and the worst path from there.",
)
@click.option(
    "-n",
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NS",
    help="Read this namespace, where not all may be read.",
)
@source_options()
@evidence_options
@widen_option
@output_options
@out_option
def rights(**options: Any) -> int:
    """Show what a subject may do: its bindings, the namespaces by verbs, and what it used.

    SUBJECT is ServiceAccount/NAMESPACE/NAME, User/NAME, Group/NAME, or a workload as
    KIND/NAMESPACE/NAME. With --audit-log each right is marked as used or not.
    """
    source, _, rest = split(options)
    session = open_session(source)
    with scanning() as show:
        scan = session.scan(show) if rest["after"] else None
        inventory = scan.inventory if scan else session.read(show)
    tell_read(session, inventory.facts)
    who = _who(subject_of(rest["subject"], inventory), inventory)
    now, gaps = _picture(who, policy_of(inventory), inventory), unread(inventory)
    then = _afterwards(who, now, session, scan) if scan else None
    use = _exercise(who, inventory)
    if rest["output"] == "json":
        document = _document(who, now, use) | {
            "after": None if then is None else _picture_data(then[0]) | {"path": then[1]},
            "source": msgspec.to_builtins(inventory.source),
            "unknown": list(gaps),
            "notes": list(notes(inventory)),
        }
        emit(to_json(document), rest["out"])
    else:
        after = _after_tables(who, now, *then, whole=not unseen(inventory)) if then else []
        tables = _tables(who, now) or [_nothing(who, gaps)]
        emit("\n\n".join([*tables, *after, *(use_tables(use) if use else [])]), rest["out"])
    for text in (*(f"There may be more: {gap}" for gap in gaps), *notes(inventory)):
        say(text)
    return 0


def _picture(who: Identity, policy: Policy, inventory: Inventory) -> Picture:
    return Picture(chains_of(who, policy), matrix_of(who, policy, minor_of(inventory)))


def _afterwards(
    who: Identity, now: Picture, session: Session, scan: Scan
) -> tuple[Picture, str | None]:
    """Return what the fixes of somebody's own bindings leave, and the worst path from there."""
    own = [each.grant.binding for each in now.chains if each.grant and who.label in each.subjects]
    policy = session.foreseen(own, scan) or policy_of(scan.inventory)
    path = path_under(policy, who, scan.inventory)
    return _picture(who, policy, scan.inventory), path.said if path else None


def _who(found: Identity | Ref, inventory: Inventory) -> Identity:
    if isinstance(found, Identity):
        return found
    work = next(each for each in workloads(inventory) if each.ref == found)
    return identity_of(account_under(work))


def _exercise(who: Identity, inventory: Inventory) -> Exercise | None:
    usage = inventory.facts.usage
    if usage is None:
        return None
    try:
        return exercised(who, policy_of(inventory), usage)
    except TooManyRights as role:
        say(f"Not compared with the audit log: {role} gives too many rights.")
        return None


def _tables(who: Identity, now: Picture) -> list[str]:
    if not now.chains:
        return []
    return [f"{who.label} may:", *_drawn(now)]


def _after_tables(
    who: Identity, now: Picture, then: Picture, path: str | None, *, whole: bool
) -> list[str]:
    none = "Then no path leads to more." if whole else "It is not known whether a path leads on."
    said = f"What it becomes then: {visible(path)}" if path else none
    if then == now:
        return [f"No fix of its bindings changes that. {said}" if now.chains or whole else said]
    if not then.chains:
        return [f"After the fixes no binding gives anything to {who.label}. {said}"]
    return [f"After the fixes {who.label} may:", *_drawn(then), said]


def _drawn(picture: Picture) -> list[str]:
    return [
        table(("BY", "BINDING", "ROLE", "WHERE", "MAY"), [_chain(each) for each in picture.chains]),
        table(
            ("NAMESPACES", *COLUMNS, "DANGEROUS AMONG IT"), [_row(each) for each in picture.rows]
        ),
    ]


def _nothing(who: Identity, gaps: tuple[str, ...]) -> str:
    said = "It is not known what {} may." if gaps else "No binding gives anything to {}."
    return said.format(one_line(who.label, 200))


def _chain(chain: Chain) -> tuple[str, ...]:
    by = ", ".join(chain.subjects) + (" (broad)" if chain.broad else "")
    if chain.grant is None:
        return by, "-", "-", chain.where, "; ".join(chain.reach)
    reach = "nothing: the role is not there" if chain.missing else "; ".join(chain.reach)
    grant = chain.grant
    return by, grant.binding.label, grant.role.label, chain.where, reach or "nothing"


def _row(row: Row) -> tuple[str, ...]:
    spaces = row.namespaces
    more = f" and {len(spaces) - _SHOWN} more" if len(spaces) > _SHOWN else ""
    bad = dict.fromkeys(word for cell in row.cells for word in cell.dangerous)
    shown = ", ".join(spaces[:_SHOWN]) + more if spaces else "everywhere"
    return shown, *(_cell(cell) for cell in row.cells), ", ".join(bad)


def _cell(cell: Cell) -> str:
    words = {Amount.NONE: "-", Amount.SOME: "some", Amount.ALL: "all"}
    return words[cell.amount] + ("!" if cell.dangerous else "")


def _document(who: Identity, now: Picture, use: Exercise | None) -> dict[str, Any]:
    return {
        "schema": RIGHTS,
        "subject": who.label,
        **_picture_data(now),
        "use": None if use is None else use_data(use),
    }


def _picture_data(picture: Picture) -> dict[str, Any]:
    return {
        "chains": [_chain_data(chain) for chain in picture.chains],
        "matrix": [
            {
                "namespaces": list(row.namespaces),
                "verbs": {
                    verb: {
                        "amount": cell.amount.name.lower(),
                        "dangerous": list(cell.dangerous),
                    }
                    for verb, cell in zip(COLUMNS, row.cells, strict=True)
                },
            }
            for row in picture.rows
        ],
    }


def _chain_data(chain: Chain) -> dict[str, Any]:
    grant = chain.grant
    return {
        "subjects": list(chain.subjects),
        "binding": msgspec.to_builtins(grant.binding) if grant else None,
        "role": msgspec.to_builtins(grant.role) if grant else None,
        "namespace": grant.namespace if grant else "",
        "missing": chain.missing,
        "broad": chain.broad,
        "reach": list(chain.reach),
    }
