"""The change that would answer one finding, as a diff against the object as it is now."""

from textual.app import ComposeResult
from textual.content import Content

from k8sharden.changes.diff import FileDiff
from k8sharden.changes.plan import Plan, Planned
from k8sharden.export.reports import owner_notes
from k8sharden.model.inventory import Source
from k8sharden.model.text import one_line
from k8sharden.session import Session
from screens.base import FindingScreen
from screens.change_words import KIND, risk_word
from screens.diff_view import ALARM, DiffView
from screens.prose import Prose
from screens.words import plain


def notes(planned: Planned, source: Source) -> list[str]:
    """Return what is to be known of a change beside its diff."""
    change = planned.change
    rows = [one_line(change.title, 300), f"{KIND[change.kind]} · {risk_word(planned)}"]
    if planned.rejected:
        rows.append(f"The server would refuse it: {one_line(planned.rejected)} (x drops it)")
    rows += [
        f"{ALARM if effect.cuts or effect.blind else 'Impact: '}{one_line(effect.said)}"
        for effect in sorted(planned.impact, key=lambda effect: not (effect.cuts or effect.blind))
    ]
    rows += [f"Owner: {one_line(note)}" for note in owner_notes(planned, source)]
    rows += [f"Warning: {one_line(warning)}" for warning in change.warnings]
    return rows + [f"Server: {one_line(line)}" for line in planned.checked]


class DiffScreen(FindingScreen):
    """Strictly for looking: nothing is sent to the cluster but a read of the object."""

    CSS_PATH = "diff.tcss"
    crumb = "diff"
    offers = ("review",)
    opening = "What the fix of this one finding would change. Looking changes nothing."

    def body(self) -> ComposeResult:
        """Yield the diff and the command that prints it."""
        yield Prose(id="title", classes="heading")
        yield DiffView()
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """Work the change out in a thread: it reads the object."""
        session, scan = self.desk.session, self.desk.scan
        self.query_one(DiffView).focus()
        if session is None or scan is None:
            return
        words = session.command("plan", "-o", "diff", "--finding", self._finding.id)
        self.tell_command(words)
        self.query_one("#title", Prose).update(Content("Reading the object…"))

        def run() -> tuple[Plan, tuple[FileDiff, ...]]:
            plan = session.plan(scan, [self._finding])
            return plan, _diffs(plan, session)

        self.work("diff", run, self._planned)

    def _planned(self, brought: tuple[Plan, tuple[FileDiff, ...]]) -> None:
        plan, diffs = brought
        heading = Content.assemble(plain(self._finding.message, 160))
        self.query_one("#title", Prose).update(heading)
        said = [line for planned in plan.changes for line in notes(planned, plan.source)]
        said += [f"No change: {one_line(unfixed.reason)}" for unfixed in plan.unfixed]
        self.query_one(DiffView).load(said, diffs)


def _diffs(plan: Plan, session: Session) -> tuple[FileDiff, ...]:
    return tuple(diff for planned in plan.changes for diff in session.preview(planned))
