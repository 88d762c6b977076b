"""The one place where a change can be started: it takes more than one stray key."""

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from k8sharden.changes.plan import Plan
from k8sharden.model.text import one_line, typeable
from k8sharden.session import Session
from screens.change_words import cut_words, risk_word
from screens.keys import key, quiet
from screens.prose import Prose
from screens.words import counted, lines, plain

_PRODUCTION = (
    "PRODUCTION: people depend on this cluster now. Have you read every diff, and is somebody "
    "there who would notice?"
)
_RED = "bold $text-error"
_BLIND = (
    "What it does to traffic and rights is NOT KNOWN: nothing was scanned. Esc, then r scans first."
)
_JOURNAL = "Each is written to the journal first, and can be taken back there."

_AS_SHOWN = " It stands for the whole name."


class ConfirmScreen(ModalScreen[bool]):
    """Cancel has the focus. The cluster's name is typed first, but on the training cluster.

    There too it is typed for a plan that cuts connections that are needed, or may and nobody knows.
    """

    CSS_PATH = "confirm.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("confirm.cancel", "escape", "cancel", "Cancel", "Change nothing"),
        quiet("confirm.next", "right,down", "app.focus_next", "Next", "Next field"),
        quiet("confirm.down", "pagedown", "read(1)", "Read on", "Scroll the words of a small box"),
        quiet("confirm.up", "pageup", "read(-1)", "Read back", "Scroll them back"),
        quiet("confirm.previous", "left,up", "app.focus_previous", "Previous", "Field before"),
    ]

    def __init__(self, session: Session, plan: Plan, command: str) -> None:
        super().__init__()
        self._session = session
        self._plan = plan
        self._command = command
        self._undo = any(planned.undoes for planned in plan.changes)
        self._typed = bool(not session.place.training or plan.cuts or plan.blind)

    def compose(self) -> ComposeResult:
        """Yield what will happen, the name to type where one is needed, and the two buttons."""
        with Vertical(id="box"):
            # Hostile names are long: what is typed and pressed stays in sight all the same.
            with VerticalScroll(id="asked", can_focus=False):
                yield Prose(self._question(), id="question")
            yield Prose(plain(f"Same in a shell: {self._command}"), id="command")
            if self._typed:
                yield Input(id="name", placeholder="the name of the cluster's context")
                yield Prose(id="why")
            with Horizontal(id="buttons"):
                # Tab goes from the name to Apply, and from Cancel to the name.
                yield Button(
                    Content(self._verb), id="apply", variant="warning", disabled=self._typed
                )
                yield Button(Content("Cancel"), id="cancel")

    @property
    def _verb(self) -> str:
        return "Take back" if self._undo else "Apply"

    def on_mount(self) -> None:
        """Cancel is what Enter does unless somebody chooses otherwise."""
        self.query_one("#cancel", Button).focus()
        if self._typed:
            self.query_one("#name", Input).cursor_blink = False
            self._explain("")

    def _question(self) -> Content:
        changes = [planned for planned in self._plan.changes if planned.applies]
        name = one_line(self._session.place.name, 80)
        rows = [
            Content.assemble(
                (self._what(len(changes)), "bold"),
                (name, _RED),
                ("?", "bold"),
            ),
            Content(""),
        ]
        if cut := cut_words(self._plan):
            rows += [Content.styled(f"It {cut}, by all that is known.", _RED), Content("")]
        if self._plan.blind:
            rows += [Content.styled(_BLIND, _RED), Content("")]
        if self._session.place.production:
            rows += [Content.assemble((_PRODUCTION, _RED)), Content("")]
        risks = Counter(map(risk_word, changes))
        told = " · ".join(f"{counted(number, 'change')}: {risk}" for risk, number in risks.items())
        rows += [Content(told), Content(_JOURNAL)]
        rows += [plain(sentence, 240) for sentence in self._owners()]
        if len(changes) < len(self._plan.changes):
            left = counted(len(self._plan.changes) - len(changes), "change")
            rows.append(Content(f"{left} of the plan: not applied, only exported."))
        return lines(rows)

    def _owners(self) -> Iterable[str]:
        """Say, of each owner that was overruled, that it will put the changes back, and when."""
        chosen = (each.owner for each in self._plan.changes if each.overruled)
        return dict.fromkeys(f"Overruled: {owner.warning}" for owner in chosen)

    def _what(self, number: int) -> str:
        if self._undo:
            return f"Take {counted(number, 'change')} back on "
        return f"Apply {counted(number, 'change')} to "

    def on_input_changed(self, event: Input.Changed) -> None:
        """Enable Apply only while the name is exactly right, and say what is missing."""
        self._explain(event.value)

    def _explain(self, typed: str) -> None:
        wanted = typeable(self._session.place.name)
        right = typed.strip() == wanted
        self.query_one("#apply", Button).disabled = not right
        if right:
            why = Content("That is the name: Tab to the button, then Enter.")
        elif wanted.startswith(typed.lstrip()):
            first = "Go on, until it is " if typed else "Press Tab and type "
            why = Content.assemble(
                first, (wanted, "bold"), ": that enables the button.", self._as_shown
            )
        else:
            why = Content.assemble("That is not ", (wanted, "bold"), ".", self._as_shown)
        self.query_one("#why", Prose).update(why)

    @property
    def _as_shown(self) -> str:
        name = self._session.place.name
        return "" if typeable(name) == name else _AS_SHOWN

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Go on only with Apply."""
        self.dismiss(event.button.id == "apply")

    def action_read(self, direction: int) -> None:
        """Scroll what is said above the field."""
        self.query_one("#asked").scroll_relative(y=5 * direction, animate=False)

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(False)  # noqa: FBT003 - the dialog's answer
