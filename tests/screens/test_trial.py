"""What somebody found who used the app for the first time."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from k8sharden.errors import ClusterUnavailable
from k8sharden.model.inventory import Inventory, Source
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from screens.app import HardeningApp
from screens.confirm import ConfirmScreen
from screens.error import ErrorScreen
from screens.export import Choice
from screens.key_bar import KeyBar
from tests.screens.driver import CLOSE, COMFORTABLE, SMALL, Driver, opened, run
from tests.screens.test_flow import apply_marked
from tests.terminal import Terminal

COLOURS = re.compile(rb"\x1b\[([0-9;]*)m")
ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from k8sharden.cli import main; main()"]


class Unreachable(TrainingPlace):
    """A cluster that never answers."""

    def collect(self, *_: object) -> Inventory:
        """Fail as a connection does."""
        raise ClusterUnavailable("https://10.0.0.1:6443 does not answer.")

    def source(self) -> Source:
        """Fail as a connection does."""
        raise ClusterUnavailable("https://10.0.0.1:6443 does not answer.")


def test_no_color_sends_no_colour_but_the_terminals_own(tmp_path: Path) -> None:
    """With NO_COLOR every colour that reaches the terminal is its default: 39 and 49."""
    env = os.environ | {"K8SHARDEN_STATE": str(tmp_path), "HOME": str(tmp_path), "NO_COLOR": "1"}
    env["PYTHONPATH"] = str(ROOT)
    with Terminal([*PROGRAM, "demo"], folder=tmp_path, env=env) as terminal:
        terminal.wait_for("Audit logging", "Next", seconds=60)
        terminal.press("q")
        terminal.leave(seconds=30)
        styles = COLOURS.findall(terminal._drawn)
    codes = {code for style in styles for code in style.split(b";") if code}
    assert styles
    assert codes <= {b"0", b"1", b"2", b"3", b"4", b"7", b"39", b"49", b"22", b"23", b"24", b"27"}


def test_fast_keys_on_an_error_do_not_crash(tmp_path: Path) -> None:
    """Enter, r and 2 without a pause, on a cluster that does not answer: the app goes on."""

    async def test() -> None:
        app = HardeningApp(tmp_path, way=lambda: Unreachable(tmp_path))
        async with app.run_test(size=SMALL) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: isinstance(app.screen, ErrorScreen))
            for key in ("enter", "r", "2", "enter", "2", "r", "2"):
                app.simulate_key(key)
                await asyncio.sleep(0)
            await driver.settle()
            assert app.is_running

    run(test())


def test_the_journal_is_read_without_the_cluster(tmp_path: Path) -> None:
    """What was done is shown while the cluster is out of reach; undo says that it needs it."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press(*CLOSE, "space")
            await apply_marked(driver)
        app = HardeningApp(tmp_path, way=lambda: Unreachable(tmp_path))
        async with app.run_test(size=COMFORTABLE) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: isinstance(app.screen, ErrorScreen))
            await driver.press("enter", "J")
            assert driver.crumb == "journal"
            assert "1 change in the journal" in driver.text
            assert "not read" in driver.text
            await driver.press("u")
            assert isinstance(app.screen, ErrorScreen)
            assert "does not answer" in driver.text

    run(test())


@pytest.mark.parametrize(("key", "crumb"), [("r", "overview"), ("c", "choose a cluster")])
def test_the_keys_that_an_error_offers_work(tmp_path: Path, key: str, crumb: str) -> None:
    """Key r scans again and c chooses another cluster, straight from the error."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            before = driver.app.desk.scan
            driver.app.show_error(ClusterUnavailable("It does not answer."))
            await driver.pilot.pause()
            await driver.press(key)
            await driver.settle()
            assert driver.crumb == crumb
            assert (driver.app.desk.scan is before) == (key == "c")

    run(test())


def test_q_on_an_error_quits(tmp_path: Path) -> None:
    """The footer offers q to leave, and an error does not change its meaning."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            driver.app.show_error(ClusterUnavailable("It does not answer."))
            await driver.pilot.pause()
            await driver.pilot.press("q")
            await driver.pilot.pause()
            assert not driver.app.is_running

    run(test())


def test_an_undo_is_not_asked_for_as_an_apply(tmp_path: Path) -> None:
    """The confirmation of an undo says what it takes back, and that access comes back."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("1", "space")
            await apply_marked(driver)
            await driver.press("u", "a")
            assert isinstance(driver.app.screen, ConfirmScreen)
            assert "Take 1 change back on training?" in driver.text
            assert "gives access back" in driver.text
            assert "takes access away" not in driver.text
            assert "Apply" not in driver.text.split("Take 1 change")[1].split("Cancel")[0]

    run(test())


@pytest.mark.parametrize("size", [SMALL, (60, 20)], ids=["80x24", "60x20"])
@pytest.mark.parametrize(
    "keys",
    [(), ("1",), ("2", "d"), (*CLOSE, "space", "a", "tab"), ("J",), ("1", "L")],
    ids="-".join,
)
def test_help_and_quit_always_show(
    tmp_path: Path, keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    """No key of the footer is cut, and its last two are help and quit."""

    async def test() -> None:
        async with opened(tmp_path, size=size) as driver:
            await driver.press(*keys)
            await driver.pilot.pause()
            shown = list(driver.app.screen.query_one(KeyBar).children)
            assert [getattr(each, "description", "") for each in shown][-2:] == ["Help", "Quit"]
            assert all(each.region.right <= size[0] for each in shown)
            assert driver.text.rstrip().endswith("Quit")

    run(test())


def test_the_chosen_format_is_told_without_colour(tmp_path: Path) -> None:
    """Exactly one of the formats has a mark."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press(*CLOSE, "space", "e")
            assert driver.text.count("(●)") == 1
            assert driver.text.count("( )") == len(driver.app.screen.query(Choice)) - 1

    run(test())


def test_files_alone_do_not_offer_to_be_applied(tmp_path: Path) -> None:
    """A plan of files only says so, and its key for applying is dim."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("7", "space", "a")
            assert "nothing to apply" in driver.text
            assert not driver.app.screen.active_bindings["a"].enabled
            await driver.press("escape", "escape", *CLOSE, "space", "a")
            assert driver.app.screen.active_bindings["a"].enabled

    run(test())


def test_a_session_that_is_left_keeps_its_journal_open(tmp_path: Path) -> None:
    """A thread of the cluster before may still write in its journal; the end closes it."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            before = driver.app.desk.session
            assert isinstance(before, Session)
            journal = before.history.journal
            driver.app.use(TrainingPlace(tmp_path))
            await driver.settle()
            assert before.history.journal is journal
            assert journal.entries() == ()
            driver.app.desk.close()
            assert before.history._journal is None

    run(test())
