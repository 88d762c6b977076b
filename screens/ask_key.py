"""Asks for one key, and says so where another action has it already."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen

from screens.keys import key, known
from screens.prose import Prose

_SCREENS = ("screen", "table", "page", "ask", "confirm", "key")
"""Bindings that work on many screens: a key of theirs is taken everywhere."""


class KeyScreen(ModalScreen[str]):
    """Gives back the key's name, or nothing where Esc was pressed.

    ``taken`` holds the keys of all other bindings, by their ids.
    """

    CSS_PATH = "ask.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("key.cancel", "escape", "cancel", "Cancel", "Change nothing"),
    ]

    def __init__(self, name: str, taken: Mapping[str, str]) -> None:
        super().__init__()
        self._name_of = name
        self._taken = taken

    def compose(self) -> ComposeResult:
        """Yield the question."""
        with Vertical(id="box"):
            what = known()[self._name_of].description
            yield Prose(Content.assemble("Press the new key for ", (what, "bold"), "."))
            yield Prose(Content("Esc leaves it as it is."), id="how")

    def on_key(self, event: Key) -> None:
        """Take the key, unless it is somebody else's."""
        if event.key == "escape":
            return
        event.stop()
        event.prevent_default()
        other = self._owner(event.key)
        if other:
            said = f"{event.key} is the key of {known()[other].description} ({other}): another one."
            self.query_one("#how", Prose).update(Content(said))
        else:
            self.dismiss(event.key)

    def _owner(self, pressed: str) -> str:
        """Return the binding that has this key on the same screens; empty where none has."""
        mine = self._name_of.split(".")[0]
        for name, keys in self._taken.items():
            theirs = name.split(".")[0]
            meet = mine == theirs or {mine, theirs} & {"app", *_SCREENS}
            if meet and pressed in keys.split(","):
                return name
        return ""

    def action_cancel(self) -> None:
        """Leave the key as it is."""
        self.dismiss("")
