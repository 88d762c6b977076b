"""What went wrong, in one sentence, and how to go on. No traceback, no values."""

import traceback
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button

from k8sharden.errors import (
    ApiError,
    ClusterUnavailable,
    Forbidden,
    InputError,
    K8shardenError,
    Refused,
    Unauthorized,
)
from screens.keys import key, quiet
from screens.prose import Prose
from screens.words import lines, plain

_HEADINGS: tuple[tuple[type[BaseException], str], ...] = (
    (Unauthorized, "The cluster does not accept the credentials"),
    (Forbidden, "The cluster does not allow this"),
    (ClusterUnavailable, "The cluster cannot be used"),
    (Refused, "Refused for safety"),
    (InputError, "This cannot be used as it is"),
    (K8shardenError, "It did not work"),
)

_WAYS = {
    True: "Enter goes on. r scans again, c chooses another cluster, q quits.",
    False: "Enter goes on. Choose another cluster, or q quits.",
}


def heading(error: BaseException) -> str:
    """Return what happened, in a few words."""
    found = (words for kind, words in _HEADINGS if isinstance(error, kind))
    return next(found, "Something went wrong inside k8sharden")


def sentence(error: BaseException) -> str:
    """Return an error for people; of an unexpected one only its kind and place, never values."""
    if isinstance(error, K8shardenError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return (
        f"{type(error).__name__}{where}. This is a defect: please report these words. The app goes "
        "on; what was done before stands in the journal."
    )


_OF_CLUSTERS = (ApiError, ClusterUnavailable)
_TRAINING = "Or t opens the training cluster: it needs no server, and nothing there can break."
_ADVICE: tuple[tuple[type[BaseException], str], ...] = (
    (
        Unauthorized,
        (
            "Tokens and certificates expire. Log in again the way you did before (your provider's "
            "login command, or `k8sharden login --server URL`), then scan again."
        ),
    ),
    (
        Forbidden,
        (
            "`k8sharden permissions` prints the ClusterRole that a scan needs: ask somebody who "
            "may grant it. With less, what could not be read is unknown, never passed."
        ),
    ),
    (
        ClusterUnavailable,
        "Is the address right, the VPN up, the cluster running? Try `kubectl version`.",
    ),
)


def advice(error: BaseException) -> list[Content]:
    """Return what to do about it; nothing where the sentence said it all."""
    found = next((words for kind, words in _ADVICE if isinstance(error, kind)), "")
    return [Content(found), Content("")] if found else []


class ErrorScreen(ModalScreen[None]):
    """An error that the app survives."""

    CSS_PATH = "error.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("error.back", "escape,enter", "go_on", "Go on", "Back to the screen"),
        quiet("error.rescan", "r", "leave('rescan')", "Scan", "Read the cluster again"),
        quiet("error.contexts", "c", "leave('contexts')", "Cluster", "Choose another cluster"),
        quiet("error.quit", "q", "app.quit", "Quit", "Leave; nothing is lost"),
        quiet("error.training", "t", "leave('training')", "Training", "Open the training cluster"),
    ]

    def __init__(self, error: BaseException, *, connected: bool) -> None:
        super().__init__()
        self._error = error
        self._connected = connected

    def compose(self) -> ComposeResult:
        """Yield what happened, where, and the way on."""
        with Vertical(id="box"):
            yield Prose(self._text())
            yield Button(Content("Go on"), id="back")

    def _text(self) -> Content:
        return lines(
            [
                Content.assemble((heading(self._error), "bold $text-error")),
                Content(""),
                plain(sentence(self._error), 1200),
                Content(""),
                *advice(self._error),
                Content(_WAYS[self._connected]),
                *([Content(_TRAINING)] if isinstance(self._error, _OF_CLUSTERS) else []),
            ]
        )

    def on_mount(self) -> None:
        """Enter goes on."""
        self.query_one(Button).focus()

    def action_leave(self, then: str) -> None:
        """Go on with another action of the app."""
        self.action_go_on()
        self.app.call_later(self.app.run_action, f"app.{then}")

    def action_go_on(self) -> None:
        """Go on, once: a second key may arrive while the first still takes this away."""
        if self.is_current:
            self.dismiss(None)

    def on_button_pressed(self) -> None:
        """Go on."""
        self.action_go_on()
