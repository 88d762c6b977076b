"""The settings: colours, mouse, what holds for this cluster, and every key."""

from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.content import Content
from textual.keys import format_key
from textual.theme import BUILTIN_THEMES
from textual.widgets import DataTable

from k8sharden.config import Config, change, config_file
from k8sharden.model.text import one_line
from k8sharden.places.cluster import ClusterPlace
from screens.ask_key import KeyScreen
from screens.base import HardeningScreen, Table, cell
from screens.desk import Desk
from screens.keys import known
from screens.prose import Prose
from screens.taste import put_in_force

_YES = {True: "yes", False: "no"}
_WHAT = {
    "theme": ("Colours", "Enter takes the next of them"),
    "mouse": ("Mouse", "from the next start"),
    "animations": ("Animations", "typing, scrolling"),
    "read_only": ("Read-only", "nothing is written to {name}"),
    "production": ("Production", "a red bar, and a stricter question"),
}


class SettingsScreen(HardeningScreen):
    """One row per setting, one per key; each change is kept at once."""

    CSS_PATH = "settings.tcss"
    crumb = "settings"
    offers = ()
    enters = "Change"
    opening = "Enter changes the setting under the cursor. Each change is kept at once."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._keys = sorted(known())

    def body(self) -> ComposeResult:
        """Yield where the file is, and the settings."""
        yield Prose(id="where", classes="heading")
        yield Table()

    def on_mount(self) -> None:
        """List the settings, then the keys."""
        table = self.query_one(Table)
        table.add_column(Text("Setting"), width=23)
        table.add_column(Text("Value, or key"), key="value", width=17)
        table.add_rest("What it does", 47)
        for name in self._names():
            label, what = _WHAT[name]
            place = self._place
            shown = what.format(name=one_line(place.name, 40) if place else "")
            table.add_row(Text(label), Text(self._value(name)), cell(shown), key=name)
        for name in self._keys:
            binding = known()[name]
            what = f"{binding.tooltip} ({name})"
            key = self._shown_key(name)
            table.add_row(Text(binding.description), Text(key), cell(what), key=name)
        table.focus()
        path = one_line(str(config_file()), 200)
        said = f"Enter changes a setting, or gives an action another key. Kept in {path}."
        self.query_one("#where", Prose).update(Content(said))

    @property
    def _place(self) -> ClusterPlace | None:
        """The cluster that is open; the training cluster and files have no settings."""
        place = self.desk.session.place if self.desk.session else None
        return place if isinstance(place, ClusterPlace) and not place.training else None

    def _names(self) -> list[str]:
        of_cluster = ["read_only", "production"] if self._place else []
        return ["theme", "mouse", "animations", *of_cluster]

    def _value(self, name: str) -> str:
        settings, place = self.desk.settings, self._place
        if name == "theme":
            return self.app.theme
        if name in ("mouse", "animations"):
            return _YES[bool(getattr(settings, name))]
        return _YES[bool(getattr(settings.context(place.name if place else ""), name))]

    def _shown_key(self, name: str) -> str:
        """Return the keys of an action as people write them."""
        return " ".join(format_key(key.strip()) for key in self._key_of(name).split(","))

    def _key_of(self, name: str) -> str:
        return self.desk.settings.keys.get(name, known()[name].key)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Change the setting under the cursor."""
        event.stop()
        name = str(event.row_key.value)
        if name in known():
            taken = {key: self._key_of(key) for key in self._keys if key != name}
            self.app.push_screen(KeyScreen(name, taken), partial(self._took_key, name))
        elif name == "theme":
            themes = sorted(BUILTIN_THEMES)
            self._keep(("theme",), themes[(themes.index(self.app.theme) + 1) % len(themes)])
        elif name in ("mouse", "animations"):
            self._keep((name,), value=not getattr(self.desk.settings, name))
        elif (place := self._place) is not None:
            now = getattr(self.desk.settings.context(place.name), name)
            self._keep(("contexts", place.name, name), value=not now)

    def _took_key(self, name: str, key: str | None) -> None:
        if key:
            self._keep(("keys", name), key)

    def _keep(self, keys: tuple[str, ...], value: str | bool) -> None:  # noqa: FBT001 - a setting's value
        """Write one setting down, in a thread, since a disk may take its time."""
        self.work("keep", partial(change, keys, value), partial(self._kept, keys[-1]), writes=True)

    def _kept(self, name: str, settings: Config) -> None:
        self.desk.settings = settings
        if not settings.animations:
            self.app.animation_level = "none"
        elif name == "animations":
            self.app.animation_level = "full"
        if problem := put_in_force(self.app, settings):
            self.say(problem)
        self._apply_to_cluster(name)
        value = self._shown_key(name) if name in known() else self._value(name)
        self.query_one(Table).update_cell(name, "value", Text(value))
        self.show()

    def _apply_to_cluster(self, name: str) -> None:
        """Lock at once; what unlocks waits until the cluster is opened anew."""
        place = self._place
        if place is None:
            return
        mine = self.desk.settings.context(place.name)
        place.production = mine.production
        if mine.read_only:
            place.lock()
        elif name == "read_only":
            self.say("It can be written to once it is opened anew: c, then Enter.")
