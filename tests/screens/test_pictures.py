"""The main screens, small and comfortable, as pictures that a person looked at."""

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from k8sharden.errors import Unauthorized
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Scan, Session
from screens.app import HardeningApp
from tests.screens.driver import COMFORTABLE, SMALL, Driver, opened, run
from tests.screens.pictures import Pictures
from tests.screens.test_contexts import KUBECONFIG

NOW = 1_900_000_000.0
SIZES = [SMALL, COMFORTABLE]
APPLY = ("a", "a", "tab", "enter")

WAYS: dict[str, tuple[str, ...]] = {
    "overview": (),
    "area-rbac": ("1",),
    "area-pod-security-marked": ("3", "space", "space", "j", "space"),
    "area-filtered": ("6", "slash", *"shop", "enter"),
    "area-grouped": ("6", "b", "b", "j", "j", "j", "space"),
    "area-network": ("2", "j"),
    "lesson": ("2", "L"),
    "evidence": ("4", "E"),
    "diff": ("6", "d"),
    "diff-group": ("1", "d"),
    "review": ("3", "space", "space", "6", "space", "space", "7", "space", "a"),
    "confirm": ("2", "space", "a", "a"),
    "confirm-undo": ("1", "space", *APPLY, "u", "a"),
    "result": ("2", "space", "4", "space", "7", "space", *APPLY),
    "journal": ("2", "space", "4", "space", *APPLY, "J"),
    "export": ("7", "space", "e"),
    "help": ("5", "question_mark"),
}


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Pictures:
    """Return what compares pictures."""
    return Pictures(update=bool(request.config.getoption("--update-snapshots")))


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return the training cluster as every picture shows it: scanned once, to save time."""
    folder = tmp_path_factory.mktemp("scanned")
    with pytest.MonkeyPatch.context() as patch:
        for place in ("cluster", "training"):
            patch.setattr(f"k8sharden.places.{place}.time", SimpleNamespace(time=lambda: NOW))
        return Session(TrainingPlace(folder), folder).scan()


@pytest.fixture(autouse=True)
def always_the_same(monkeypatch: pytest.MonkeyPatch, scanned: Scan) -> None:
    """Stop the clocks and count the journal's ids, so that every run draws the same."""
    monkeypatch.setattr(Session, "scan", lambda *_: scanned)
    clock, numbers = SimpleNamespace(time=lambda: NOW), itertools.count(1)
    for module in ("session", "places.cluster"):
        monkeypatch.setattr(f"k8sharden.{module}.time", clock)
    seconds = itertools.count(NOW)
    company = SimpleNamespace(time=lambda: next(seconds))
    monkeypatch.setattr("k8sharden.places.training.time", company)
    ids = SimpleNamespace(token_hex=lambda _size: f"{next(numbers):08x}")
    monkeypatch.setattr("k8sharden.changes.journal.secrets", ids)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)


def clock() -> float:
    """Return a time a little after every scan and change."""
    return NOW + 125


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", WAYS)
def test_pictures(tmp_path: Path, pictures: Pictures, name: str, size: tuple[int, int]) -> None:
    """The screen looks as it did when a person last looked at it."""

    async def test() -> None:
        async with opened(tmp_path, size=size, clock=clock) as driver:
            await driver.press(*WAYS[name])
            await steady(driver)
            pictures.check(driver.app, name)

    run(test())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pictures_of_the_first_screen(
    tmp_path: Path, pictures: Pictures, size: tuple[int, int]
) -> None:
    """The choice of a cluster shows contexts and the training cluster."""
    config = tmp_path / "config"
    config.write_text(KUBECONFIG)

    async def test() -> None:
        app = HardeningApp(tmp_path, kubeconfig=config, clock=clock)
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: "prod" in driver.text)
            await steady(driver)
            pictures.check(app, "contexts")

    run(test())


def test_pictures_of_a_diff_side_by_side(tmp_path: Path, pictures: Pictures) -> None:
    """With t what goes stands beside what comes, where there is room for both."""

    async def test() -> None:
        async with opened(tmp_path, size=COMFORTABLE, clock=clock) as driver:
            await driver.press("6", "d", "t")
            await steady(driver)
            pictures.check(driver.app, "diff-split")

    run(test())


def test_pictures_of_an_error(
    tmp_path: Path, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error says what happened and what to do."""

    def expired(*_: object) -> None:
        raise Unauthorized("The token of context prod has expired: log in again.", status=401)

    async def test() -> None:
        async with opened(tmp_path, size=SMALL, clock=clock) as driver:
            monkeypatch.setattr(driver.app.desk.session, "scan", expired)
            await driver.press("r")
            await driver.until(lambda: driver.crumb == "ErrorScreen")
            await steady(driver)
            pictures.check(driver.app, "error")

    run(test())


@pytest.mark.parametrize("theme", ["ansi-dark", "textual-light"])
def test_pictures_in_other_themes(tmp_path: Path, pictures: Pictures, theme: str) -> None:
    """A diff and marked findings stay readable in the terminal's own colours and in light ones."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL, clock=clock) as driver:
            driver.app.theme = theme
            await driver.press("6", "space")
            await steady(driver)
            pictures.check(driver.app, f"area-{theme}")
            await driver.press("d")
            await steady(driver)
            pictures.check(driver.app, f"diff-{theme}")

    run(test())


async def steady(driver: Driver) -> None:
    """Wait until the fix of the finding under the cursor is worked out, and all is laid out."""
    await driver.until(lambda: "Fix       …" not in driver.text)
    await driver.settle()
    before = ""
    while driver.text != before:
        before = driver.text
        await driver.pilot.pause(0.1)
