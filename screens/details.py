"""What there is to say of one finding: what, where, how it is fixed, why it matters."""

from textual.app import ComposeResult
from textual.content import Content

from k8sharden.model.change import Change, NoChange
from k8sharden.model.finding import Finding
from k8sharden.model.item import Item
from screens.base import Page
from screens.change_words import KIND, RISK
from screens.evidence import evidence_line
from screens.prose import Prose
from screens.words import SEVERITY_STYLE, hanging, labelled, lines, severity_word

Answer = Change | NoChange | None
"""The fix of a finding, why there is none, or None while it is worked out."""

_NOT_COUNTED = {
    "unknown": "unknown, at worst ",
    "system": "system, not counted: ",
    "waived": "waived, not counted: ",
}

_GROUP = (
    "This is the head of a group. Enter or l shows its findings, h folds it again; space marks all "
    "of them."
)


def severity(finding: Finding) -> Content:
    """Return how bad it is, and whether that counts, with the ids of the check and the finding."""
    word = (str(finding.severity), SEVERITY_STYLE[finding.severity])
    before = _NOT_COUNTED.get(severity_word(finding), "")
    return Content.assemble(before, word, f" · {finding.check} · {finding.id}")


class Details(Page):
    """The details under the list of findings."""

    _finding: Finding | None = None
    _item: Item | None = None
    _answer: Answer = None

    def compose(self) -> ComposeResult:
        """Yield the text."""
        yield Prose(id="about")

    def tell(self, finding: Finding | None, item: Item | None, answer: Answer) -> None:
        """Show another finding, or its fix once that is known."""
        self._finding, self._item, self._answer = finding, item, answer
        self._draw()

    def on_resize(self) -> None:
        """Wrap the lines anew."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        text = self.query_one("#about", Prose)
        wide = text.size.width or 70
        text.update(lines(self._rows(self._finding, wide)) if self._finding else Content(_GROUP))

    def _rows(self, finding: Finding, wide: int) -> list[Content]:
        item = self._item
        rows = [
            Content.assemble((item.title if item else finding.check, "bold")),
            hanging("Finding", finding.message, wide),
            labelled("Severity", severity(finding)),
            hanging("Object", finding.resource.label, wide),
            hanging("Field", finding.path, wide, path=True)
            if finding.path
            else labelled("Field", "the object as a whole"),
            hanging("Fix", self._fix(), wide),
        ]
        if item:
            rows.append(hanging("Why", " ".join(item.lesson.why.split()), wide))
        if finding.evidence:
            rows.append(hanging("Seen", evidence_line(finding), wide))
        return rows

    def _fix(self) -> str:
        match self._answer:
            case Change(kind=kind, risk=risk, title=title):
                return f"{title} ({KIND[kind]}; {RISK[risk]}). d shows it."
            case NoChange(reason=reason):
                return f"none is generated: {reason}"
            case _:
                return "…"
