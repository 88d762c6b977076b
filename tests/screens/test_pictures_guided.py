"""Pictures of what guides a newcomer: the missions, and what comes of their steps."""

from pathlib import Path

import pytest

from screens.app import HardeningApp
from screens.login import LoginScreen
from tests.screens.driver import Driver, opened, run
from tests.screens.pictures import Pictures
from tests.screens.test_contexts import KUBECONFIG
from tests.screens.test_pictures import (  # noqa: F401 - fixtures, found by their names
    SIZES,
    always_the_same,
    clock,
    pictures,
    scanned,
    steady,
)

WAYS: dict[str, tuple[str, ...]] = {
    "missions": ("M",),
    "mission": ("M", "enter"),
    "mission-attacked": ("M", "enter", "n", "x"),
    "mission-read": ("M", "g", *"jj", "enter", "n", "x", "enter", *("enter", "a", "tab", "enter")),
    "settings": ("S",),
    "mission-runbook": ("M", "g", *"jjjj", "enter", "n", "x", "enter", "enter"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", WAYS)
def test_pictures_of_missions(
    tmp_path: Path,
    pictures: Pictures,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    size: tuple[int, int],
) -> None:
    """The screen looks as it did when a person last looked at it."""
    monkeypatch.setenv("K8SHARDEN_CONFIG", "config.toml")

    async def test() -> None:
        async with opened(tmp_path, size=size, clock=clock) as driver:
            driver.app.animation_level = "none"
            await driver.press(*WAYS[name])
            if name == "mission-read":
                await driver.until(lambda: driver.crumb == "result")
                await driver.press("escape")
                await driver.until(lambda: not driver.app.desk.scanning)
                await driver.press("enter", "enter")
            await steady(driver)
            pictures.check(driver.app, name)

    run(test())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pictures_of_logging_in(
    tmp_path: Path,
    pictures: Pictures,  # noqa: F811 - the fixture
    size: tuple[int, int],
) -> None:
    """The dialog asks for an address and a token, and says what becomes of them."""
    config = tmp_path / "config"
    config.write_text(KUBECONFIG)

    async def test() -> None:
        app = HardeningApp(tmp_path, kubeconfig=config, clock=clock)
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: "prod" in driver.text)
            app.push_screen(LoginScreen())
            await driver.press(*"https://10.0.0.1")
            await steady(driver)
            pictures.check(app, "login")

    run(test())
