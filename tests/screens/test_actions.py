"""Every action of every screen stands in the help, and the palette offers it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import OptionList

from k8sharden.config import Config
from k8sharden.model.finding import Area
from screens.apply import ApplyScreen
from screens.area import AreaScreen
from screens.base import FindingScreen, HardeningScreen
from screens.help import HelpScreen
from screens.keys import known
from screens.looking import LookingScreen
from screens.mission_page import MissionPage
from screens.picture import PicturedArea
from screens.prose import Prose
from tests.screens.driver import COMFORTABLE, SMALL, Driver, opened, run

WALK: tuple[tuple[str, ...], ...] = (
    (),
    *(("escape", str(number)) for number, _ in enumerate(Area, start=1)),
    ("d",),
    ("escape", "L"),
    ("escape", "E"),
    ("escape", "1", "P"),
    ("escape", "escape", "2", "P"),
    ("escape", "1", "e"),
    ("escape", "a"),
    ("a", "tab", "enter"),
    ("J",),
    ("u",),
    ("escape", "escape", "escape", "S"),
    ("escape", "M"),
    ("enter",),
    ("escape", "escape", "c"),
)
"""Keys that lead from each screen to the next."""


def kinds(kind: type[Any] = HardeningScreen) -> Iterator[type[Any]]:
    """Yield the screens that there are; those that others are made of are left out."""
    for each in kind.__subclasses__():
        yield from kinds(each)
        if (
            each not in (LookingScreen, FindingScreen, AreaScreen, MissionPage, PicturedArea)
            and each.__module__[:7] == "screens"
        ):
            yield each


def bindings(screen: Screen[Any]) -> Iterator[Binding]:
    """Yield each binding of ours that works on a screen, or in one of its panes."""
    ours = {name for name in known() if name != "app.palette"}
    for node in (*screen.focus_chain, screen, screen.app):
        for key, binding in node._bindings:
            # Behind a pane, another binding may have the key, or the action not be there now.
            active = screen.active_bindings.get(key)
            here = binding if node in screen.focus_chain else active and active.binding
            if here is not None and here.id in ours:
                yield here


async def offered(driver: Driver) -> dict[str, str]:
    """Open the palette; return what it offers, with the words below each, and close it."""
    await driver.press("colon")
    assert isinstance(driver.app.screen, CommandPalette)
    rows = [str(option.prompt) for option in driver.app.screen.query_one(OptionList).options]
    await driver.press("escape")
    found: dict[str, str] = {}
    for row in rows:
        name, _, more = row.partition("\n")
        found[name] = found.get(name, "") + more + "\n"
    return found


async def told(driver: Driver) -> str:
    """Open the help; return its text, and close it."""
    await driver.press("question_mark")
    assert driver.crumb == "help"
    text = driver.app.screen.query(Prose).last().content
    await driver.press("escape")
    return str(text)


def test_every_action_is_in_the_help_and_in_the_palette(tmp_path: Path) -> None:
    """On each screen, each of our bindings, shown or not, stands there with its key."""
    seen: set[type[Any]] = set()

    async def test() -> None:
        async with opened(tmp_path, size=COMFORTABLE) as driver:
            for keys in WALK:
                await driver.press(*keys)
                screen = driver.app.screen
                seen.add(type(screen))
                expected = list(bindings(screen))
                names, text = await offered(driver), await told(driver)
                assert len(expected) > 15
                for binding in expected:
                    key, label = driver.app.get_key_display(binding), binding.description
                    where = f"{label} ({key}) on {driver.crumb}"
                    assert label in names, where
                    assert any(key in row.split("(")[-1] for row in names[label].split("\n")), where
                    rows = [row for row in text.split("\n") if f" {label} " in row]
                    assert any(key in row.partition(f" {label} ")[0] for row in rows), where

    run(test())
    # Nothing opens while a plan is applied, and the help is told by its own first line.
    assert set(kinds()) - seen == {ApplyScreen, HelpScreen}


@pytest.mark.parametrize("key", ["f6", "left_square_bracket"])
def test_changed_keys_stand_in_both(tmp_path: Path, key: str) -> None:
    """A key that the settings give to an action is the one that help and palette name."""
    settings = Config(keys={"area.evidence": key, "page.end": "f7", "app.review": "f8"})

    async def test() -> None:
        async with opened(tmp_path, settings=settings) as driver:
            await driver.press("1")
            shown = driver.app.get_key_display(Binding(key, "", ""))
            assert (await offered(driver))["Evidence"].strip().endswith(f"({shown})")
            rows = (await told(driver)).split("\n")
            assert any(row.startswith(f"{shown} ") and " Evidence " in row for row in rows)
            assert any(row.startswith("f8 ") and " Review " in row for row in rows)
            assert any(row.startswith("f7 ") and " End " in row for row in rows)

    run(test())


def test_the_palette_does_what_it_offers(tmp_path: Path) -> None:
    """An action of the list under the palette marks its rows."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("1", "colon", *"mark", "space", *"all", "enter")
            assert len(driver.app.desk.marks) > 1

    run(test())


def hangs(driver: Driver, width: int) -> bool:
    """Tell whether the help fits, and goes on below its first words where it has to."""
    text = str(driver.app.screen.query(Prose).last().content)
    rows = text.partition("\n\n")[2].split("\n")
    hung = [row for row in rows if row.startswith(" ")]
    below = all(row.startswith(" " * 14) for row in hung)
    return below and max(map(len, rows)) <= width - 4 and bool(hung) == (width < 100)


def test_lines_of_the_help_hang(tmp_path: Path) -> None:
    """Where words do not fit they go on below themselves, also after a resize."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("1", "question_mark")
            for width in (80, 60, 100):
                await driver.pilot.resize_terminal(width, 24)
                await driver.until(lambda width=width: hangs(driver, width))  # type: ignore[misc] # of the loop's own width

    run(test())
