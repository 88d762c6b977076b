"""The first screen: what there is to choose from, and what to do where there is nothing."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from k8sharden.cluster.connect import ContextInfo
from screens.app import HardeningApp
from screens.rooms import Rooms
from tests.cluster.test_plugin import gone, hanging, started, until
from tests.screens.driver import SMALL, Driver, run

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: staging
clusters:
- {name: one, cluster: {server: "https://127.0.0.1:1"}}
users:
- {name: ada, user: {token: t}}
contexts:
- {name: prod, context: {cluster: one, user: ada}}
- {name: staging, context: {cluster: one, user: ada}}
"""


@contextlib.asynccontextmanager
async def first_screen(state: Path, kubeconfig: Path | None = None) -> AsyncIterator[Driver]:
    """Open the app without a place."""
    app = HardeningApp(state, kubeconfig=kubeconfig)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        yield driver


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start in a home without a kubeconfig."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


def test_without_a_kubeconfig_training_is_offered(tmp_path: Path) -> None:
    """A sentence says what is missing, and Enter opens the training cluster."""

    async def test() -> None:
        async with first_screen(tmp_path) as driver:
            assert "No kubeconfig was found" in driver.text
            await driver.press("enter")
            await driver.until(lambda: driver.app.desk.scan is not None)
            assert driver.crumb == "overview"

    run(test())


def test_what_is_still_looked_for_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the kubeconfig is read, the training cluster alone does not seem to be all there is."""
    go_on = threading.Event()

    def offered(_: Rooms, __: Path | None) -> tuple[tuple[ContextInfo, ...], bool]:
        go_on.wait(10)
        return (), False

    monkeypatch.setattr(Rooms, "offered", offered)

    async def test() -> None:
        app = HardeningApp(tmp_path)
        async with app.run_test(size=SMALL, notifications=True) as pilot:
            driver = Driver(app, pilot)
            try:
                await driver.until(lambda: "Looking for clusters" in driver.text)
            finally:
                go_on.set()
            await driver.until(lambda: "No kubeconfig was found" in driver.text)
            assert "Looking for clusters" not in driver.text

    run(test())


def test_contexts_are_listed_with_the_current_one_chosen(tmp_path: Path) -> None:
    """The cursor stands on the kubeconfig's current context."""
    config = tmp_path / "config"
    config.write_text(KUBECONFIG)

    async def test() -> None:
        async with first_screen(tmp_path, config) as driver:
            assert "prod" in driver.text
            assert "training cluster" in driver.text
            assert driver.app.screen.query_one("Table").cursor_row == 2  # type: ignore[attr-defined]

    run(test())


def test_a_server_that_is_down_is_one_sentence(tmp_path: Path) -> None:
    """The scan's failure is shown as a screen with a way on, and the app lives."""
    config = tmp_path / "config"
    config.write_text(KUBECONFIG)

    async def test() -> None:
        async with first_screen(tmp_path, config) as driver:
            await driver.press("enter")
            await driver.until(lambda: driver.crumb == "ErrorScreen")
            assert "The cluster cannot be used" in driver.text
            await driver.press("enter", "c")
            assert driver.crumb == "choose a cluster"

    run(test())


def test_a_broken_kubeconfig_leaves_training(tmp_path: Path) -> None:
    """The sentence says what is wrong with the file, and the training cluster still opens."""
    config = tmp_path / "config"
    config.write_text("contexts: [")

    async def test() -> None:
        async with first_screen(tmp_path, config) as driver:
            assert str(config)[:20] in driver.text
            await driver.press("enter")
            await driver.until(lambda: driver.app.desk.scan is not None)

    run(test())


def test_keys_before_a_choice_say_what_to_do(tmp_path: Path) -> None:
    """Areas, journal, review and scan ask for a cluster first."""

    async def test() -> None:
        async with first_screen(tmp_path) as driver:
            await driver.press("1", "J", "r", "a", "e", "escape")
            assert driver.crumb == "choose a cluster"
            assert any("Choose a cluster first" in said for said in driver.said)

    run(test())


def test_escape_ends_a_plugin_that_hangs(tmp_path: Path) -> None:
    """Esc while a credential plugin hangs stops the connection, and leaves no process."""
    config = hanging(tmp_path)

    async def test() -> None:
        async with first_screen(tmp_path, config) as driver:
            await driver.pilot.press("enter")
            await asyncio.to_thread(started, tmp_path)
            assert "Esc stops" in driver.text
            await driver.press("escape")
            assert any("Connecting was stopped" in said for said in driver.said)
            assert driver.crumb == "choose a cluster"
            await driver.until(lambda: gone(tmp_path))

    run(test())


def test_leaving_the_app_ends_a_plugin_that_hangs(tmp_path: Path) -> None:
    """Whoever quits while a credential plugin hangs leaves no process of it."""
    config = hanging(tmp_path)

    async def test() -> None:
        async with first_screen(tmp_path, config) as driver:
            await driver.pilot.press("enter")
            await asyncio.to_thread(started, tmp_path)
            await driver.pilot.press("q")
        await asyncio.to_thread(until, lambda: gone(tmp_path))

    run(test())
