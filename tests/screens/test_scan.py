"""Scanning: never blocking, told by resource type, and stopped by Esc."""

import threading
from collections.abc import Callable
from pathlib import Path

from k8sharden.cluster.progress import Progress
from k8sharden.errors import Cancelled
from k8sharden.model.inventory import Inventory
from k8sharden.places.training import TrainingPlace
from screens.app import HardeningApp
from screens.throttle import INTERVAL, Throttle
from tests.screens.driver import COMFORTABLE, Driver, opened, run


class SlowPlace(TrainingPlace):
    """A cluster whose second and later scans wait until they are let go, or cancelled."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.go = threading.Event()
        self.cancelled = threading.Event()

    def collect(
        self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Inventory:
        """Read one type, then wait."""
        progress(Progress("pods", 500, 10_000, finished=False))
        while not self.go.wait(0.01):
            if cancelled():
                self.cancelled.set()
                raise Cancelled("Stopped. Nothing was changed.")
        return super().collect(progress, cancelled)


def test_esc_stops_a_scan(tmp_path: Path) -> None:
    """The progress is shown while it runs; Esc frees the screen at once and stops the thread."""

    async def test() -> None:
        place = SlowPlace(tmp_path)
        app = HardeningApp(tmp_path, way=lambda: place)
        async with app.run_test(size=COMFORTABLE, notifications=True) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: "500 of 10,000" in driver.text)
            await pilot.press("escape")
            await driver.until(place.cancelled.is_set)
            assert not app.desk.scanning
            assert "press r to scan" in driver.text
            place.go.set()
            await driver.press("r")
            await driver.until(lambda: app.desk.scan is not None)

    run(test())


def test_keys_work_while_a_scan_runs(tmp_path: Path) -> None:
    """An area opens during the scan, and says why it is empty."""

    async def test() -> None:
        place = SlowPlace(tmp_path)
        app = HardeningApp(tmp_path, way=lambda: place)
        async with app.run_test(size=COMFORTABLE) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: app.desk.scanning)
            await pilot.press("3")
            await driver.until(lambda: "The scan is running" in driver.text)
            place.go.set()
            await driver.until(lambda: "Deployment" in driver.text)

    run(test())


def test_marks_survive_a_rescan(tmp_path: Path) -> None:
    """Findings keep their ids, and so their marks and the cursor."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("3", "j", "space")
            marked = set(driver.app.desk.marks)
            await driver.press("r")
            await driver.until(lambda: not driver.app.desk.scanning)
            assert driver.app.desk.marks == marked
            assert len(marked) == 1

    run(test())


def test_progress_is_told_at_most_ten_times_a_second() -> None:
    """Of many reports the first, the newest per interval and the last arrive."""
    now = [0.0]
    told: list[dict[str, int]] = []
    throttle = Throttle[int](told.append, now=lambda: now[0])
    for step in range(100):
        throttle("pods", step)
        now[0] += INTERVAL / 10
    throttle.flush()
    assert len(told) <= 12
    assert told[0] == {"pods": 0}
    assert told[-1] == {"pods": 99}
