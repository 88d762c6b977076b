"""Take back what was written of a change that failed, and write down what became of it."""

from k8sharden.changes.bind import bind
from k8sharden.changes.journal import Record, State
from k8sharden.changes.means import Means
from k8sharden.changes.pace import Pace
from k8sharden.changes.plan import fetcher
from k8sharden.changes.reverse import reverse
from k8sharden.changes.write import LostAnswer, write
from k8sharden.errors import InputError, K8shardenError
from k8sharden.model.change import Create
from k8sharden.model.ref import Ref

Written = tuple[int, Record]
"""A write that was made, with its number in the entry."""


def fail(error: K8shardenError, done: list[Written], entry: str, means: Means) -> str:
    """Take back what was written, the last first, journal what became of it, and say so."""
    lost = isinstance(error, LostAnswer)
    # A part that arrives late would stand alone then, as no step of the plan does.
    taken, left = ([], None) if lost else _take_back(done, means)
    said = f" {left[0].label} could not be taken back: {left[1]}" if left else ""
    if done and lost:
        said = " What was written before it stays until that is known."
    elif done and not left:
        said = " What was written before was taken back."
    # A server's sentence ends without a full stop.
    detail = f"{str(error).rstrip('.')}.{said}"
    unsettled = lost or bool(left and isinstance(left[1], LostAnswer))
    try:
        for number, record in taken:
            means.journal.wrote(entry, number, record, State.UNDONE)
        means.journal.settle(entry, State.INTENDED if unsettled else State.FAILED, detail)
    except InputError as unwritten:
        return f"{detail} {unwritten}"
    return detail


def _take_back(
    done: list[Written], means: Means
) -> tuple[list[Written], tuple[Ref, K8shardenError] | None]:
    """Undo the earlier writes of a group whose later one failed; stop where one cannot be.

    What was made and is gone already needs nothing more.
    """
    fetch, pace = fetcher(means.writer.get), Pace(means.watch)
    taken: list[Written] = []
    for number, record in reversed(done):
        try:
            live = fetch(record.ref)
            if live is not None or not isinstance(record.write, Create):
                bound = bind(reverse(record, live), live)
                pace.ready(bound)
                write(bound, means.writer)
        except K8shardenError as error:
            return taken, (record.ref, error)
        taken.append((number, record))
    return taken, None
