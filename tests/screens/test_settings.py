"""Settings: changed in the app, kept in the file, in force at once and at the next start."""

from pathlib import Path

import pytest

from k8sharden.config import Config, ContextSettings, load
from k8sharden.errors import InputError
from k8sharden.places.cluster import ClusterPlace
from k8sharden.places.connecting import open_cluster
from screens.app import HardeningApp, run_app
from screens.base import Table
from screens.taste import check
from tests.screens.driver import SMALL, Driver, opened, run

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: prod
clusters: [{name: one, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: ada, user: {token: t}}]
contexts: [{name: prod, context: {cluster: one, user: ada}}]
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file of its own, which does not exist yet."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return path


def prod(tmp_path: Path, settings: Config) -> ClusterPlace:
    """Open the context prod, whose server is not there."""
    config = tmp_path / "kubeconfig"
    config.write_text(KUBECONFIG)
    return open_cluster(kubeconfig=config, settings=settings)


def test_colours_and_animations_are_changed_and_kept(tmp_path: Path, file: Path) -> None:
    """Enter takes the next theme at once; both are read again from the file."""

    async def test() -> None:
        async with opened(tmp_path / "state", size=SMALL) as driver:
            before = driver.app.theme
            await driver.press("S", "enter", "j", "j", "enter")
            assert driver.app.theme != before
            assert driver.app.animation_level == "none"
            assert str(file)[:20] in driver.text
            assert load() == Config(theme=driver.app.theme, animations=False)

    run(test())


def test_a_key_is_changed_and_works(tmp_path: Path) -> None:
    """The new key opens the journal, the old one does not, and the next start knows it, too."""

    async def test() -> None:
        async with opened(tmp_path / "state", size=SMALL) as driver:
            await driver.press("S")
            await choose(driver, "app.journal")
            await driver.press("enter", "f6", "escape", "u")
            assert driver.crumb == "overview"
            await driver.press("f6")
            assert driver.crumb == "journal"
        assert load().keys == {"app.journal": "f6"}
        async with opened(tmp_path / "state", size=SMALL, settings=load()) as driver:
            await driver.press("f6")
            assert driver.crumb == "journal"

    run(test())


def test_a_key_that_is_taken_is_not_given_twice(tmp_path: Path, file: Path) -> None:
    """The dialog names the action that has it and stays; Esc leaves everything as it was."""

    async def test() -> None:
        async with opened(tmp_path / "state", size=SMALL) as driver:
            await driver.press("S")
            await choose(driver, "app.journal")
            await driver.press("enter", "a")
            assert "is the key of Review" in driver.text
            await driver.press("escape")
            assert driver.crumb == "settings"

    run(test())
    assert not file.exists()


async def choose(driver: Driver, name: str) -> None:
    """Put the cursor on a row of the table."""
    table = driver.app.screen.query_one(Table)
    table.move_cursor(row=table.get_row_index(name))
    await driver.settle()


def test_a_context_is_locked_at_once_and_unlocked_only_anew(tmp_path: Path) -> None:
    """Read-only takes effect in the engine, and taking it back waits for the next opening."""
    place = prod(tmp_path, Config())

    async def test() -> None:
        app = HardeningApp(tmp_path / "state", way=lambda: place)
        async with app.run_test(size=SMALL, notifications=True) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: driver.crumb == "ErrorScreen")
            await driver.press("enter", "S")
            await choose(driver, "read_only")
            await driver.press("enter")
            assert place.read_only
            assert "READ-ONLY" in driver.text
            await driver.press("enter")
            assert load().context("prod") == ContextSettings()
            assert place.read_only
            await choose(driver, "production")
            await driver.press("enter")
            assert "PRODUCTION" in driver.text
            assert load().context("prod").production

    run(test())


def test_the_settings_of_a_context_reach_the_engine(tmp_path: Path) -> None:
    """A context that the file calls read-only is opened so, by its resolved name."""
    settings = Config(contexts={"prod": ContextSettings(read_only=True, production=True)})
    place = prod(tmp_path, settings)
    assert place.read_only
    assert place.production
    assert not prod(tmp_path, Config()).read_only


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Config(theme="nrod"), "Did you mean nord?"),
        (Config(keys={"app.jurnal": "f6"}), "Did you mean app.journal?"),
        (Config(keys={"app.journal": "f6,,"}), "is no key"),
        (Config(keys={"app.journal": "hyper+ctlr+x"}), "is no key"),
        (Config(keys={"app.journal\x1b[2J": "x"}), "<U+001B>"),
    ],
)
def test_settings_that_mean_nothing_are_one_sentence(
    tmp_path: Path, settings: Config, words: str
) -> None:
    """Before the app starts, the sentence names the file, the setting, and what was meant."""
    with pytest.raises(InputError) as raised:
        run_app(tmp_path, settings=settings)
    assert words in str(raised.value)
    assert "config.toml" in str(raised.value)
    assert str(raised.value).isprintable()


def test_good_settings_pass() -> None:
    """Letters, signs, names and modifiers are keys."""
    keys = {"app.journal": "f6, ctrl+j", "app.help": "?,h", "app.quit": "question_mark"}
    check(Config(theme="nord", keys=keys))


def test_keys_that_clash_are_said_once(tmp_path: Path) -> None:
    """A key that the file gives to two actions is named, and the app works."""
    settings = Config(keys={"app.journal": "a"})

    async def test() -> None:
        async with opened(tmp_path / "state", size=SMALL, settings=settings) as driver:
            await driver.press("j", "k", "j")
            assert sum("take the key of Review" in said for said in driver.said) <= 1
            await driver.press("1")
            assert driver.crumb == "rbac"

    run(test())
