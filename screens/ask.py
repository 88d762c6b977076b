"""A question with two answers. The careful one has the focus, so one stray key does nothing."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button

from screens.keys import key, quiet
from screens.prose import Prose


class AskScreen(ModalScreen[bool]):
    """Gives back whether the answer was yes; Esc and Cancel are no."""

    CSS_PATH = "ask.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("ask.cancel", "escape", "cancel", "Cancel", "Change nothing"),
        quiet("ask.next", "right,down", "app.focus_next", "Next", "Next button"),
        quiet("ask.previous", "left,up", "app.focus_previous", "Previous", "Button before"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """Yield the question and the two buttons."""
        with Vertical(id="box"):
            yield Prose(Content(self._question))
            yield Prose(Content("Tab, then Enter."), id="how")
            with Horizontal(id="buttons"):
                yield Button(Content(self._yes), id="yes", variant="warning")
                yield Button(Content("Cancel"), id="no")

    def on_mount(self) -> None:
        """Cancel is what Enter does unless somebody chooses otherwise."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "yes")

    def action_cancel(self) -> None:
        """Answer no."""
        self.dismiss(False)  # noqa: FBT003 - the dialog's answer
