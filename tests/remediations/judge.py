"""What an item gets wrong in a fixture.

In a `pass` fixture nothing may be found and nothing stay open; in a `fail` fixture something must
be found, and what answers it must take it away; an `unknown` fixture must leave questions open and
claim nothing.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from k8sharden.model.change import Change, NoChange
from k8sharden.model.finding import Finding, Status
from k8sharden.model.item import Item
from tests.remediations.harness import Document, Side, applied, findings, inventory


def problems(item: Item, side: Side, docs: list[Document]) -> Iterator[str]:
    """Yield what an item gets wrong in a fixture, in a sentence each; nothing where it is right."""
    seen = inventory(docs)
    said = list(item.evaluate(seen))
    found = [finding for finding in said if finding.status == side]
    if side == "pass":
        yield from (
            f"It says {each.status} of {each.resource.label}: {each.message}" for each in said
        )
    elif not found:
        yield f"It says {side} of nothing."
    if side == "unknown" and any(finding.status is Status.FAIL for finding in said):
        yield "It claims to know."
    answers = [(finding, item.remediate(finding, seen)) for finding in found]
    yield from _left(item, docs, answers)
    yield from _differences(docs, answers)


_Answers = list[tuple[Finding, Change | NoChange]]


def _left(item: Item, docs: list[Document], answers: _Answers) -> Iterator[str]:
    """Yield what is still found once its own change has been made."""
    for finding, answer in answers:
        if isinstance(answer, Change) and answer.writes:
            left = findings(item, applied(docs, [answer]))
            # What only the cluster's own parts are left in is theirs.
            if (finding.id, finding.system) in {(each.id, each.system) for each in left}:
                yield f"Its fix leaves {finding.resource.label} as bad as it was."


def _differences(docs: list[Document], answers: _Answers) -> Iterator[str]:
    """Yield where findings and answers are not those of the `Expected` document, if any."""
    for document in docs:
        if document["kind"] == "Expected":
            wanted = document["findings"]
            shown = [_shown(finding, answer) for finding, answer in answers]
            if sorted(map(_resource, wanted)) != sorted(map(_resource, shown)):
                yield f"It finds {[_resource(each) for each in shown]}."
            for each in wanted:
                if not any(_fits(each, other) for other in shown):
                    yield f"Wanted {each}, found {shown}."


def _shown(finding: Finding, answer: Change | NoChange) -> Document:
    """Write a finding and its answer in the words of `Expected`."""
    return {
        **msgspec.to_builtins(finding),
        "resource": finding.resource.label,
        "change": str(answer.kind) if isinstance(answer, Change) else "none",
    }


def _resource(finding: Document) -> str:
    return str(finding["resource"])


def _fits(expected: Any, shown: Any) -> bool:
    """Whether all that is expected is there; mappings may hold more."""
    if isinstance(expected, dict):
        return all(key in shown and _fits(value, shown[key]) for key, value in expected.items())
    return bool(expected == shown)
