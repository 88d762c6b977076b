"""The documents say what is true: each test that one names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
DOCUMENTS = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_is_named_is_there(document: Path) -> None:
    """A promise whose test was renamed or removed would look kept."""
    missing = [
        f"{file}::{name}"
        for file, name in NAMED.findall(document.read_text("utf-8"))
        if name not in _tests(ROOT / file)
    ]
    assert not missing


def test_each_promise_of_safety_names_a_test() -> None:
    """Rows of its tables, the heads aside, end in at least one."""
    text = (ROOT / "docs/safety.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    promises = [row for row in rows if not row.startswith("| Promise")]
    assert len(promises) > 20
    assert not [row for row in promises if not NAMED.search(row)]
    # An empty line would end the table, and the rows below it would be read as prose.
    assert "|\n\n|" not in text


def test_decisions_are_numbered_once() -> None:
    """A record is cited by its number: its name and its heading have the same one."""
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    heads = [int(each.read_text("utf-8").split(".")[0].removeprefix("# ")) for each in records]
    assert heads == [int(each.name[:4]) for each in records] == list(range(1, len(records) + 1))


def _tests(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
