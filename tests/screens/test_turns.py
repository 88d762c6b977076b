"""Keys take turns: each finds the screen that the one before it left."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.events import Key

from k8sharden.model.finding import Area
from screens import findings_list
from screens.arranging import Steps
from screens.ask import AskScreen
from screens.filter_field import FilterField
from screens.findings_list import FindingsList
from tests.screens.driver import Driver, opened, run


async def burst(driver: Driver, *keys: str) -> None:
    """Send keys together, before the app has looked at any of them."""
    for key in keys:
        driver.app.post_message(Key(key, key if len(key) == 1 else None))
    await driver.settle()


def test_letters_after_the_slash_are_no_marks(tmp_path: Path) -> None:
    """All at once or one by one: the filter holds the letters, and nothing is marked."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await burst(driver, "1", "slash", "A", "a", "x")
            assert driver.app.screen.query_one(FilterField).value == "Aax"
            assert not driver.app.desk.marks
            assert driver.crumb == "rbac"

    run(test())


def test_keys_after_a_question_are_no_answer(tmp_path: Path) -> None:
    """Letters behind the key that asks go nowhere, and Enter is the careful answer."""
    answers: list[bool | None] = []

    async def test() -> None:
        async with opened(tmp_path) as driver:
            driver.app.push_screen(AskScreen("Go?", "Go"), answers.append)
            await burst(driver, "1", "a", "x", "q")
            assert isinstance(driver.app.screen, AskScreen)
            await burst(driver, "enter")
            assert answers == [False]
            assert driver.crumb == "overview"

    run(test())


def test_screens_open_and_close_in_the_order_of_the_keys(tmp_path: Path) -> None:
    """A screen that is left before it was drawn is no error, and the last key decides."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await burst(driver, "1", "L", "escape", "2", "escape", "J")
            assert driver.crumb == "journal"

    run(test())


def test_the_palette_runs_what_was_typed(tmp_path: Path) -> None:
    """Enter waits for the search, so that it never runs what stood there before."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await burst(driver, "colon", *"settings", "enter")
            assert driver.crumb == "settings"

    run(test())


def slow_lists(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let lists be slow to arrange from when what is returned is called, as with 50,000 rows."""
    quick, until = findings_list._worked, [0.0]

    def worked(job: Steps[None]) -> bool:
        return time.monotonic() < until[0] or quick(job)

    def begin() -> None:
        until[0] = time.monotonic() + 0.5

    monkeypatch.setattr(findings_list, "_worked", worked)
    return begin


def test_a_key_behind_one_that_sorts_waits_for_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It acts on the finding that comes to stand under the cursor."""
    begin = slow_lists(monkeypatch)

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("3")
            begin()
            await burst(driver, "o", "space")
            assert len(driver.app.desk.marks) == 1

    run(test())


def test_a_key_while_a_new_scan_is_arranged_waits_for_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key made the list busy, and the one that comes now finds a finding all the same."""
    begin = slow_lists(monkeypatch)

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("3")
            rows = driver.app.screen.query_one(FindingsList)
            begin()
            rows.load(driver.app.desk.of(Area.POD_SECURITY))
            assert rows.busy
            await burst(driver, "space", "space")
            assert len(driver.app.desk.marks) == 2

    run(test())
