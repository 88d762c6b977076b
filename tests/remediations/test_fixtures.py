"""Each item is held to its fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.item import Item
from remediations import OWN
from tests.remediations import harness
from tests.remediations.harness import Document, Side
from tests.remediations.judge import problems

CASES = [
    pytest.param(item, side, path, id=f"{item.id}-{side}-{path.stem}")
    for item in OWN
    for side in harness.SIDES
    for path in harness.fixtures(item.id, side)
]


@pytest.mark.parametrize(("item", "side", "path"), CASES)
def test_an_item_judges_its_fixtures_rightly(item: Item, side: Side, path: Path) -> None:
    """What is bad is found and fixed, or given a reason; the look-alike is left in peace."""
    assert list(problems(item, side, harness.read(path))) == []


@pytest.mark.parametrize("item", OWN, ids=[item.id for item in OWN])
def test_an_item_has_fixtures_of_both_sides_and_a_fix(item: Item) -> None:
    """An item that nothing shows right and wrong could say anything."""
    assert harness.fixtures(item.id, "pass")
    failing = [harness.read(path) for path in harness.fixtures(item.id, "fail")]
    assert failing
    if item.kind is not ChangeKind.ADVICE:
        assert any(
            isinstance(answer, Change) for docs in failing for answer in _answers(item, docs)
        )


def _answers(item: Item, docs: list[Document]) -> Iterator[Change | NoChange]:
    seen = harness.inventory(docs)
    yield from (item.remediate(found, seen) for found in harness.findings(item, docs))
