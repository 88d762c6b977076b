"""The confirmation on a cluster that matters: its name is typed, and only then Apply works."""

from pathlib import Path

from textual.widgets import Button, Input

from k8sharden.places.training import TrainingPlace
from screens.confirm import ConfirmScreen
from tests.screens.driver import CLOSE, SMALL, opened, run


class RealPlace(TrainingPlace):
    """A cluster in memory that counts as a real one."""

    training = False

    def __init__(self, state: Path, name: str = "prod-eu") -> None:
        super().__init__(state)
        self.name = name


def test_the_name_is_typed_first(tmp_path: Path) -> None:
    """Apply is disabled until the context's name is exactly right, and the screen says why."""

    async def test() -> None:
        async with opened(tmp_path, place=RealPlace(tmp_path), size=SMALL) as driver:
            await driver.press(*CLOSE, "space", "a", "a")
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


def test_the_whole_command_is_in_sight(tmp_path: Path) -> None:
    """The command line is shown to its end, past the digest, beside all that is to be typed."""

    async def test() -> None:
        place = RealPlace(tmp_path)
        place.production = True
        async with opened(tmp_path, place=place, size=SMALL) as driver:
            await driver.press(*CLOSE, "space", "a", "a")
            screen = driver.app.screen
            assert isinstance(screen, ConfirmScreen)
            box = (line.split("┃")[1] for line in driver.text.splitlines() if line.count("┃") == 2)
            shown = "".join("".join(box).split())
            assert "".join(screen._command.split()) in shown
            assert "Cancel" in driver.text

    run(test())


def test_keys_of_other_screens_do_nothing_here(tmp_path: Path) -> None:
    """No letter that means something elsewhere starts anything on the confirmation."""

    async def test() -> None:
        async with opened(tmp_path, place=RealPlace(tmp_path)) as driver:
            await driver.press(*CLOSE, "space", "a", "a", *"auexy1", "q")
            assert isinstance(driver.app.screen, ConfirmScreen)
            assert not (tmp_path / "journal.sqlite").exists()

    run(test())


def test_a_name_that_no_keys_type_is_typed_as_it_is_shown(tmp_path: Path) -> None:
    """The sentence says how, and all that is typed and pressed is in sight on a small terminal."""

    async def test() -> None:
        place = RealPlace(tmp_path, "prod\x1b]0;[@click=app.quit]\x07" + "\u202e" * 90)
        place.production = True
        async with opened(tmp_path, place=place, size=SMALL) as driver:
            await driver.press(*CLOSE, "space", "a", "a")
            assert "stands for the whole name" in driver.text
            assert "Cancel" in driver.text
            await driver.press("tab", *"prod<U+001B>]0;[@click=app.quit]<U+0007>")
            assert "That is the name" in driver.text
            await driver.press("tab", "enter")
            await driver.until(lambda: driver.crumb == "result")

    run(test())


def test_a_long_name_is_shown_in_full(tmp_path: Path) -> None:
    """Names of clouds are long, and tell clusters apart at their end: all of it is typed."""
    name = f"arn:aws:eks:eu-west-1:123456789012:cluster/{'k' * 40}-staging"

    async def test() -> None:
        async with opened(tmp_path, place=RealPlace(tmp_path, name), size=SMALL) as driver:
            await driver.press(*CLOSE, "space", "a", "a", "tab")
            field = driver.app.screen.query_one("#name", Input)
            field.value = name.replace("staging", "prod")
            await driver.settle()
            assert "-staging." in driver.text
            assert driver.app.screen.query_one("#apply").disabled
            field.value = name
            await driver.settle()
            assert "That is the name" in driver.text

    run(test())
