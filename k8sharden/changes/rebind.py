"""A change right before it is written: worked out anew, and compared with what was approved."""

import msgspec

from k8sharden.changes.bind import Drift, bind
from k8sharden.changes.compare import made_anew
from k8sharden.changes.ground import Ground
from k8sharden.changes.plan import Fetch, Planned, owner_of_writes


class Moved(Drift):
    """The change would be another one now: ``now``."""

    def __init__(self, said: str, now: Planned) -> None:
        super().__init__(said)
        self.now = now


def rebound(planned: Planned, fetch: Fetch, ground: Ground | None = None) -> Planned:
    """Work a change out anew, from what it rests on and the objects that it meets.

    Raises `Moved`, or another `Drift`, where that gives anything but what was approved.
    """
    change = ground.current(planned) if ground else planned.change
    bound = tuple(bind(write, fetch(write.ref)) for write in change.writes)
    owner = owner_of_writes(bound)
    fresh = msgspec.structs.replace(planned, change=change, bound=bound)
    if owner.reverts and owner != planned.owner and not planned.undoes:
        raise Moved(
            f"{planned.change.title}: since it was reviewed it has another owner. {owner.warning} "
            "Nothing was written; scan and review again.",
            fresh,
        )
    # A fix is one for any namesake; an undo is owed only to the object that we wrote to.
    anew = bool(planned.undoes) and any(map(made_anew, planned.bound, bound))
    if anew or fresh.digest != planned.digest:
        what = "the object" if change == planned.change else "what it rests on"
        # What is new in its warnings is what became of the ground.
        new = next((said for said in change.warnings if said not in planned.change.warnings), "")
        raise Moved(
            f"{planned.change.title}: {what} changed since it was reviewed. "
            f"{new}{' ' if new else ''}Nothing was written; scan and review again.",
            fresh,
        )
    return fresh
