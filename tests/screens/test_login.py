"""A server by its address and a token: entered once, kept by the keyring, never shown."""

import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from k8sharden.config import load
from k8sharden.errors import Forbidden, Unauthorized
from tests.cluster.test_tokens import InMemory
from tests.screens.driver import Driver, opened, run
from tests.screens.test_contexts import empty_home, first_screen  # noqa: F401 - a fixture

SERVER = "https://127.0.0.1:1"
TOKEN = "abc.DEF-123_456"  # noqa: S105 - made up


@pytest.fixture(autouse=True)
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    """A keyring and settings of its own; the machine's are put back."""
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))
    before, mine = keyring.get_keyring(), InMemory()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


async def enter(driver: Driver, server: str, token: str) -> None:
    """Fill in the dialog of the last row."""
    await driver.press("G", "enter")
    assert driver.crumb == "LoginScreen"
    await driver.press(*server, "enter", *token)


def test_a_token_is_stored_and_the_server_opened(tmp_path: Path, ring: InMemory) -> None:
    """The token is never drawn; the server is offered from now on, without asking for it."""

    async def test() -> None:
        async with first_screen(tmp_path / "state") as driver:
            await enter(driver, SERVER, TOKEN)
            assert TOKEN not in driver.text
            await driver.press("enter")
            await driver.until(lambda: driver.crumb == "ErrorScreen")
            assert "The cluster cannot be used" in driver.text
            assert ring.kept == {("k8sharden", SERVER): TOKEN}
        assert load().servers == (SERVER,)

    run(test())
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(TOKEN.encode() not in path.read_bytes() for path in kept)


def test_without_a_keyring_the_dialog_says_so(tmp_path: Path) -> None:
    """The sentence stands where the words were, and Esc leaves without anything kept."""
    keyring.set_keyring(fail.Keyring())

    async def test() -> None:
        async with first_screen(tmp_path / "state") as driver:
            await enter(driver, SERVER, TOKEN)
            await driver.press("enter")
            assert "keyring cannot be used" in driver.text
            await driver.press("escape")
            assert driver.crumb == "choose a cluster"
            assert load().servers == ()

    run(test())


def test_a_locked_keyring_does_not_freeze_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a keyring waits to be unlocked, Esc leaves."""
    released = threading.Event()
    monkeypatch.setattr(InMemory, "get_password", lambda *_: released.wait(20) and None)

    async def test() -> None:
        async with first_screen(tmp_path / "state") as driver:
            await enter(driver, SERVER, TOKEN)
            await driver.pilot.press("enter")
            await driver.pilot.pause()
            assert "Storing it in the keyring" in driver.text
            await driver.pilot.press("escape")
            await driver.pilot.pause()
            assert driver.crumb == "choose a cluster"
            released.set()

    run(test())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unauthorized("The token has expired.", status=401), "Log in again"),
        (Forbidden("ada may not list pods.", status=403), "k8sharden permissions"),
    ],
)
def test_a_cluster_that_lets_nobody_in_offers_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """The sentence says what to do, and t opens the training cluster instead."""

    def refused(*_: object) -> None:
        raise error

    async def test() -> None:
        async with opened(tmp_path / "state") as driver:
            before = driver.app.desk.session
            monkeypatch.setattr(before, "scan", refused)
            await driver.press("r")
            await driver.until(lambda: driver.crumb == "ErrorScreen")
            assert words in driver.text
            await driver.press("t")
            await driver.until(lambda: driver.app.desk.scan is not None)
            assert driver.app.desk.session is not before
            assert driver.crumb == "overview"

    run(test())
