"""The ways from screen to screen: which may be opened now, and what each is opened with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from textual.app import App

from k8sharden.model.finding import Finding
from k8sharden.model.text import one_line
from screens.base import HardeningScreen
from screens.contexts import ContextsScreen
from screens.desk import Desk, Make
from screens.overview import OverviewScreen
from screens.words import finding_words

if TYPE_CHECKING:
    from k8sharden.place import Place
    from k8sharden.session import Session
    from screens.rooms import Rooms

_FIRST = "Choose a cluster first: Enter on one of these."
_WAIT = "The cluster is still being opened."
_MARK = "Nothing is chosen: open an area (1 to 7) and mark findings with space."


class Doors(App[None]):
    """An app over a desk, with two screens that stay: the choice of a cluster, and the overview.

    ``ansi`` says that the terminal's own colours are used.
    """

    def __init__(
        self, desk: Desk, contexts: ContextsScreen, overview: OverviewScreen, *, ansi: bool | None
    ) -> None:
        super().__init__(ansi_color=ansi)
        self.desk = desk
        self._contexts = contexts
        self._overview = overview

    @cached_property
    def rooms(self) -> Rooms:
        """What is behind the first screens. Whoever asks first, best a thread, waits for it."""
        from screens.rooms import Rooms  # noqa: PLC0415 - 300 ms, when the first frame is drawn

        return Rooms(self.desk)

    def use(self, place: Place) -> None:
        """Open another place, but not while a plan is applied; the overview scans it by itself."""
        if self._applying():
            return
        for name, area in self.rooms.areas() if self.desk.session is None else ():
            if not self.is_screen_installed(name):
                self.install_screen(area, name)
        self._overview.workers.cancel_group(self._overview, "scan")
        self.desk.opening = self.desk.scanning = False
        seen = self.screen is self._overview
        self.desk.open(self.rooms.session(place))
        self.go("overview")
        if seen:
            # It is on top already, so nothing else tells it that there is another cluster.
            self._overview.on_screen_resume()

    def go(self, name: str) -> None:
        """Show the overview, or an area over it. What was still being opened is left."""
        self._contexts.workers.cancel_group(self._contexts, "open")
        while not isinstance(self.screen, OverviewScreen | ContextsScreen):
            self.pop_screen()
        if self.screen is self._contexts and self._overview in self.screen_stack:
            self.pop_screen()
        elif self.screen is self._contexts:
            self.push_screen("overview")
        if name != "overview":
            self.push_screen(name)

    def say(self, sentence: str) -> None:
        """Show a sentence for a moment; it is never read as markup."""
        self.notify(one_line(sentence, 600), markup=False, timeout=6)

    def show_error(self, error: BaseException) -> None:
        """Show an error that the app survives."""
        self.push_screen(self.rooms.error(error))

    def refresh_top(self) -> None:
        """Let the screen that is seen show what the desk holds now."""
        if isinstance(self.screen, HardeningScreen) and self.screen.is_mounted:
            self.screen.show()

    def _session(self) -> Session | None:
        """Return the session where a screen may open; say why where none may."""
        if self._applying():
            return None
        if self.desk.session is None:
            self.say(_WAIT if self.desk.opening else _FIRST)
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
        if self.desk.opening:
            self._overview.workers.cancel_group(self._overview, "open")
            self.desk.opening = False
        while self.screen is not self._contexts and len(self.screen_stack) > 1:
            self.pop_screen()
        if self.screen is not self._contexts:
            self.push_screen("contexts")

    def action_review(self) -> None:
        """Review the plan for what is chosen."""
        session, chosen = self._session(), self._chosen()
        if session and chosen:
            self._review(session, self._maker(session, chosen), _words("apply", chosen))

    def review_undo(self, entries: Sequence[str], *, partial: bool = False) -> None:
        """Review the plan that takes journal entries back."""
        if session := self._session():
            self.push_screen(self.rooms.undo(session, entries, partial=partial))

    def _review(self, session: Session, make: Make, words: tuple[str, ...]) -> None:
        self.push_screen(self.rooms.review(session, make, words))

    def action_export(self) -> None:
        """Export the plan for what is chosen."""
        session, chosen = self._session(), self._chosen()
        if session and chosen:
            make = self._maker(session, chosen)
            self.push_screen(self.rooms.export(session, make, _words("export", chosen)))

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
            self.push_screen(self.rooms.journal(session))

    def action_training(self) -> None:
        """Open the training cluster in place of what is open."""
        if not self._applying():
            self.use(self.rooms.training())

    def action_settings(self) -> None:
        """Change the settings; not while a plan is applied."""
        if not self._applying():
            self.push_screen(self.rooms.settings())

    def action_missions(self) -> None:
        """Open the missions, which say themselves where they run."""
        if self.desk.applying:
            self._session()
            return
        if self.desk.session is not None:
            self.go("overview")
        self.push_screen(self.rooms.missions())

    def show_finding(self, finding: Finding) -> None:
        """Show a finding in its area, over the screen that is seen."""
        area = self.get_screen(finding.area.value)
        self.push_screen(area)
        self.call_later(self.rooms.reveal, area, finding)

    def action_help(self) -> None:
        """Explain the keys of this screen."""
        top = self.screen
        if self._applying():
            return
        if isinstance(top, HardeningScreen) and (screen := self.rooms.help(top)):
            self.push_screen(screen)

    async def action_quit(self) -> None:
        """Leave, but never in the middle of a write."""
        if self._applying():
            return
        self.exit()

    def _applying(self) -> bool:
        if self.desk.applying:
            self.say("A plan is being applied. Esc stops after the current object.")
        return self.desk.applying


def _words(command: str, chosen: Iterable[Finding]) -> tuple[str, ...]:
    return (command, *finding_words(finding.id for finding in chosen))
