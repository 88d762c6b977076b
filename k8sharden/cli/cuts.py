"""Connections that a plan cuts although they are needed: told, and refused unless accepted."""

import click

from k8sharden.changes.plan import Plan
from k8sharden.cli.output import say, scanning
from k8sharden.errors import K8shardenError, Refused
from k8sharden.session import Session

accept_cuts_option = click.option(
    "--accept-cuts",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Apply although up to N connections are cut that something shows to be needed.",
)


def with_cuts(session: Session, plan: Plan, *, asks: bool) -> Plan:
    """Return an undo with what it does to the rest of the cluster, which is read where that tells.

    Where that cannot be read it stays unknown, and somebody who is asked is told so. Without
    ``asks`` nobody would see that: it raises what the scan raises.
    """
    if not plan.blind:
        return plan
    try:
        with scanning() as show:
            return session.judged(plan, session.scan(show))
    except K8shardenError as error:
        if not asks:
            raise
        say(f"The cluster could not be scanned: {error}")
        return plan


def cut_words(made: Plan) -> list[str]:
    """Say how many connections that are needed a plan cuts, where it cuts any."""
    if made.blind:
        return ["!! What this does to traffic and rights is not known: nothing was scanned."]
    if not made.cuts:
        return []
    one = made.cuts == 1
    what = "1 connection that is" if one else f"{made.cuts:,} connections that are"
    return [
        f"!! This plan cuts {what} needed: {'it is' if one else 'they are'} marked with !! above.",
        f"   To apply it all the same, add  --accept-cuts {made.cuts}",
    ]


def check_cuts(plan: Plan, accepted: int) -> None:
    """Raise `Refused` for a plan that cuts more that is needed than somebody accepted."""
    if plan.cuts <= accepted:
        return
    for planned in (each for each in plan.changes if each.applies):
        for effect in planned.impact:
            if effect.cuts:
                say(f"!! {effect.said}")
    what = "a connection that is" if plan.cuts == 1 else f"{plan.cuts:,} connections that are"
    raise Refused(
        f"It would cut {what} needed. Leave the change out with --without, allow the traffic "
        f"first, or add --accept-cuts {plan.cuts}. Nothing was changed."
    )
