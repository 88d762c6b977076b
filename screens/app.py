"""The app: its keys, its life, and what keeps it safe. It decides nothing about clusters."""

import gc
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import rich
import textual
from rich.segment import Segments
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.dom import DOMNode
from textual.events import Event
from textual.filter import LineFilter
from textual.screen import Screen

from k8sharden.config import Config
from k8sharden.evidence.files import NO_EVIDENCE, EvidenceFiles
from k8sharden.model.finding import Area
from screens import pasting
from screens.actions import Action, actions_of
from screens.contexts import ContextsScreen, Way
from screens.desk import Desk
from screens.doors import Doors
from screens.gone import on_what_is_gone
from screens.keys import key, quiet
from screens.leaving import Leaving
from screens.overview import OverviewScreen
from screens.safety import NoControls
from screens.taste import check, put_in_force
from screens.turns import Turns

_KEEP = 3.0
"""Seconds between two looks at whether marks, filter or cursor are to be written down."""


class HardeningApp(Doors):
    """k8sharden's face.

    ``way`` opens a place, in a thread, and skips the choice of a cluster; where it fails the app
    ends, and ``problem`` says why. ``clock`` is for the ages that are shown.
    """

    TITLE = "k8sharden"
    # Textual does not load the style sheet of the screen that is seen first (8.2.8).
    CSS_PATH = [  # noqa: RUF012 - Textual declares it without ClassVar
        "app.tcss",
        "contexts.tcss",
        "overview.tcss",
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as above
        (0, "-narrow"),
        (100, "-wide"),
        (140, "-very-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            quiet(f"app.area{n}", str(n), f"area('{area.value}')", area.heading, "Open this area")
            for n, area in enumerate(Area, start=1)
        ),
        key("app.review", "a", "review", "Review", "Review the plan for what is marked"),
        key("app.journal", "J", "journal", "Journal", "What was done, and undo"),
        quiet("app.export", "e", "export", "Export", "Write the plan as files"),
        quiet("app.rescan", "r", "rescan", "Scan", "Read the cluster again"),
        quiet("app.contexts", "c", "contexts", "Cluster", "Choose another cluster"),
        quiet("app.settings", "S", "settings", "Settings", "Colours, mouse, keys, read-only"),
        quiet("app.missions", "M", "missions", "Missions", "Guided steps on the training cluster"),
        key("app.help", "question_mark", "help", "Help", "Keys and words", shown="?"),
        quiet("app.palette", "colon,ctrl+p", "command_palette", "Palette", "All commands by name"),
        key("app.quit", "q", "quit", "Quit", "Leave; nothing is lost"),
    ]

    def __init__(
        self,
        state: Path,
        *,
        way: Way | None = None,
        read_only: bool = False,
        kubeconfig: Path | None = None,
        settings: Config | None = None,
        clock: Callable[[], float] = time.time,
        evidence: EvidenceFiles = NO_EVIDENCE,
    ) -> None:
        # Textual chooses its filter of colours here, before any theme is set. On its own it would
        # take the one that turns the terminal's own colours into black on black.
        ansi = True if os.environ.get("NO_COLOR") else None
        desk = Desk(state, read_only=read_only, clock=clock, evidence=evidence)
        desk.settings = settings or Config()
        super().__init__(
            desk, ContextsScreen(desk, kubeconfig), OverviewScreen(desk, way), ansi=ansi
        )
        self.problem: BaseException | None = None
        self._drawn = False
        self._once_drawn: list[Callable[[], object]] = []
        self._controls = NoControls()
        self._clashes: set[str] = set()
        self.turns = Turns(self)
        self._leaving = Leaving(self.desk, lambda: self.call_from_thread(self.exit))

    def get_default_screen(self) -> Screen[None]:
        """Begin with the choice of a cluster, or with the overview of the one that was named."""
        return self._overview if self.desk.opening else self._contexts

    def on_mount(self) -> None:
        """Open the place that was named, if one was, as soon as the first frame is drawn."""
        self._leaving.begin()
        if problem := put_in_force(self, self.desk.settings):
            self.say(problem)
        self.set_interval(_KEEP, self.desk.keep_spot)
        self.install_screen(self._overview, "overview")
        self.install_screen(self._contexts, "contexts")

    def once_drawn(self, call: Callable[[], object]) -> None:
        """Call this when the first frame is out; at once, where it is.

        What loads modules in a thread would keep the first frame waiting.
        """
        if self._drawn:
            call()
        else:
            self._once_drawn.append(call)

    def post_display_hook(self) -> None:
        """Begin with what waited for the first frame."""
        self._drawn = True
        if not gc.isenabled():
            # The command line spared us the collector's walks over all that was loaded.
            gc.freeze()
            gc.enable()
        while self._once_drawn:
            self.call_later(self._once_drawn.pop())

    def give_up(self, error: BaseException) -> None:
        """End, since the place that was named cannot be opened."""
        self.problem = error
        self.exit()

    def raise_problem(self) -> None:
        """Raise what kept the place that was named from being opened, if anything did."""
        if self.problem is not None:
            raise self.problem

    async def on_event(self, event: Event) -> None:
        """Let keys take turns; everything else goes its way, unless where it goes is gone."""
        if self.turns.must_wait(event):
            return
        try:
            if not on_what_is_gone(self, event):
                await super().on_event(event)
        finally:
            self.turns.handed_on(event)

    def on_unmount(self) -> None:
        """Close the journal."""
        self._leaving.end()
        self.desk.close()

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Say which action lost its key to the settings, once."""
        lost = ", ".join(sorted({binding.description for binding in clashed_bindings}))
        if lost not in self._clashes:
            self._clashes.add(lost)
            self.say(f"Your keys take the key of {lost}: S shows all keys and changes them.")
        del node

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action of this screen by its name, with its keys."""
        for action in actions_of(screen, self.desk.settings.keys):
            if action.name != "command_palette":
                # It is read as markup, and a key may be a bracket.
                more = f"{action.more} ({action.keys})".replace("[", r"\[")
                yield SystemCommand(action.label, more, self._runner(action))
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    def _runner(self, action: Action) -> Callable[[], None]:
        def run() -> None:
            self.call_later(self.run_action, action.name, action.node)

        return run

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Filter every line that is drawn, whatever widget it comes from."""
        return [*super().get_line_filters(), self._controls]

    def _fatal_error(self) -> None:
        """Leave with a traceback that shows no variables: they could hold a token.

        Textual prints them (8.2.8), and has no public way to choose; a test holds this override.
        """
        from rich.traceback import Traceback  # noqa: PLC0415 - with a lexer, for a crash alone

        self.bell()
        trace = Traceback(show_locals=False, width=None, suppress=[rich, textual])
        drawn = list(self.console.render(trace, self.console.options))
        self._exit_renderables.append(Segments(self._controls.apply(drawn, Color(0, 0, 0))))
        self._close_messages_no_wait()


def run_app(
    state: Path,
    *,
    way: Way | None = None,
    read_only: bool = False,
    kubeconfig: Path | None = None,
    settings: Config | None = None,
    evidence: EvidenceFiles = NO_EVIDENCE,
) -> None:
    """Run the app until it is left. Call it on a terminal only.

    Raises `InputError` for settings that name a theme or a binding that there is not, and what
    ``way`` raises.
    """
    chosen = settings or Config()
    check(chosen)
    app = HardeningApp(
        state,
        way=way,
        read_only=read_only,
        kubeconfig=kubeconfig,
        settings=chosen,
        evidence=evidence,
    )
    pasting.guard()
    app.run(mouse=chosen.mouse)
    app.raise_problem()
