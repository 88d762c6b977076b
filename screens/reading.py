"""What a scan brings to the screens. All of it is made ready in the scan's thread."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.session import Session
from screens.next_step import describe, next_step
from screens.rows import Shelf, shelve
from screens.stack import stack

NOTHING_FAILS = Content("Nothing that was read fails. What is unknown is listed below.")


class Read(NamedTuple):
    """What a scan brings."""

    shelf: Shelf
    next: Content
    """The best next step, or that there is none."""
    stack: Sequence[tuple[str, str]]
    """What is known of the stack, as labels and values."""


def read(session: Session, tell: Tell, stopped: Stopped) -> Read:
    """Scan, and work out what the overview shows. Raises `Cancelled` as a scan does."""
    scan = session.scan(tell, stopped)
    shelf = shelve(scan)
    step = next_step(session, shelf)
    return Read(shelf, describe(step) if step else NOTHING_FAILS, stack(scan.inventory))
