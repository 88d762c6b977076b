"""The list of findings: marks, ranges, filters, and 50,000 rows."""

import time

from textual.app import App, ComposeResult

from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.ref import Ref
from screens.findings_list import FindingsList
from screens.rows import ready
from tests.screens.driver import run


def finding(number: int) -> Finding:
    """Return one of many findings."""
    ref = Ref("apps/v1", "Deployment", f"team-{number % 50}", f"app-{number}")
    return Finding(
        "rt-rofs", Area.RUNTIME, Severity.MEDIUM, Status.FAIL, ref, f"Container {number} can write."
    )


class ListApp(App[None]):
    """Only the list."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.marks: set[str] = set()
        self._rows = ready(map(finding, range(number)))

    def compose(self) -> ComposeResult:
        """Yield it."""
        yield FindingsList(self.marks)

    def on_mount(self) -> None:
        """Fill it."""
        self.rows.focus()
        self.rows.load(self._rows)

    @property
    def rows(self) -> FindingsList:
        """The list."""
        return self.query_one(FindingsList)

    def names(self) -> set[str]:
        """Return the names of the marked objects."""
        return {row.finding.resource.name for row in self._rows if row.id in self.marks}


def test_space_marks_and_goes_on() -> None:
    """Two spaces mark the first two; space on a marked one unmarks it."""

    async def test() -> None:
        app = ListApp(5)
        async with app.run_test() as pilot:
            await pilot.press("space", "space")
            assert app.names() == {"app-0", "app-1"}
            await pilot.press("g", "space")
            assert app.names() == {"app-1"}

    run(test())


def test_a_range_is_marked() -> None:
    """From v to v everything between is marked."""

    async def test() -> None:
        app = ListApp(9)
        async with app.run_test() as pilot:
            await pilot.press("j", "v", "j", "j", "v")
            assert app.names() == {"app-1", "app-2", "app-3"}

    run(test())


def test_a_range_can_be_given_up() -> None:
    """What was begun with v and given up marks nothing."""

    async def test() -> None:
        app = ListApp(9)
        async with app.run_test() as pilot:
            await pilot.press("v", "j", "j")
            assert app.rows.drop_range()
            assert not app.rows.drop_range()
            assert app.names() == set()

    run(test())


def test_mark_all_is_only_what_is_shown() -> None:
    """With a filter A marks what it lets through; the rest keeps its marks, which are counted."""

    async def test() -> None:
        app = ListApp(100)
        async with app.run_test() as pilot:
            await pilot.press("space")
            app.rows.narrow("team-7 deployment")
            await pilot.press("A")
            assert app.names() == {"app-0", "app-7", "app-57"}
            assert app.rows.hidden_marks == 1
            await pilot.press("A")
            assert app.names() == {"app-0"}

    run(test())


def test_the_cursor_stays_on_its_finding() -> None:
    """A filter that still shows the finding under the cursor does not move away from it."""

    async def test() -> None:
        app = ListApp(100)
        async with app.run_test() as pilot:
            app.rows.cursor = 57
            app.rows.narrow("team-7")
            await pilot.pause()
            assert app.rows.current == app._rows[57].finding
            app.rows.narrow("nothing like it")
            assert app.rows.current is None

    run(test())


def test_fifty_thousand_rows_do_not_stall() -> None:
    """Loading and filtering 50,000 findings each take far less than a `DataTable` (5 s) does."""

    async def test() -> None:
        app = ListApp(50_000)
        async with app.run_test() as pilot:
            started = time.monotonic()
            app.rows.narrow("team-7 container")
            await pilot.press("G")
            assert time.monotonic() - started < 1.5
            assert app.rows.shown == 1_000

    run(test())
