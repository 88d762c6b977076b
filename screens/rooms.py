"""The rooms behind the first screens: every other screen, and all that works behind them.

Together they take longer to load than the first frame takes to be drawn. So the first screens load
none of it: `screens.doors` loads this module, in a thread, once that frame is on the terminal.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual.screen import Screen

from k8sharden.cluster.connect import ContextInfo
from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.evidence.given import Evidence
from k8sharden.model.finding import Finding
from k8sharden.place import Place
from k8sharden.places.cluster import ClusterPlace
from k8sharden.places.connecting import in_cluster, offered, open_cluster
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from screens.actions import actions_of
from screens.area import AreaScreen
from screens.areas import AREAS
from screens.base import HardeningScreen
from screens.desk import Desk, Make
from screens.error import ErrorScreen
from screens.export import ExportScreen
from screens.help import HelpScreen
from screens.journal import JournalScreen
from screens.login import LoginScreen
from screens.missions import MissionsScreen
from screens.reading import Read, read
from screens.review import ReviewScreen
from screens.settings import SettingsScreen
from screens.undo import UndoScreen


class Rooms:
    """Makes screens over the desk, and what they work with."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._evidence = Evidence(desk.evidence)

    def training(self) -> TrainingPlace:
        """Open the training cluster."""
        return TrainingPlace(self._desk.state, read_only=self._desk.read_only)

    def cluster(
        self, kubeconfig: Path | None, *, context: str | None, server: str | None
    ) -> ClusterPlace:
        """Connect to a context or a server. Raises what `open_cluster` raises."""
        return open_cluster(
            kubeconfig=None if server else kubeconfig,
            context=context,
            server=server,
            read_only=self._desk.read_only,
            settings=self._desk.settings,
        )

    def offered(self, kubeconfig: Path | None) -> tuple[tuple[ContextInfo, ...], bool]:
        """Return the contexts, and whether this is a pod whose own cluster is to be had.

        Raises what `places.connecting.offered` raises.
        """
        found = offered(kubeconfig)
        return found, not found and in_cluster()

    def session(self, place: Place) -> Session:
        """Return a session on a place."""
        return Session(place, self._desk.state, evidence=self._evidence)

    def read(self, session: Session, tell: Tell, stopped: Stopped) -> Read:
        """Scan. Raises what a scan raises."""
        return read(session, tell, stopped)

    def areas(self) -> Iterable[tuple[str, AreaScreen]]:
        """Return the screen of each area under its name."""
        return ((area.value, screen(self._desk)) for area, screen in AREAS.items())

    def reveal(self, area: Screen[None], finding: Finding) -> None:
        """Put the cursor of an area's screen on a finding."""
        assert isinstance(area, AreaScreen), "each area has its screen"  # noqa: S101 - for mypy
        area.reveal(finding)

    def error(self, error: BaseException) -> ErrorScreen:
        """Show an error that the app survives."""
        return ErrorScreen(error, connected=self._desk.session is not None)

    def review(self, session: Session, make: Make, words: Sequence[str]) -> ReviewScreen:
        """Review a plan; ``words`` are the command that makes the same."""
        return ReviewScreen(self._desk, session, make, tuple(words))

    def undo(self, session: Session, entries: Sequence[str], *, partial: bool) -> UndoScreen:
        """Review the plan that takes journal entries back."""
        return UndoScreen(self._desk, session, tuple(entries), partial=partial)

    def export(self, session: Session, make: Make, words: Sequence[str]) -> ExportScreen:
        """Write a plan as files."""
        return ExportScreen(self._desk, session, make, tuple(words))

    def journal(self, session: Session) -> JournalScreen:
        """Show what was done."""
        return JournalScreen(self._desk, session)

    def settings(self) -> SettingsScreen:
        """Change the settings."""
        return SettingsScreen(self._desk)

    def missions(self) -> MissionsScreen:
        """List the missions."""
        return MissionsScreen(self._desk)

    def help(self, seen: HardeningScreen) -> HelpScreen | None:
        """Explain the keys of the screen that is seen; None where that is the help itself."""
        if isinstance(seen, HelpScreen):
            return None
        actions = actions_of(seen, self._desk.settings.keys)
        return HelpScreen(self._desk, seen.opening, actions)

    def login(self) -> LoginScreen:
        """Ask for the address and the token of a server."""
        return LoginScreen()
