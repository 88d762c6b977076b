"""The app: its keys, its screens, and what keeps it safe. It decides nothing about clusters."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import rich
import textual
from rich.segment import Segments
from rich.traceback import Traceback
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.screen import Screen

from k8sharden.changes.plan import Plan
from k8sharden.config import Config
from k8sharden.model.finding import Area, Finding
from k8sharden.place import Place
from k8sharden.places import TrainingPlace
from k8sharden.session import Session
from screens.area import AreaScreen
from screens.areas import AREAS
from screens.base import HardeningScreen
from screens.contexts import ContextsScreen
from screens.desk import Desk, Make
from screens.error import ErrorScreen
from screens.export import ExportScreen
from screens.help import HelpScreen, keys_of
from screens.journal import JournalScreen
from screens.keys import key, quiet
from screens.leaving import Leaving
from screens.missions import MissionsScreen
from screens.overview import OverviewScreen
from screens.review import ReviewScreen
from screens.safety import NoControls
from screens.settings import SettingsScreen
from screens.taste import check, put_in_force
from screens.words import finding_words

_KEEP = 3.0
"""Seconds between two looks at whether marks, filter or cursor are to be written down."""

_FIRST = "Choose a cluster first: Enter on one of these."
_MARK = "Nothing is chosen: open an area (1 to 7) and mark findings with space."


class HardeningApp(App[None]):
    """k8sharden's face.

    ``place`` skips the choice of a cluster; ``clock`` is for the ages that are shown.
    """

    TITLE = "k8sharden"
    CSS_PATH = "app.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
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
        place: Place | None = None,
        read_only: bool = False,
        kubeconfig: Path | None = None,
        settings: Config | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # Textual chooses its filter of colours here, before any theme is set. On its own it would
        # take the one that turns the terminal's own colours into black on black.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self.desk = Desk(state, read_only=read_only, clock=clock)
        self.desk.settings = settings or Config()
        self._place = place
        self._contexts = ContextsScreen(self.desk, kubeconfig)
        self._overview = OverviewScreen(self.desk)
        self._controls = NoControls()
        self._clashes: set[str] = set()
        self._leaving = Leaving(self.desk, lambda: self.call_from_thread(self.exit))

    def get_default_screen(self) -> Screen[None]:
        """Begin with the choice of a cluster."""
        return self._contexts

    def on_mount(self) -> None:
        """Open the place that was given, if one was."""
        self._leaving.begin()
        if problem := put_in_force(self, self.desk.settings):
            self.say(problem)
        self.set_interval(_KEEP, self.desk.keep_spot)
        self.install_screen(self._overview, "overview")
        for area, screen in AREAS.items():
            self.install_screen(screen(self.desk), area.value)
        if self._place is not None:
            self.use(self._place)

    def on_unmount(self) -> None:
        """Close the journal."""
        self._leaving.end()
        self.desk.close()

    def use(self, place: Place) -> None:
        """Open another place; the overview begins to scan it by itself."""
        self._overview.workers.cancel_group(self._overview, "scan")
        self.desk.scanning = False
        seen = self.screen is self._overview
        self.desk.open(place)
        self.go("overview")
        if seen:
            # It is on top already, so nothing else tells it that there is another cluster.
            self._overview.on_screen_resume()

    def go(self, name: str) -> None:
        """Show the overview, or an area over it."""
        while not isinstance(self.screen, OverviewScreen | ContextsScreen):
            self.pop_screen()
        if isinstance(self.screen, ContextsScreen):
            self.push_screen("overview")
        if name != "overview":
            self.push_screen(name)

    def say(self, sentence: str) -> None:
        """Show a sentence for a moment; it is never read as markup."""
        self.notify(sentence, markup=False, timeout=6)

    def show_error(self, error: BaseException) -> None:
        """Show an error that the app survives."""
        self.push_screen(ErrorScreen(error, connected=self.desk.session is not None))

    def refresh_top(self) -> None:
        """Let the screen that is seen show what the desk holds now."""
        if isinstance(self.screen, HardeningScreen) and self.screen.is_mounted:
            self.screen.show()

    def _session(self) -> Session | None:
        """Return the session where a screen may open; say why where none may."""
        if self._applying():
            return None
        if self.desk.session is None:
            self.say(_FIRST)
        return self.desk.session

    def action_area(self, name: str) -> None:
        """Open an area."""
        if self._session():
            self.go(name)

    def action_rescan(self) -> None:
        """Scan again."""
        if self._session():
            self._overview.scan()
            self.refresh_top()

    def action_contexts(self) -> None:
        """Choose another cluster; what is open stays so until then."""
        if self._applying():
            return
        while self.screen is not self._contexts:
            self.pop_screen()

    def action_review(self) -> None:
        """Review the plan for what is chosen."""
        session, chosen = self._session(), self._chosen()
        if session and chosen:
            self._review(session, self._maker(session, chosen), _words("apply", chosen))

    def review_undo(self, entries: Sequence[str]) -> None:
        """Review the plan that takes journal entries back."""
        session = self._session()
        if session is None:
            return

        def make(_: Callable[[int, int], None]) -> Plan:
            return session.undo(entries, session.place.source())

        self._review(session, make, ("journal", "undo", *entries))

    def _review(self, session: Session, make: Make, words: tuple[str, ...]) -> None:
        self.push_screen(ReviewScreen(self.desk, session, make, words))

    def action_export(self) -> None:
        """Export the plan for what is chosen."""
        session, chosen = self._session(), self._chosen()
        if session and chosen:
            make = self._maker(session, chosen)
            self.push_screen(ExportScreen(self.desk, session, make, _words("export", chosen)))

    def _chosen(self) -> tuple[Finding, ...]:
        chosen = self.screen.chosen() if isinstance(self.screen, HardeningScreen) else ()
        if self.desk.session and not chosen:
            self.say(_MARK)
        return chosen

    def _maker(self, session: Session, chosen: Sequence[Finding]) -> Make:
        scan = self.desk.scan
        assert scan is not None, "findings come from a scan"  # noqa: S101 - tells mypy what holds
        return lambda tell: session.plan(scan, chosen, tell)

    def action_journal(self) -> None:
        """Open the journal."""
        if session := self._session():
            self.push_screen(JournalScreen(self.desk, session))

    def action_training(self) -> None:
        """Open the training cluster in place of what is open."""
        if not self._applying():
            self.use(TrainingPlace(self.desk.state, read_only=self.desk.read_only))

    def action_settings(self) -> None:
        """Change the settings; not while a plan is applied."""
        if not self._applying():
            self.push_screen(SettingsScreen(self.desk))

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Say which action lost its key to the settings, once."""
        lost = ", ".join(sorted({binding.description for binding in clashed_bindings}))
        if lost not in self._clashes:
            self._clashes.add(lost)
            self.say(f"Your keys take the key of {lost}: S shows all keys and changes them.")
        del node

    def action_missions(self) -> None:
        """Open the missions, which say themselves where they run."""
        if self.desk.applying:
            self._session()
            return
        if self.desk.session is not None:
            self.go("overview")
        self.push_screen(MissionsScreen(self.desk))

    def show_finding(self, finding: Finding) -> None:
        """Show a finding in its area, over the screen that is seen."""
        area = self.get_screen(finding.area.value)
        self.push_screen(area)
        assert isinstance(area, AreaScreen), "each area has its screen"  # noqa: S101 - for mypy
        self.call_later(area.reveal, finding)

    def action_help(self) -> None:
        """Explain the keys of this screen."""
        top = self.screen
        if self._applying():
            return
        if isinstance(top, HardeningScreen) and not isinstance(top, HelpScreen):
            self.push_screen(HelpScreen(self.desk, top.opening, keys_of(top)))

    async def action_quit(self) -> None:
        """Leave, but never in the middle of a write."""
        if self._applying():
            return
        self.exit()

    def _applying(self) -> bool:
        if self.desk.applying:
            self.say("A plan is being applied. Esc stops after the current object.")
        return self.desk.applying

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every action by its name."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and binding.action != "command_palette":
                yield SystemCommand(
                    binding.description, binding.tooltip, self._runner(binding.action)
                )
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)
        del screen

    def _runner(self, action: str) -> Callable[[], None]:
        def run() -> None:
            self.call_later(self.run_action, action)

        return run

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Filter every line that is drawn, whatever widget it comes from."""
        return [*super().get_line_filters(), self._controls]

    def _fatal_error(self) -> None:
        """Leave with a traceback that shows no variables: they could hold a token.

        Textual prints them (8.2.8), and has no public way to choose; a test holds this override.
        """
        self.bell()
        trace = Traceback(show_locals=False, width=None, suppress=[rich, textual])
        drawn = list(self.console.render(trace, self.console.options))
        self._exit_renderables.append(Segments(self._controls.apply(drawn, Color(0, 0, 0))))
        self._close_messages_no_wait()


def _words(command: str, chosen: Iterable[Finding]) -> tuple[str, ...]:
    return (command, *finding_words(finding.id for finding in chosen))


def run_app(
    state: Path,
    *,
    place: Place | None = None,
    read_only: bool = False,
    kubeconfig: Path | None = None,
    settings: Config | None = None,
) -> None:
    """Run the app until it is left. Call it on a terminal only.

    Raises `InputError` for settings that name a theme or a binding that there is not.
    """
    chosen = settings or Config()
    check(chosen)
    app = HardeningApp(
        state, place=place, read_only=read_only, kubeconfig=kubeconfig, settings=chosen
    )
    app.run(mouse=chosen.mouse)
