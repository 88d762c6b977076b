"""The words that narrow a list: a field that is only there while it is used."""

from textual.widgets import Input


class FilterField(Input):
    """Hidden while it holds nothing and nobody types in it."""

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
