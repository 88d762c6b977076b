"""The journal's screen where its contents cannot be had: listed, explained, and usable."""

from pathlib import Path

from k8sharden.changes.entry import State
from k8sharden.changes.journal import Journal
from k8sharden.places.training import TrainingPlace
from tests.changes.test_journal import intend
from tests.screens.driver import opened, run


def written(state: Path) -> Journal:
    """Write two entries of the training cluster, one of them interrupted."""
    uid = TrainingPlace(state).source().cluster_uid
    journal = Journal(state / "journal.sqlite", training=True)
    intend(journal, uid)
    journal.settle(intend(journal, uid), State.VERIFIED)
    return journal


def test_a_lost_key_is_explained_beside_what_is_listed(tmp_path: Path) -> None:
    """Without the key the entries stand there, with why they are not shown in the diff's place."""
    written(tmp_path).close()
    for file in tmp_path.glob("*.key"):
        file.unlink()

    async def look() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("J")
            assert "2 changes in the journal, 1 can be taken back" in driver.text
            assert "is gone: its entries can be listed" in " ".join(driver.text.split())
            await driver.press("down", "s")
            assert any("It stays as it is: The journal's key" in said for said in driver.said)
            assert driver.crumb == "journal"

    run(look())


def test_an_entry_that_was_changed_does_not_hide_the_others(tmp_path: Path) -> None:
    """The damaged one says so, and the next one shows its diff."""
    journal = written(tmp_path)
    newest, _ = journal.entries()
    journal._file.db.execute(
        "UPDATE writes SET record = zeroblob(length(record)) WHERE entry = ?", (newest.id,)
    )
    journal.close()

    async def look() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("J")
            assert "was changed since it was sealed" in " ".join(driver.text.split())
            await driver.press("down")
            assert "web:2" in driver.text

    run(look())


def test_a_write_that_may_still_arrive_is_looked_for_again(tmp_path: Path) -> None:
    """Once an entry was found unwritten, `s` looks again for as long as its write may be late."""
    journal = Journal(tmp_path / "journal.sqlite", training=True)
    entry = intend(journal, TrainingPlace(tmp_path).source().cluster_uid)
    journal.settle(entry, State.FAILED, "It was interrupted before anything of it was written.")
    journal.close()

    async def look() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("J", "s")
            assert not any("No change" in said for said in driver.said)
            assert any("Looked again: no write arrived since." in said for said in driver.said)

    run(look())
