"""The plan that takes journal entries back, with what is in its way."""

from typing import ClassVar

from textual.binding import BindingType

from k8sharden.changes.plan import Plan
from k8sharden.changes.recorded import diff_edited, three_way
from k8sharden.model.masking import Masker
from k8sharden.model.text import one_line
from k8sharden.session import Session
from screens.base import Table
from screens.desk import Desk
from screens.diff_view import DiffView
from screens.keys import key
from screens.review import ReviewScreen
from screens.words import counted


class UndoScreen(ReviewScreen):
    """A review of an undo. What somebody changed since is shown three ways, and left to a choice.

    ``partial`` leaves alone what somebody else changed since.
    """

    opening = (
        "What would be taken back, newest first. The last row says what cannot be, and why: + adds "
        "the entries that it needs, P takes back only what is still as we left it."
    )

    left = "not taken back"

    BINDINGS: ClassVar[list[BindingType]] = [
        key("undo.needed", "plus", "add_needed", "Add needed", "Take back what stands on it, too"),
        key("undo.partial", "P", "partial", "Only ours", "Leave alone what others changed since"),
    ]

    def __init__(
        self, desk: Desk, session: Session, entries: tuple[str, ...], *, partial: bool = False
    ) -> None:
        words = ("journal", "undo", *entries, *(("--partial",) if partial else ()))
        super().__init__(
            desk,
            session,
            lambda _: session.history.undo(
                entries,
                session.place.source(),
                partial=partial,
                inventory=desk.scan.inventory if desk.scan else None,
            ),
            words,
        )
        self._entries = entries
        self._partial = partial

    def show(self) -> None:
        """Judge the plan once there is a scan: what it cuts shows only beside who calls whom."""
        super().show()
        self._judge()

    def _planned(self, plan: Plan) -> None:
        super()._planned(plan)
        self._judge()

    def _judge(self) -> None:
        plan, scan = self._plan, self.desk.scan
        if plan and plan.blind and scan:
            self.work("judge", lambda: (plan, self._session.judged(plan, scan)), self._judged)

    def _judged(self, brought: tuple[Plan, Plan]) -> None:
        """Show what the scan tells, unless another change was left out meanwhile."""
        blind, seeing = brought
        if self._plan is not blind:
            return
        row = self.query_one(Table).cursor_row
        self._planned(seeing)
        self.query_one(Table).move_cursor(row=row)

    def _confirmed(self, yes: bool | None) -> None:  # noqa: FBT001 - what a dialog gives back
        """Go back to a plan that a scan tells more of by now than when it was agreed to."""
        if yes and self._plan and self._plan.blind and self.desk.scan:
            self.say("The cluster was scanned meanwhile: look what it shows, then confirm again.")
        else:
            super()._confirmed(yes)

    def _sum(self, plan: Plan) -> str:
        return f"{counted(len(plan.changes), 'change')} to take back"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a way only where it leads somewhere."""
        if action == "add_needed":
            return bool(self._needs())
        if action == "partial":
            return self._drifted()
        return super().check_action(action, parameters)

    def _needs(self) -> tuple[str, ...]:
        left = self._plan.unfixed if self._plan else ()
        needed = (name for unfixed in left for name in unfixed.needs)
        return tuple(dict.fromkeys(name for name in needed if name not in self._entries))

    def _drifted(self) -> bool:
        return any(unfixed.drift for unfixed in (self._plan.unfixed if self._plan else ()))

    def _reasons(self, plan: Plan) -> list[str]:
        masker = Masker()
        rows = []
        for unfixed in plan.unfixed:
            rows += [f"Entry {unfixed.finding}", f"    {one_line(unfixed.reason)}"]
            for field in unfixed.drift:
                rows += [f"    {line}" for line in three_way(field, masker)]
        return rows or ["There is nothing to take back."]

    def _show_change(self) -> None:
        """Beside the reasons, show what somebody made of objects that are left alone."""
        super()._show_change()
        if self._plan and not self._current:
            masker = Masker()
            edited = [left.edited for left in self._plan.unfixed if left.edited]
            diffs = [diff_edited(each, masker) for each in edited]
            self.query_one(DiffView).load(self._reasons(self._plan), diffs)

    def action_add_needed(self) -> None:
        """Review the undo anew, with the entries that it needs."""
        self._anew((*self._entries, *self._needs()), partial=self._partial)

    def action_partial(self) -> None:
        """Review the undo anew, of what is still as we left it."""
        self._anew(self._entries, partial=True)

    def _anew(self, entries: tuple[str, ...], *, partial: bool) -> None:
        self.app.pop_screen()
        self.house.review_undo(entries, partial=partial)
