"""The confirmation on a cluster that matters: its name is typed, and only then Apply works."""

from pathlib import Path

from textual.widgets import Button

from k8sharden.places.training import TrainingPlace
from screens.confirm import ConfirmScreen
from tests.screens.driver import SMALL, opened, run


class RealPlace(TrainingPlace):
    """A cluster in memory that counts as a real one."""

    training = False

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.name = "prod-eu"


def test_the_name_is_typed_first(tmp_path: Path) -> None:
    """Apply is disabled until the context's name is exactly right, and the screen says why."""

    async def test() -> None:
        async with opened(tmp_path, place=RealPlace(tmp_path), size=SMALL) as driver:
            await driver.press("2", "space", "a", "a")
            screen = driver.app.screen
            assert isinstance(screen, ConfirmScreen)
            assert screen.focused is screen.query_one("#cancel")

            def disabled() -> bool:
                return screen.query_one("#apply", Button).disabled

            await driver.press("tab", *"prod-us")
            assert disabled()
            assert "That is not prod-eu" in driver.text
            await driver.press("backspace", "backspace", *"eu")
            assert not disabled()
            await driver.press("tab", "enter")
            await driver.until(lambda: driver.crumb == "result")

    run(test())


def test_keys_of_other_screens_do_nothing_here(tmp_path: Path) -> None:
    """No letter that means something elsewhere starts anything on the confirmation."""

    async def test() -> None:
        async with opened(tmp_path, place=RealPlace(tmp_path)) as driver:
            await driver.press("2", "space", "a", "a", *"auexy1", "q")
            assert isinstance(driver.app.screen, ConfirmScreen)
            assert not (tmp_path / "journal.sqlite").exists()

    run(test())
