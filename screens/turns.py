"""One key at a time: the next is handed on once the one before has had all its effect.

Textual (8.2.8) sends a key to the widget that has the focus when it is read, and moves the focus
later. Of keys that arrive together, those after `/` would so be actions of the list, not words of
the filter, and what is pasted could mark, drop or attack.
"""

import asyncio
from collections import deque

from textual.app import App, ScreenStackError
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.events import Event, Key, MouseDown, MouseUp, Paste
from textual.screen import Screen
from textual.widget import Widget

_PATIENCE = 5.0
"""Seconds that a key waits for the one before; after that, what waits goes nowhere."""

_QUIET = 2
"""Rounds without a new screen or focus after which nothing more is to come."""

_LOOK = 0.005
"""Seconds between two looks at a search, or at a list."""

Place = tuple[Screen[object], Widget | None]
"""Where a key would go: the screen on top, and what has the focus there."""


class Turns:
    """Lets keys, pastes and clicks wait for each other, in the order in which they came."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._waiting: deque[Event] = deque()
        self._current: Event | None = None
        self._followed: Event | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether every key that came has had its effect."""
        return self._current is None

    def must_wait(self, event: Event) -> bool:
        """Tell whether it is not this event's turn; it is handed to the app again when it is."""
        if not isinstance(event, Key | Paste | MouseDown | MouseUp) or event.is_forwarded:
            return False
        if self._current is None and self._arranging:
            # Nobody's key made the list busy: a scan did. This one waits for it like any other.
            self._current = Event()
            self._task = asyncio.create_task(self._finish(), name="turn")
        elif self._current is None:
            self._current = event
        if event is self._current:
            return False
        self._waiting.append(event)
        return True

    def handed_on(self, event: Event) -> None:
        """Begin to wait for the effect of the event whose turn it is; it comes by again."""
        if event is self._current and event is not self._followed:
            self._followed = event
            self._task = asyncio.create_task(self._finish(), name="turn")

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._settled()
        except (TimeoutError, ScreenStackError):
            self._waiting.clear()
        finally:
            # Whatever happens here, the keyboard must not die of it.
            self._current = self._waiting.popleft() if self._waiting else None
            if self._current is not None:
                self._app.post_message(self._current)

    async def _settled(self) -> None:
        quiet = 0
        while quiet < _QUIET:
            before = self._place()
            await self._heard(before)
            await self._searched(before[0])
            await self._arranged()
            quiet = quiet + 1 if self._place() == before else 0

    def _place(self) -> Place:
        return self._app.screen, self._app.focused

    async def _heard(self, place: Place) -> None:
        """Wait until all on the way of a key have read what was sent to them until now."""
        screen, focused = place
        for node in (focused or screen).ancestors_with_self:
            await _read(node)

    async def _searched(self, screen: Screen[object]) -> None:
        """Wait for the palette, whose Enter would otherwise take a command of the search before."""
        while isinstance(screen, CommandPalette) and any(  # noqa: ASYNC110 - Textual has no event for it
            worker.node is screen and not worker.is_finished for worker in self._app.workers
        ):
            await asyncio.sleep(_LOOK)

    @property
    def _arranging(self) -> bool:
        """Whether the list that has the focus is being arranged: nothing is under its cursor."""
        # By name, since the list is loaded only after the first frame.
        return bool(getattr(self._app.focused, "busy", False))

    async def _arranged(self) -> None:
        """Wait for the list, so that a key acts on the finding that comes to stand there."""
        while self._arranging:  # noqa: ASYNC110 - the list's end of work is no event to wait for
            await asyncio.sleep(_LOOK)


async def _read(node: DOMNode) -> None:
    read = asyncio.Event()
    if node.call_later(read.set):
        await read.wait()
