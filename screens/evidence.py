"""What a check saw: its evidence, name by name."""

import json

from textual.app import ComposeResult
from textual.content import Content

from k8sharden.model.finding import Finding
from k8sharden.model.text import one_line, visible
from screens.base import FindingScreen, Page
from screens.prose import Prose
from screens.words import hanging, labelled, lines, plain

MOST = 20_000
"""Characters of evidence that are drawn."""


def evidence_line(finding: Finding) -> str:
    """Return the evidence on one line."""
    pairs = (f"{name}: {_short(value)}" for name, value in finding.evidence.items())
    return one_line("; ".join(pairs), 300)


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


class EvidenceScreen(FindingScreen):
    """The whole evidence of one finding."""

    CSS_PATH = "evidence.tcss"
    crumb = "evidence"
    offers = ("review",)
    opening = "What the check saw, so that you can judge it yourself. Secret values are not in it."

    def body(self) -> ComposeResult:
        """Yield the text."""
        with Page():
            yield Prose(id="evidence")

    def on_mount(self) -> None:
        """Let the keys scroll the text, which is written with the first size."""
        self.query_one(Page).focus()

    def on_resize(self) -> None:
        """Write it, as wide as there is room."""
        finding, wide = self._finding, self.app.size.width - 6
        rows = [
            labelled("Object", plain(finding.resource.label)),
            hanging("Finding", finding.message, wide),
            labelled("Field", plain(finding.path or "the object as a whole")),
        ]
        for name, value in finding.evidence.items():
            text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
            rows += [Content(""), Content.assemble((one_line(name, 100), "bold"))]
            rows.append(Content(visible(text[:MOST])))
        if not finding.evidence:
            rows += [Content(""), Content("The check keeps no evidence beside the finding itself.")]
        self.query_one("#evidence", Prose).update(lines(rows))
