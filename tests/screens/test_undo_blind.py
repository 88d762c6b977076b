"""An undo before anything was scanned: what is not known is said, and a scan tells it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from screens.app import HardeningApp
from screens.diff_view import DiffView
from screens.prose import Prose
from tests.changes.test_traffic import INTO_LEDGER, allow_under_deny
from tests.screens.driver import COMFORTABLE, SMALL, Driver, run
from tests.screens.test_scan import SlowPlace

UNKNOWN = "NOT KNOWN, since nothing was scanned: r scans"


@contextlib.asynccontextmanager
async def reviewed(
    state: Path, size: tuple[int, int] = SMALL
) -> AsyncIterator[tuple[Driver, SlowPlace]]:
    """Open the app, stop its scan, and review the undo of a policy that lets the ledger be used."""
    allow_under_deny(state)
    place = SlowPlace(state)
    app = HardeningApp(state, way=lambda: place)
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: "500 of 10,000" in driver.text)
        await driver.press("escape", "J", "u")
        assert driver.crumb == "review"
        yield driver, place


def words(driver: Driver) -> str:
    """Return what is drawn, without its line breaks."""
    return " ".join(driver.text.split())


def alarms(driver: Driver) -> list[str]:
    """Return the red notes beside the diff."""
    view = driver.app.screen.query_one(DiffView)
    return [text for (kind, text), _ in view._lines if kind == "alarm"]


def test_what_nobody_scanned_is_not_known_and_told_in_red(tmp_path: Path) -> None:
    """The sum, the row and the note say so, and the dialog takes the cluster's name for it."""

    async def test() -> None:
        async with reviewed(tmp_path) as (driver, _):
            assert UNKNOWN in words(driver)
            assert "effect not known" in driver.text
            assert alarms(driver)[0].startswith("!! Cannot tell which connections it cuts: ")
            await driver.press("a")
            asked = str(driver.app.screen.query_one("#question", Prose).content)
            assert "NOT KNOWN: nothing was scanned. Esc, then r scans first." in asked
            assert "Press Tab and type training" in words(driver)

    run(test())


def test_a_scan_paints_what_the_undo_cuts(tmp_path: Path) -> None:
    """`r` scans from the review, which then names each connection that is needed."""

    async def test() -> None:
        async with reviewed(tmp_path, COMFORTABLE) as (driver, place):
            place.go.set()
            await driver.press("r")
            await driver.until(lambda: "CUTS" in driver.text)
            assert UNKNOWN not in words(driver)
            assert any(INTO_LEDGER[0] in each for each in alarms(driver))
            assert "--accept-cuts" in driver.app.screen.command  # type: ignore[attr-defined]

    run(test())


def test_what_was_agreed_to_blindly_is_shown_again_once_there_is_a_scan(tmp_path: Path) -> None:
    """A scan that comes while the dialog is open takes the reader back to what it shows."""

    async def test() -> None:
        async with reviewed(tmp_path) as (driver, place):
            await driver.press("a")
            driver.app.action_rescan()
            place.go.set()
            await driver.until(lambda: driver.app.desk.scan is not None)
            await driver.press("tab", *"training", "tab", "enter")
            assert driver.crumb == "review"
            assert "CUTS" in driver.text
            assert any("confirm again" in said for said in driver.said)

    run(test())
