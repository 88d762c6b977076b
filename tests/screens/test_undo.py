"""Undo in the app: what is needed as well, and what somebody changed since."""

import threading
from pathlib import Path

import pytest

from k8sharden.changes.journal import State
from k8sharden.changes.plan import Plan, bind_change
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Patch, Risk, SetField
from k8sharden.session import Session
from screens.result import ResultScreen
from tests.changes.test_edited import EDIT, edited_policy
from tests.screens.driver import CLOSE, SMALL, Driver, opened, run

SHOP = kinds.NAMESPACES.ref("", "shop")


def session_of(driver: Driver) -> Session:
    """Return the session of the app."""
    assert driver.app.desk.session is not None
    return driver.app.desk.session


def label(session: Session, **labels: str) -> str:
    """Label the namespace shop by a change in the journal, and return its entry."""
    edits = tuple(SetField(("metadata", "labels", key), value) for key, value in labels.items())
    change = Change(ChangeKind.PATCH, "Label shop", Risk.SAFE, (Patch(SHOP, edits),))
    plan = Plan(session.place.source(), (bind_change(change, (), session.place.fetch),))
    (outcome,) = session.apply(plan, plan.digest)
    return outcome.entry


def labels(session: Session) -> dict[str, str]:
    """Return the labels of the namespace shop."""
    found: dict[str, str] = (session.place.fetch(SHOP) or {})["metadata"]["labels"]
    return found


def test_what_stands_on_a_change_is_named_and_added(tmp_path: Path) -> None:
    """The older of two changes of one field needs the newer one; + takes both back."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            session = session_of(driver)
            old, new = label(session, wing="books"), label(session, wing="music")
            await driver.press("J", "j", "u")
            assert driver.crumb == "review"
            assert "changed again by entry" in driver.text
            assert "Add needed" in driver.text
            await driver.press("plus")
            assert f"Undo {new}" in driver.text
            await driver.press("a", "tab", "enter")
            await driver.until(lambda: driver.crumb == "result")
            assert "wing" not in labels(session)
            assert session.history.journal.entry(old).state is State.UNDONE

    run(test())


def test_a_drifted_field_is_shown_three_ways_and_left_by_choice(tmp_path: Path) -> None:
    """Before, ours and now stand there; P takes back only what is still ours."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            session = session_of(driver)
            entry = label(session, wing="books", floor="two")
            assert session.place.writer is not None
            session.place.writer.patch(
                SHOP, [{"op": "replace", "path": "/metadata/labels/wing", "value": "music"}]
            )
            await driver.press("J", "u")
            for said in ("before  (nothing)", 'ours    "books"', 'now     "music"', "Only ours"):
                assert said in driver.text
            await driver.press("P")
            assert f"journal undo {entry} --partial" in driver.text
            await driver.press("a", "tab", "enter")
            await driver.until(lambda: driver.crumb == "result")
            assert labels(session)["wing"] == "music"
            assert "floor" not in labels(session)

    run(test())


def test_dropping_an_undo_drops_what_stands_on_it(tmp_path: Path) -> None:
    """The newer undo is left out, so that the older one of the same object cannot go alone."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            session = session_of(driver)
            label(session, wing="books")
            label(session, wing="music")
            await driver.press("J", "space", "space", "u")
            assert "2 changes" in driver.text
            await driver.press("x")
            assert "0 changes" in driver.text
            assert labels(session)["wing"] == "music"

    run(test())


def test_a_result_says_what_was_taken_back_since(tmp_path: Path) -> None:
    """Back from the undo, the first result no longer offers it, and says why."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press(*CLOSE, "space", "a", "a", "tab", "enter")
            await driver.until(lambda: "Undo in a shell" in driver.text)
            await driver.press("u")
            await driver.until(lambda: "1 change to take back" in driver.text)
            await driver.press("a", "tab", "enter")
            await driver.until(lambda: "undone" in driver.text)
            await driver.press("escape")
            await driver.until(lambda: "By now    Taken back" in driver.text)
            assert "Undo in a shell" not in driver.text
            await driver.press("u")
            assert driver.crumb == "result"

    run(test())


def test_an_undo_before_the_journal_was_read_is_reviewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that was just applied is never said to be gone, however slow the journal's disk."""
    slow = threading.Event()
    standing = ResultScreen._standing

    def late(screen: ResultScreen) -> tuple[str, ...]:
        slow.wait(10)
        return standing(screen)

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press(*CLOSE, "space", "a", "a", "tab")
            monkeypatch.setattr(ResultScreen, "_standing", late)
            await driver.pilot.press("enter")
            await driver.until(lambda: driver.crumb == "result")
            await driver.pilot.press("u")
            await driver.until(lambda: "1 change to take back" in driver.text)
            slow.set()
            await driver.settle()
            assert driver.crumb == "review"

    run(test())


def test_what_somebody_edited_of_ours_is_shown_as_a_diff(tmp_path: Path) -> None:
    """The undo that leaves an edited object alone shows the edits, and what to do."""
    edited_policy(tmp_path)

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("J", "u")
            assert driver.crumb == "review"
            assert "+    team: ledger" in driver.text
            assert EDIT in " ".join(driver.text.split())

    run(test())
