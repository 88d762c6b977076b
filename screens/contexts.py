"""The first screen: choose a cluster. The training cluster is always on offer."""

from functools import partial
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import DataTable

from k8sharden.cluster.connect import ContextInfo
from k8sharden.model.text import one_line
from k8sharden.places import ClusterPlace, TrainingPlace, offered, open_cluster
from screens.base import HardeningScreen, Table
from screens.desk import Desk
from screens.prose import Prose
from screens.words import plain

WELCOME = (
    "k8sharden takes a cluster from defaults to hardened, one reviewed change at a time. "
    "Looking changes nothing: a scan only reads."
)
NO_KUBECONFIG = (
    "No kubeconfig was found, so there is no cluster of yours to choose. Give one with "
    "--kubeconfig or KUBECONFIG; the training cluster needs none: press Enter."
)


class ContextsScreen(HardeningScreen):
    """The contexts of the kubeconfig, and the training cluster."""

    CSS_PATH = "contexts.tcss"
    crumb = "choose a cluster"
    opening = "Choose the cluster to look at. Nothing is changed by choosing or scanning."

    def __init__(self, desk: Desk, kubeconfig: Path | None) -> None:
        super().__init__(desk)
        self._kubeconfig = kubeconfig
        self._hint = ""
        self._names: list[str | None] = []

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
        self._add(None, "training cluster", "in memory; nothing here can break", "", "DEMO")
        self.work("contexts", partial(offered, self._kubeconfig), self._listed)

    def _add(self, name: str | None, *cells: str) -> None:
        self._names.append(name)
        self.query_one(Table).add_row(*(Text(one_line(cell, 40)) for cell in cells))

    def _listed(self, found: tuple[ContextInfo, ...]) -> None:
        for info in found:
            mark = "current" if info.current else ""
            self._add(info.name, info.name, info.server, info.user, mark)
        self._hint = "Enter connects and scans." if found else NO_KUBECONFIG
        self.show()
        current = next((n for n, info in enumerate(found, start=1) if info.current), 0)
        self.query_one(Table).move_cursor(row=current)

    def show(self) -> None:
        """Say again what there is to do here."""
        super().show()
        self.query_one("#hint", Prose).update(Content(self._hint))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open what was chosen, in a thread: a credential plugin may take its time."""
        name = self._names[event.cursor_row]
        hint = Content.assemble("Connecting to ", plain(name or "the training cluster", 80), "…")
        self.query_one("#hint", Prose).update(hint)
        self.work("open", partial(self._open, name), self.house.use)

    def _open(self, name: str | None) -> ClusterPlace:
        if name is None:
            return TrainingPlace(self.desk.state, read_only=self.desk.read_only)
        return open_cluster(
            kubeconfig=self._kubeconfig,
            context=name,
            read_only=self.desk.read_only,
            settings=self.desk.settings,
        )

    def failed(self, name: str, error: BaseException) -> None:
        """Say why below the table: where a kubeconfig is broken, the training cluster is left."""
        self.query_one("#hint", Prose).update(plain(str(error), 600))
        if name == "open":
            super().failed(name, error)

    def action_back(self) -> None:
        """There is nothing behind the first screen, except what is open already."""
        if self.desk.session is not None:
            self.house.go("overview")
        else:
            self.say("This is the first screen. q quits.")
