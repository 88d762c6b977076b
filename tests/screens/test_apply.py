"""Applying takes its time: Esc stops between two objects, and nothing else gets in the way."""

import threading
from pathlib import Path
from typing import Any

from k8sharden.changes.write import Writer, WrittenObject
from k8sharden.model.ref import Ref
from k8sharden.places.training import TrainingPlace
from tests.screens.driver import opened, run


class SlowWriter:
    """A cluster that makes an object only once it is let go."""

    def __init__(self, writer: Writer, go: threading.Event) -> None:
        self._writer = writer
        self._go = go
        self.get = writer.get
        self.patch = writer.patch
        self.delete = writer.delete
        self.ask = writer.ask

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> WrittenObject:
        """Make an object; a dry run does not wait."""
        if not dry_run:
            self._go.wait(10)
        return self._writer.create(manifest, ref, dry_run=dry_run)


class SlowPlace(TrainingPlace):
    """A training cluster behind such a writer."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.go = threading.Event()

    @property
    def writer(self) -> Writer:
        """The slow writer."""
        return SlowWriter(super().writer, self.go)


def test_esc_stops_after_the_current_object(tmp_path: Path) -> None:
    """The object that is being written is finished and verified; the next one is not started."""

    async def test() -> None:
        place = SlowPlace(tmp_path)
        async with opened(tmp_path, place=place) as driver:
            await driver.press("2", "space", "space", "a", "a", "tab")
            await driver.pilot.press("enter")
            await driver.until(lambda: "writing…" in driver.text)
            await driver.pilot.press("q", "1", "c", "question_mark")
            assert driver.crumb == "applying"
            await driver.pilot.press("escape")
            await driver.until(lambda: "stopping after this one" in driver.text)
            place.go.set()
            await driver.until(lambda: driver.crumb == "result")
            assert "1 of 2 changes done" in driver.text
            assert "1 skipped" in driver.text
            assert not driver.app.desk.applying

    run(test())


def test_a_palette_left_open_does_not_hide_the_result(tmp_path: Path) -> None:
    """The result is shown even where something was opened above the progress."""

    async def test() -> None:
        place = SlowPlace(tmp_path)
        async with opened(tmp_path, place=place) as driver:
            await driver.press("2", "space", "a", "a", "tab")
            await driver.pilot.press("enter")
            await driver.until(lambda: "writing…" in driver.text)
            await driver.pilot.press("colon")
            await driver.until(lambda: driver.crumb == "CommandPalette")
            place.go.set()
            await driver.until(lambda: driver.crumb == "result")

    run(test())
