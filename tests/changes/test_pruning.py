"""Old entries: which go, and which stay because somebody may need them."""

from pathlib import Path

import pytest

from k8sharden.changes.entry import State
from k8sharden.changes.journal import Journal
from k8sharden.changes.pruning import pruning
from tests.changes.test_journal import intend

DAY = 86_400.0


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal of five days: undone, failed, verified, interrupted, and one that is new."""
    clock = iter([n * DAY for n in range(1, 6)])
    opened = Journal(tmp_path / "journal.sqlite", clock=lambda: next(clock))
    names = [intend(opened) for _ in range(5)]
    for name, state in zip(names, (State.UNDONE, State.FAILED, State.VERIFIED), strict=False):
        opened.settle(name, state, "why")
    opened.settle(names[4], State.FAILED, "why")
    return opened


@pytest.mark.parametrize(("standing", "days"), [(False, [2, 1]), (True, [3, 2, 1])])
def test_what_is_still_needed_stays(journal: Journal, days: list[int], *, standing: bool) -> None:
    """What was interrupted stays always, what can be taken back unless that is asked for."""
    found = pruning(journal.entries(), 4.5 * DAY, standing=standing)
    assert [entry.created / DAY for entry in found.remove] == days
    assert [entry.created / DAY for entry in found.interrupted] == [4]
    assert [entry.created / DAY for entry in found.standing] == ([] if standing else [3])


def test_what_was_removed_is_gone_from_the_file(journal: Journal) -> None:
    """Not even its title is left in a file, once the journal was closed."""
    (entry,) = (entry for entry in journal.entries() if entry.created == DAY)
    journal.remove([entry])
    assert len(journal.entries()) == 4
    journal.close()
    assert entry.id.encode() not in journal.path.read_bytes()
