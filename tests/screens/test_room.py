"""The room of a terminal: columns follow it, and the bar of keys offers what fits the screen."""

from pathlib import Path

import pytest

from k8sharden.places.training import TrainingPlace
from screens.key_bar import KeyBar
from tests.screens.clusters import Hidden
from tests.screens.driver import CLOSE, COMFORTABLE, SMALL, Driver, opened, run
from tests.screens.test_contexts import first_screen


def offered(driver: Driver) -> list[str]:
    """Return the words of the bar of keys."""
    keys = driver.app.screen.query_one(KeyBar).children
    return [str(getattr(key, "description", "")) for key in keys]


def test_columns_follow_a_later_resize(tmp_path: Path) -> None:
    """What is cut in a small terminal is whole once that grows, and cut again when it shrinks."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press(*CLOSE, "space", "a")
            assert "NetworkPolicy ci/default-deny-ingress" not in driver.text.split("---")[0]
            await driver.pilot.resize_terminal(*COMFORTABLE)
            await driver.settle()
            assert "NetworkPolicy ci/default-deny-ingress" in driver.text.split("---")[0]
            await driver.pilot.resize_terminal(*SMALL)
            await driver.settle()
            assert "agrees" in driver.text

    run(test())


def test_the_bar_offers_what_the_screen_is_for(tmp_path: Path) -> None:
    """The overview leads on, the journal does not offer itself, and Enter says what it does."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            assert offered(driver)[:3] == ["Open", "Missions", "Scan"]
            await driver.press("J")
            assert not {"Journal", "Review"} & set(offered(driver))
            await driver.press("escape", "1", "slash")
            assert offered(driver)[:2] == ["Keep the filter", "Clear it"]

    run(test())


def test_what_was_not_read_is_not_counted(tmp_path: Path) -> None:
    """An area tells no numbers of what may not be listed."""

    async def test() -> None:
        async with opened(tmp_path, place=Hidden(tmp_path)) as driver:
            await driver.press("1")
            assert "Not all of it could be read." in driver.text
            assert "0 cluster role bindings" not in driver.text
        async with opened(tmp_path, place=TrainingPlace(tmp_path)) as driver:
            await driver.press("1")
            assert "cluster role bindings" in driver.text

    run(test())


def test_the_first_screen_has_its_style_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of clusters is as high as its rows, so that the hint stands right below it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)

    async def test() -> None:
        async with first_screen(tmp_path) as driver:
            table = driver.app.screen.query_one("Table")
            assert table.region.height < 12

    run(test())
