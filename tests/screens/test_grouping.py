"""Sorting and grouping: the order of rows, folded groups, and marks that stay."""

from pathlib import Path
from typing import TypeVar, cast

from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.ref import Ref
from screens.arranging import Grouping, Order, Steps, gathered, ordered
from screens.findings_list import FindingsList
from screens.rows import ready
from tests.screens.driver import opened, run
from tests.screens.test_findings_list import ListApp

NUMBER = 5_000
T = TypeVar("T")


def drained(steps: Steps[T]) -> T:
    """Return what a generator of steps returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("T", end.value)


def mixed(number: int) -> Finding:
    """Return one of many findings, in no order of names."""
    name = f"app-{number * 37 % NUMBER:04}"
    ref = Ref("apps/v1", "Deployment", f"team-{number % 7}", name)
    return Finding(
        f"rt-{number % 3}", Area.RUNTIME, Severity.LOW, Status.FAIL, ref, "It can write."
    )


ROWS = ready(map(mixed, range(NUMBER)))


def test_small_steps_sort_as_one_would() -> None:
    """The steps together give exactly the stable order that one sort gives."""
    for order, field in ((Order.OBJECT, "where"), (Order.CHECK, "check")):
        keys = [row.where if field == "where" else row.finding.check for row in ROWS]
        assert drained(ordered(ROWS, order)) == sorted(range(NUMBER), key=keys.__getitem__)
    assert drained(ordered(ROWS, Order.WORST)) == list(range(NUMBER))


def test_groups_hold_every_row_once_and_keep_the_order() -> None:
    """Each group has the rows of its name, in the order that they came in."""
    groups = drained(gathered(ROWS, range(NUMBER), Grouping.NAMESPACE))
    assert [*groups.names] == [f"team-{n}" for n in range(7)]
    for number in range(7):
        assert [*groups[number].rows] == list(range(number, NUMBER, 7))


def test_a_group_is_marked_and_folded_by_its_head() -> None:
    """Space on a head marks its group; folded, only the head is left, and the marks stay."""

    async def test() -> None:
        app = ListApp(100)
        async with app.run_test() as pilot:
            app.rows.sort(Order.WORST, Grouping.NAMESPACE)
            await pilot.press("g", "space")
            assert app.names() == {"app-0", "app-50"}
            await pilot.press("g", "enter", "j", "space")
            assert app.names() == {"app-0", "app-50", "app-1", "app-51"}
            await pilot.press("g", "right", "j")
            assert app.rows.current == app._rows[0].finding
            await pilot.press("left", "space")
            assert app.names() == {"app-1", "app-51"}

    run(test())


def test_marks_survive_filter_sort_group_and_rescan(tmp_path: Path) -> None:
    """The same findings stay marked, and the bar says how many of them are out of sight."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            await driver.press("3", "space", "space", "space")
            marks = set(driver.app.desk.marks)
            assert len(marks) == 3
            for key in ("o", "o", "b", "b", "b", "b", "o"):
                await driver.press(key)
                assert driver.app.desk.marks == marks
            await driver.press("slash", *"no such words", "enter")
            assert "3 marked (3 hidden)" in driver.text
            await driver.press("escape", "r")
            await driver.until(lambda: not driver.app.desk.scanning)
            await driver.settle()
            assert driver.app.desk.marks == marks
            assert driver.app.screen.query_one(FindingsList).hidden_marks == 0

    run(test())
