"""Drives the app as a person does: presses keys, reads what is drawn."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from k8sharden.place import Place
from k8sharden.places.training import TrainingPlace
from screens.app import HardeningApp

COMFORTABLE = (120, 40)
SMALL = (80, 24)
CLOSE = ("2", "slash", *"deny-ingress", "enter")
"""Keys to the namespaces that take traffic from anybody, whose fix is a few new objects."""


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run an asynchronous test."""
    asyncio.run(test)


class Driver:
    """Somebody in front of the app."""

    def __init__(self, app: HardeningApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def crumb(self) -> str:
        """The name of the screen that is seen."""
        return str(getattr(self.app.screen, "crumb", type(self.app.screen).__name__))

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until all that they started has come to its end."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Wait until no thread works and no message waits; the cursor's timer is let run out."""
        await self.until(lambda: self.app.turns.idle)
        await self.until(lambda: not any(not worker.is_finished for worker in self.app.workers))
        await self.pilot.pause()

    async def until(self, true: Callable[[], bool], *, seconds: float = 30) -> None:
        """Wait until something holds; fail when it takes longer."""
        async with asyncio.timeout(seconds):
            await self.pilot.pause()
            while not true():  # noqa: ASYNC110 - Textual offers no event for it
                await asyncio.sleep(0.01)
        await self.pilot.pause()

    @property
    def text(self) -> str:
        """Everything that is drawn, line by line, after the filters."""
        size = self.app.size
        strips = self.app.screen._compositor.render_strips(size)
        return "\n".join(strip.text for strip in strips)

    @property
    def said(self) -> list[str]:
        """The sentences that were shown for a moment."""
        return [notification.message for notification in self.app._notifications]


@contextlib.asynccontextmanager
async def opened(
    state: Path,
    *,
    place: Place | None = None,
    size: tuple[int, int] = COMFORTABLE,
    read_only: bool = False,
    **options: Any,
) -> AsyncIterator[Driver]:
    """Open the app on a place, the training cluster where none is given, and wait for its scan."""
    place = place or TrainingPlace(state, read_only=read_only)
    app = HardeningApp(state, way=lambda: place, read_only=read_only, **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        await driver.until(lambda: app.desk.scan is not None)
        await driver.settle()
        yield driver
