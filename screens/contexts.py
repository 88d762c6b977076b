"""The first screen: choose a cluster. The training cluster is always on offer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.coordinate import Coordinate
from textual.widgets import DataTable

from k8sharden.config import change
from k8sharden.model.text import one_line
from screens.base import HardeningScreen, Table
from screens.desk import Desk
from screens.keys import quiet
from screens.prose import Prose
from screens.words import middle, plain

if TYPE_CHECKING:
    # The first frame is drawn before either is loaded: see `screens.rooms`.
    from k8sharden.cluster.connect import ContextInfo
    from k8sharden.place import Place

Way = Callable[[], "Place"]
"""Opens one of the clusters; it may take its time."""

WELCOME = (
    "k8sharden takes a cluster from defaults to hardened, one reviewed change at a time. "
    "Looking changes nothing: a scan only reads."
)
READY = (
    "Enter connects and scans. New here? The training cluster is the first row (g): nothing there "
    "can break, and M begins its missions."
)
READING = "Looking for clusters in your kubeconfig…"
NO_KUBECONFIG = (
    "No kubeconfig was found, so there is no cluster of yours to choose. Give one with "
    "--kubeconfig or KUBECONFIG, or name a server in the last row; the training cluster needs "
    "neither: press Enter, then M for its missions."
)
_NARROWEST = 36
"""Cells that the longest name of a cluster, and of a server, has at least."""


class ContextsScreen(HardeningScreen):
    """The contexts of the kubeconfig, and the training cluster."""

    crumb = "choose a cluster"
    offers = ("settings",)
    enters = "Connect"
    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("contexts.back", "escape", "back", "Back", "To the cluster that is open, if one is"),
    ]
    opening = "Choose the cluster to look at. Nothing is changed by choosing or scanning."

    def __init__(self, desk: Desk, kubeconfig: Path | None) -> None:
        super().__init__(desk)
        self._kubeconfig = kubeconfig
        self._hint = READING
        self._asked = False
        self._ways: list[Way | None] = []
        self._rows: list[tuple[str, ...]] = []

    def body(self) -> ComposeResult:
        """Yield the welcome, the contexts and a line that says what happens."""
        yield Prose(Content(WELCOME), classes="heading")
        yield Table(id="contexts")
        yield Prose(id="hint", classes="heading")

    def on_mount(self) -> None:
        """List what there is to choose from."""
        table = self.query_one(Table)
        table.add_columns(Text("Cluster"), Text("Server"), Text("User"), Text("Note"))
        table.focus()
        self._add(
            self._training, "training cluster", "in memory; nothing here can break", "", "DEMO"
        )

    def on_screen_resume(self) -> None:
        """Read the kubeconfig when this is seen for the first time, once it is drawn."""
        super().on_screen_resume()
        if self.is_current and not self._asked:
            self._asked = True
            self.house.once_drawn(self._ask)

    def _ask(self) -> None:
        self.work("contexts", lambda: self.house.rooms.offered(self._kubeconfig), self._listed)

    def _add(self, way: Way | None, *cells: str) -> None:
        self._ways.append(way)
        self._rows.append(cells)
        self.query_one(Table).add_row(*self._fitting(cells))

    def _fitting(self, cells: tuple[str, ...]) -> list[Text]:
        """Return the cells, shortened to the room that there is."""
        most = max(_NARROWEST, (self.app.size.width - 30) // 2)
        return [Text(middle(one_line(cell, 300), most)) for cell in cells]

    def on_resize(self) -> None:
        """Show more or less of long names."""
        table = self.query_one(Table)
        for number, cells in enumerate(self._rows):
            for column, text in enumerate(self._fitting(cells)):
                table.update_cell_at(Coordinate(number, column), text, update_width=True)

    def _listed(self, offer: tuple[tuple[ContextInfo, ...], bool]) -> None:
        found, inside = offer
        for info in found:
            mark = "current" if info.current else ""
            way = partial(self._connect, context=info.name)
            self._add(way, info.name, info.server, info.user, mark)
        if inside:
            self._add(self._connect, "this cluster", "the one of this pod", "its account", "")
        for server in self.desk.settings.servers:
            self._add(partial(self._connect, server=server), server, server, "token", "keyring")
        self._add(None, "another server…", "by address and bearer token", "", "")
        self._hint = READY if found or inside else NO_KUBECONFIG
        self.show()
        current = next((n for n, info in enumerate(found, start=1) if info.current), int(inside))
        self.query_one(Table).move_cursor(row=current)

    def show(self) -> None:
        """Say again what there is to do here."""
        super().show()
        self.query_one("#hint", Prose).update(Content(self._hint))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open what was chosen, in a thread: a credential plugin may take its time."""
        way = self._ways[event.cursor_row]
        if way is None:
            self.app.push_screen(self.house.rooms.login(), self._logged_in)
            return
        self.query_one("#hint", Prose).update(Content("Connecting… Esc stops."))
        self.work("open", way, self.house.use)

    def _logged_in(self, server: str | None) -> None:
        """Keep the address in the list, by a setting of its own, and connect."""
        if not server:
            return

        def way() -> Place:
            if server not in self.desk.settings.contexts:
                self.desk.settings = change(("contexts", server, "read_only"), value=False)
            return self._connect(server=server)

        self.work("open", way, self.house.use)

    def _training(self) -> Place:
        return self.house.rooms.training()

    def _connect(self, *, context: str | None = None, server: str | None = None) -> Place:
        return self.house.rooms.cluster(self._kubeconfig, context=context, server=server)

    def failed(self, name: str, error: BaseException) -> None:
        """Say why below the table: where a kubeconfig is broken, the training cluster is left."""
        self.query_one("#hint", Prose).update(plain(str(error), 600))
        if name == "open":
            super().failed(name, error)

    def action_back(self) -> None:
        """Stop connecting; else nothing is behind the first screen, except what is open already."""
        if self.workers.cancel_group(self, "open"):
            self.show()
            self.say("Connecting was stopped; nothing was changed.")
        elif self.desk.session is not None:
            self.house.go("overview")
        else:
            self.say("This is the first screen. q quits.")
