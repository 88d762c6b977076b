"""Asks for a server and its bearer token. The token goes to the keyring and nowhere else."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input
from textual.worker import Worker, WorkerState

from k8sharden.places.connecting import log_in
from screens.error import sentence
from screens.keys import key
from screens.prose import Prose
from screens.threads import in_thread
from screens.words import plain

_WORDS = (
    "The token is kept in your system's keyring and read back from there. It is not written to "
    "any file of k8sharden, and never stands on a command line. The server's certificate must be "
    "one that this machine trusts; SSL_CERT_FILE names others."
)
_WAIT = "Storing it in the keyring, and reading it back… A locked keyring is given 30 seconds."


class LoginScreen(ModalScreen[str]):
    """Gives back the server's address once its token is kept; nothing where Esc was pressed."""

    CSS_PATH = "login.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("login.cancel", "escape", "cancel", "Cancel", "Keep nothing"),
    ]

    def __init__(self, keep: Callable[[str, str], str] = log_in) -> None:
        super().__init__()
        self._keep = keep

    def compose(self) -> ComposeResult:
        """Yield the two fields, what becomes of them, and the buttons."""
        with Vertical(id="box"):
            yield Prose(Content.assemble(("A server, by its address and a token", "bold")))
            yield Input(id="server", placeholder="https://HOST:PORT")
            yield Input(id="token", placeholder="bearer token; it is not shown", password=True)
            yield Prose(Content(_WORDS), id="why")
            with Horizontal(id="buttons"):
                yield Button(Content("Connect"), id="connect", variant="primary")
                yield Button(Content("Cancel"), id="cancel")

    def on_mount(self) -> None:
        """Begin with the address."""
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#server").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the token, and from there it connects."""
        event.stop()
        if event.input.id == "server":
            self.query_one("#token").focus()
        else:
            self._store()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Connect, or leave."""
        if event.button.id == "connect":
            self._store()
        else:
            self.dismiss("")

    def _store(self) -> None:
        server, token = (self.query_one(name, Input).value for name in ("#server", "#token"))
        self._tell(Content(_WAIT))
        self.run_worker(
            # The end of the app does not wait for a keyring that is locked.
            in_thread(partial(self._keep, server, token)),
            # Otherwise it is described by its arguments, and one of them is the token.
            description="login",
            exclusive=True,
            exit_on_error=False,
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Go on with the address, or say why the token was not kept."""
        event.stop()
        if event.state is WorkerState.SUCCESS:
            self.dismiss(str(event.worker.result))
        elif event.state is WorkerState.ERROR and event.worker.error is not None:
            self._tell(plain(sentence(event.worker.error), 400).stylize("bold $text-error"))

    def _tell(self, words: Content) -> None:
        self.query_one("#why", Prose).update(words)

    def action_cancel(self) -> None:
        """Keep nothing."""
        self.dismiss("")
