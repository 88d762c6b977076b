"""Write a plan as files, for a repository or a colleague. Nothing that exists is overwritten."""

from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Button, Input, RadioButton, RadioSet

from k8sharden.changes.plan import Plan
from k8sharden.export.folder import Export, Format
from k8sharden.session import Session
from screens.base import HardeningScreen, Page
from screens.desk import Desk, Make
from screens.keys import key
from screens.prose import Prose
from screens.words import counted, lines, plain

_MEANING = {
    Format.PATCHES: "patches: one diff per change, onto what manifests writes",
    Format.MANIFESTS: "manifests: the objects as they are now, secrets masked",
    Format.ARTEFACTS: "artefacts: files with a runbook, for what no API can change",
}
_NEXT = {
    Format.PATCHES: "Next: `git apply` them in the order of their names onto what manifests "
    "writes. Files of your own repository: `k8sharden plan -f FOLDER -o diff` patches them.",
    Format.MANIFESTS: "Nothing in them is changed yet: keep them to compare, or to go back.",
    Format.ARTEFACTS: "Next: the RUNBOOK.md of each folder says what to do with its files.",
}
_FIRST_SHOWN = 12


class Choice(RadioButton):
    """A radio button whose mark is there or not: Textual's differ in colour alone."""

    @property
    def _button(self) -> Content:
        return Content("(●)" if self.value else "( )")


class ExportScreen(HardeningScreen):
    """Choose a format and a folder."""

    CSS_PATH = "export.tcss"
    crumb = "export"
    offers = ()
    opening = "Writes files only. A file that exists with other contents stops the export."

    BINDINGS: ClassVar[list[BindingType]] = [
        key("export.write", "f2", "write", "Write", "Write the files"),
    ]

    def __init__(self, desk: Desk, session: Session, make: Make, words: tuple[str, ...]) -> None:
        super().__init__(desk)
        self._session = session
        self._make = make
        self._plan: Plan | None = None
        self._words = words[1:] if words[:1] in (("apply",), ("export",)) else ()

    def body(self) -> ComposeResult:
        """Yield the formats, the folder, and what came of it."""
        yield Prose(Content("Planning…"), id="sum", classes="heading")
        with RadioSet(id="format"):
            for form in Format:
                yield Choice(Content(_MEANING[form]), id=form, value=form is Format.PATCHES)
        yield Prose(Content("Folder"), classes="heading")
        yield Input(value="hardening", id="folder", placeholder="folder")
        yield Button(Content("Write"), id="write", variant="primary")
        with Page(id="written"):
            yield Prose(id="report")
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """Begin with the formats."""
        self.query_one("#folder", Input).cursor_blink = False
        self.query_one("#format", RadioSet).focus()
        self._show_command()
        self.work("plan", lambda: self._make(lambda _n, _of: None), self._planned)

    def _planned(self, plan: Plan) -> None:
        self._plan = plan
        if not any(planned.bound for planned in plan.changes):
            # A plan of files alone has nothing that the first format could hold.
            self.query_one(f"#{Format.ARTEFACTS}", RadioButton).value = True
        said = f"Export {counted(len(plan.changes), 'change')} as files."
        if plan.unfixed:
            said += (
                f" {counted(len(plan.unfixed), 'finding')} without a change: see the review (a)."
            )
        self.query_one("#sum", Prose).update(Content(said))

    @property
    def _form(self) -> Format:
        return list(Format)[max(0, self.query_one("#format", RadioSet).pressed_index)]

    @property
    def _folder(self) -> Path:
        return Path(self.query_one("#folder", Input).value.strip() or "hardening").expanduser()

    def _show_command(self) -> None:
        words = self._session.command(
            "export", "--format", self._form, "--out", str(self._folder), *self._words
        )
        self.tell_command(words)

    def on_radio_set_changed(self) -> None:
        """Show the command for the chosen format."""
        self._show_command()

    def on_input_changed(self) -> None:
        """Show the command for the folder."""
        self._show_command()

    def on_input_submitted(self) -> None:
        """Enter in the folder writes."""
        self.action_write()

    def on_button_pressed(self) -> None:
        """Write."""
        self.action_write()

    def action_write(self) -> None:
        """Write the files in a thread."""
        if self._plan is None:
            self.say("The plan is still being made.")
            return
        self.query_one("#report", Prose).update(Content("Writing…"))
        write = partial(self._session.export, self._plan, self._folder, self._form)
        self.work("export", write, self._written, writes=True)

    def _written(self, export: Export) -> None:
        rows = [plain(f"{counted(len(export.written), 'file')} written:")]
        rows += [plain(f"  {path}") for path in export.written[:_FIRST_SHOWN]]
        if len(export.written) > _FIRST_SHOWN:
            rows.append(Content(f"  … and {len(export.written) - _FIRST_SHOWN} more"))
        rows += [Content(_NEXT[self._form])]
        if not export.written:
            rows = [Content("This plan has nothing of that kind: choose another format.")]
        rows += [
            plain(f"Left out, since it would show a secret: {name}") for name in export.left_out
        ]
        rows += [plain(f"Secret values are masked in: {name}") for name in export.masked]
        self.query_one("#report", Prose).update(lines(rows))

    def failed(self, name: str, error: BaseException) -> None:
        """Say why below the button; the folder can be changed right there."""
        self.query_one("#report", Prose).update(Content("Nothing was written."))
        super().failed(name, error)
