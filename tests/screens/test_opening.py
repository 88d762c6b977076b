"""The first frame, and the place that is opened behind it."""

import threading
from pathlib import Path

import pytest

from k8sharden.errors import InputError
from k8sharden.place import Place
from k8sharden.places.training import TrainingPlace
from screens.app import HardeningApp
from tests.screens.driver import SMALL, Driver, run


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
