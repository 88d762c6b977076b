"""What is pasted is text, whatever stands in it: escapes are taken out before they are read.

A terminal says where a paste begins and ends. Textual's parser (8.2.8) still reads what follows an
ESC in between as keys, so that a prepared clipboard could press them; terminals differ in whether
they take an ESC out themselves (tmux 3.3 does not).
"""

import importlib
import sys
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.message import Message

_BEGIN, _END, _ESC = "\x1b[200~", "\x1b[201~", "\x1b"


class Pastes:
    """Takes the escapes out of what is pasted; what is typed passes as it is."""

    def __init__(self) -> None:
        self._inside = False
        self._seen = ""
        """The last characters that were passed on: the mark of a paste can arrive in pieces."""
        self._held = ""
        """The beginning of what may become the end of a paste."""

    def clean(self, data: str) -> str:
        """Return what to hand on of the next characters from the terminal."""
        done = ""
        while data:
            part, data = self._pasted(data) if self._inside else self._typed(data)
            done += part
        return done

    def _typed(self, data: str) -> tuple[str, str]:
        """Return what comes before and with the beginning of a paste, and what is after it."""
        known = len(self._seen)
        before, begin, after = (self._seen + data).partition(_BEGIN)
        self._inside = bool(begin)
        self._seen = "" if begin else before[-(len(_BEGIN) - 1) :]
        return (before + begin)[known:], after

    def _pasted(self, data: str) -> tuple[str, str]:
        """Return the text before and with the end of a paste, and what is after it."""
        text, end, after = (self._held + data).partition(_END)
        self._inside = not end
        self._held = "" if end else _unfinished(text)
        text = text.removesuffix(self._held)
        return text.replace(_ESC, "") + end, after


def _unfinished(text: str) -> str:
    """Return how the text ends, where that may be the beginning of the mark of the end."""
    ends = (_END[:size] for size in range(len(_END) - 1, 0, -1))
    return next((end for end in ends if text.endswith(end)), "")


class CarefulParser(XTermParser):
    """Textual's parser behind that filter."""

    def __init__(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's signature
        super().__init__(debug)
        self._pastes = Pastes()

    def feed(self, data: str) -> Iterable[Message]:
        """Parse what the terminal sent; nothing at all is the end of it."""
        clean = self._pastes.clean(data)
        return super().feed(clean) if clean or not data else ()


def guard() -> None:
    """Let the driver of this system parse with care. Textual has no setting; a test holds this."""
    name = "win32" if sys.platform == "win32" else "linux_driver"
    importlib.import_module(f"textual.drivers.{name}").XTermParser = CarefulParser  # type: ignore[attr-defined]
