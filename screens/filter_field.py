"""The words that narrow a list: a field that is only there while it is used."""

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input

from screens.keys import key


class FilterField(Input):
    """Hidden while it holds nothing and nobody types in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("filter.keep", "enter", "submit", "Keep the filter", "Keep it, and back to the list"),
        key("filter.clear", "escape", "screen.back", "Clear it", "Show all, and back to the list"),
    ]

    def __init__(self) -> None:
        super().__init__(id="filter", placeholder="words; Enter keeps the filter, Esc clears it")
        self.cursor_blink = False
        self.display = False

    def put(self, words: str) -> None:
        """Hold other words, typed at another time."""
        self.value = words
        self.display = bool(words)

    def open(self) -> None:
        """Let somebody type."""
        self.display = True
        self.focus()

    def close(self) -> None:
        """Stay only where there is something to show."""
        self.display = bool(self.value)
