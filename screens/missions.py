"""The seven missions: which there are, and how far the learner has come."""

from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import DataTable

from k8sharden.missions import MISSIONS, Missions, Standing
from k8sharden.model.text import one_line
from k8sharden.places.training import TrainingPlace
from screens.base import HardeningScreen, Page, Table, cell
from screens.desk import Desk
from screens.keys import key
from screens.mission import MissionScreen
from screens.prose import Prose
from screens.words import counted

ELSEWHERE = (
    "Missions attack what they show, so they run on the training cluster only: it lives in memory, "
    "and nothing there can break. Press Enter to open it; the cluster that is open now is left as "
    "it is, and c leads back to it."
)


class MissionsScreen(HardeningScreen):
    """The list, over the story of the mission under the cursor."""

    CSS_PATH = "missions.tcss"
    crumb = "missions"
    offers = ()
    enters = "Open"
    opening = "Each mission shows an attack that works, its fix, and why the attack fails then."

    BINDINGS: ClassVar[list[BindingType]] = [
        key("missions.open", "enter", "open", "Open", "Go on with this mission"),
        key("missions.reset", "x", "reset", "Begin anew", "Forget the progress in this mission"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._guide: Missions | None = None
        self._standings: tuple[Standing, ...] = ()

    def body(self) -> ComposeResult:
        """Yield how far one is, the missions, and the story of one."""
        yield Prose(id="sum", classes="heading")
        yield Table()
        with Page(id="story"):
            yield Prose(id="text")
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """List the missions; how far each is, is asked of the cluster in a thread."""
        session = self.desk.session
        if session is not None and isinstance(session.place, TrainingPlace):
            self._guide = Missions(session, self.desk.state)
        table = self.query_one(Table)
        table.add_column(Text(" "), width=1)
        table.add_column(Text("Mission"), width=36)
        table.add_rest("State", 43, key="state")
        for number, mission in enumerate(MISSIONS, start=1):
            table.add_row(Text(str(number)), cell(mission.title), "", key=mission.id)
        self.query_one("#story").can_focus = False
        table.focus()
        self.tell_command("k8sharden missions")

    def show(self) -> None:
        """Ask how far each mission is; elsewhere than in training, say why there is none."""
        super().show()
        table = self.query_one(Table)
        table.display = self._guide is not None
        if self._guide is None:
            self._tell("Missions run on the training cluster.", ELSEWHERE)
        else:
            self.work("standings", self._guide.all, self._listed)

    def _listed(self, standings: tuple[Standing, ...]) -> None:
        first = not self._standings
        self._standings = standings
        table = self.query_one(Table)
        here = standings[table.cursor_row]
        for standing in standings:
            style = "bold green" if standing.finished and not standing.reopened else ""
            table.update_cell(standing.mission.id, "state", Text(standing.words, style))
        open_ones = [n for n, one in enumerate(standings) if one.reopened or not one.finished]
        if open_ones and (first or (here.finished and not here.reopened)):
            table.move_cursor(row=open_ones[0])
        self._show_story()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Show the story of the mission under the cursor."""
        del event
        self._show_story()

    def _show_story(self) -> None:
        if self._guide is None or not self._standings:
            return
        done = sum(one.finished and not one.reopened for one in self._standings)
        said = f"{done} of {counted(len(MISSIONS), 'mission')} done. Enter goes on with this one."
        mission = MISSIONS[self.query_one(Table).cursor_row]
        self._tell(said, f"{mission.area.heading}. {mission.story}")

    def _tell(self, said: str, text: str) -> None:
        self.query_one("#sum", Prose).update(Content(said))
        self.query_one("#text", Prose).update(Content(text))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the mission under the cursor."""
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        """Open the mission under the cursor, or first the training cluster."""
        if self._guide is None:
            make = partial(TrainingPlace, self.desk.state, read_only=self.desk.read_only)
            self.work("open", make, self._begin)
            return
        mission = MISSIONS[self.query_one(Table).cursor_row]
        self.app.push_screen(MissionScreen(self.desk, self._guide, mission))

    def _begin(self, place: TrainingPlace) -> None:
        self.house.use(place)
        self.app.call_later(self.house.action_missions)

    def action_reset(self) -> None:
        """Forget the progress in one mission; the training cluster stays as it is."""
        if self._guide is None:
            return
        mission = MISSIONS[self.query_one(Table).cursor_row]
        self._guide.reset(mission.id)
        self.say(f"{one_line(mission.title, 80)}: begins anew; the cluster stays as it is.")
        self.show()
