"""What of a plan was not begun, and the command that does it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from k8sharden.changes.apply import Outcome, Result
from k8sharden.cli.output import say
from k8sharden.cli.selection import Selection
from k8sharden.session import Session


def tell_rest(session: Session, outcomes: Sequence[Outcome], options: Mapping[str, Any]) -> bool:
    """Say what was not begun, with the command for it; return whether there is any such.

    ``options`` hold the selection that was planned for; an undo has none.
    """
    left = [o for o in outcomes if o.result is Result.SKIPPED and o.planned.applies]
    if left:
        what = "1 change was" if len(left) == 1 else f"{len(left)} changes were"
        # Nobody looked, so nobody knows when that is.
        when = ", once the rollouts are done" if options["no_wait"] else ""
        words = _words(left, outcomes, options.get("selection"))
        say(f"{what} not begun. For the rest{when}: {session.command(*words)}")
    return bool(left)


def _words(
    left: Sequence[Outcome], outcomes: Sequence[Outcome], selection: Selection | None
) -> tuple[str, ...]:
    if selection is None:
        return ("journal", "undo", *(each.planned.undoes for each in left))
    # What failed would only fail again, and what was done has no finding and no owner any more.
    bad = any(each.result in (Result.FAILED, Result.UNDONE) for each in outcomes)
    if selection.findings or bad:
        findings = tuple(name for each in left for name in each.planned.findings)
        selection = msgspec.structs.replace(selection, findings=findings)
    owners = dict.fromkeys(each.planned.owner.key for each in left if each.planned.overruled)
    overruled = (word for key in owners for word in ("--override-owner", key))
    return ("apply", *selection.words, *overruled)
