"""Every screen, small and comfortable, dark and in the terminal's own colours, as people saw it."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import keyring
import pytest
from keyring.backends import fail
from textual.widgets import Input

from tests.screens.driver import Driver, run
from tests.screens.pictures import GOLDEN, Pictures
from tests.screens.scenes import NOW, SCENES, Scene

DARK = {"textual-dark": ""}
LIGHT = {"textual-light": "-light"}
ANSI = {"ansi-dark": "-ansi"}

Theme = tuple[str, str]
"""A theme, and what the names of its pictures end in."""


def themes(name: str) -> dict[str, str]:
    """Return the themes that a scene is drawn in, with what the pictures' names end in."""
    return DARK | (LIGHT if name in ("area-marked", "diff") else {}) | ANSI


def order(scene: Scene, wanted: dict[str, str]) -> Iterator[tuple[tuple[int, int], Theme]]:
    """Yield sizes and themes; the palette keeps the terminal's own colours (Textual 8.2.8)."""
    if scene is SCENES["palette"]:
        return ((size, theme) for theme in wanted.items() for size in scene.sizes)
    return ((size, theme) for size in scene.sizes for theme in wanted.items())


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Pictures:
    """Return what compares pictures."""
    return Pictures(update=bool(request.config.getoption("--update-snapshots")))


@pytest.fixture(autouse=True)
def always_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clocks, count the journal's ids and empty the home, so that every run is alike."""
    clock = SimpleNamespace(time=lambda: NOW, monotonic=time.monotonic)
    numbers = itertools.count(1)
    for module in ("history", "places.cluster", "places.training", "places.files"):
        monkeypatch.setattr(f"k8sharden.{module}.time", clock)
    monkeypatch.setattr("k8sharden.changes.landing.time", time)
    ids = SimpleNamespace(token_hex=lambda _size: f"{next(numbers):08x}")
    monkeypatch.setattr("k8sharden.changes.journal.secrets", ids)
    monkeypatch.setattr("keyring.core._keyring_backend", fail.Keyring())
    assert isinstance(keyring.get_keyring(), fail.Keyring)
    monkeypatch.setenv("K8SHARDEN_CONFIG", "config.toml")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("NO_COLOR", "KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", SCENES)
def test_pictures(tmp_path: Path, pictures: Pictures, name: str) -> None:
    """The screen looks as it did when a person last looked at it, also after a resize."""

    async def test() -> None:
        scene = SCENES[name]
        async with scene.played(tmp_path) as driver:
            for size, (theme, suffix) in order(scene, themes(name)):
                driver.app.theme = theme
                if driver.app.size != size:
                    await driver.pilot.resize_terminal(*size)
                await steady(driver, scene)
                pictures.check(driver.app, name, suffix)

    run(test())
    pictures.judge()


def test_no_picture_is_left_over() -> None:
    """Every golden picture belongs to a scene."""
    drawn = {
        f"{name}-{wide}x{high}{suffix}.svg"
        for name, scene in SCENES.items()
        for wide, high in scene.sizes
        for suffix in themes(name).values()
    }
    assert {path.name for path in GOLDEN.iterdir()} == drawn


async def steady(driver: Driver, scene: Scene) -> None:
    """Wait until all that was asked for is there and laid out; take away what soon vanishes."""
    driver.app.clear_notifications()
    for field in driver.app.screen.query(Input):
        field.cursor_blink = False
    if not scene.lasting:
        await driver.until(lambda: "Fix       …" not in driver.text)
        await driver.settle()
    before, now = "", driver.app.export_screenshot(simplify=True)
    # The whole picture, since what lies below a dialog is laid out later than the dialog.
    while now != before:
        await driver.pilot.pause(0.1)
        before, now = now, driver.app.export_screenshot(simplify=True)
