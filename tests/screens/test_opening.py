"""The first frame, and the place that is opened behind it."""

import threading
from pathlib import Path

import pytest

from k8sharden.errors import InputError
from k8sharden.place import Place
from k8sharden.places.training import TrainingPlace
from screens.app import HardeningApp
from tests.screens.driver import SMALL, Driver, opened, run


def test_the_overview_is_drawn_while_its_cluster_is_still_opened(tmp_path: Path) -> None:
    """The seven areas are there before the cluster is, and other keys say that it is opened."""
    ready = threading.Event()

    def way() -> Place:
        ready.wait(10)
        return TrainingPlace(tmp_path)

    async def test() -> None:
        app = HardeningApp(tmp_path, way=way)
        async with app.run_test(size=SMALL, notifications=True) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: "Audit logging" in driver.text)
            assert "opening…" in driver.text
            await pilot.press("J")
            await driver.until(lambda: any("still being opened" in said for said in driver.said))
            ready.set()
            await driver.until(lambda: app.desk.scan is not None)
            assert "DEMO" in driver.text

    run(test())


def test_another_cluster_can_be_chosen_while_the_first_is_opened(tmp_path: Path) -> None:
    """With c one is rid of a cluster that takes its time: it is not used when it comes."""
    ready = threading.Event()

    def way() -> Place:
        ready.wait(10)
        return TrainingPlace(tmp_path)

    async def test() -> None:
        app = HardeningApp(tmp_path, way=way)
        async with app.run_test(size=SMALL) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: "opening…" in driver.text)
            await pilot.press("c")
            await driver.until(lambda: driver.crumb == "choose a cluster")
            ready.set()
            await driver.settle()
            assert driver.crumb == "choose a cluster"
            assert app.desk.session is None

    run(test())


def test_a_cluster_that_comes_late_takes_nobody_elsewhere(tmp_path: Path) -> None:
    """Whoever went back meanwhile stays where they are, with the cluster that was open."""
    ready = threading.Event()

    def slow(*_words: object, **_more: object) -> Place:
        ready.wait(10)
        return TrainingPlace(tmp_path)

    async def test() -> None:
        async with opened(tmp_path) as driver:
            session = driver.app.desk.session
            driver.app.rooms.training = slow  # type: ignore[method-assign,assignment]
            await driver.press("c")
            await driver.pilot.press("g", "enter")
            await driver.until(lambda: "Connecting…" in driver.text)
            await driver.pilot.press("escape", "2")
            await driver.until(lambda: driver.crumb == "network")
            ready.set()
            await driver.settle()
            assert driver.crumb == "network"
            assert driver.app.desk.session is session

    run(test())


def test_no_cluster_is_opened_while_a_plan_is_applied(tmp_path: Path) -> None:
    """The progress stays, and says what became of each change."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            session = driver.app.desk.session
            driver.app.desk.applying = True
            driver.app.use(TrainingPlace(tmp_path))
            await driver.settle()
            assert driver.app.desk.session is session
            assert any("A plan is being applied" in said for said in driver.said)

    run(test())


def test_the_app_ends_where_the_named_cluster_cannot_be_opened(tmp_path: Path) -> None:
    """Who named a cluster on the command line is told there that it is none."""

    def way() -> Place:
        raise InputError("There is no such context.")

    async def test() -> None:
        app = HardeningApp(tmp_path, way=way)
        async with app.run_test(size=SMALL) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: app.problem is not None)
        with pytest.raises(InputError, match="no such context"):
            app.raise_problem()

    run(test())
