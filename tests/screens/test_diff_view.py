"""The diff: always signs, hunks to jump to, and lines that scroll sideways."""

from textual.app import App, ComposeResult

from k8sharden.changes.diff import FileDiff, unified
from screens.diff_view import DiffView
from tests.screens.driver import run

BEFORE = "".join(f"line {number}\n" for number in range(60))
AFTER = BEFORE.replace("line 5\n", "line five\n").replace(
    "line 50\n", "line fifty" + "y" * 200 + "\n"
)


class DiffApp(App[None]):
    """Only the diff."""

    def compose(self) -> ComposeResult:
        """Yield it."""
        yield DiffView()

    def on_mount(self) -> None:
        """Fill it."""
        self.view.focus()
        self.view.load(["A note"], [FileDiff("a.yaml", unified("a.yaml", BEFORE, AFTER))])

    @property
    def view(self) -> DiffView:
        """The diff."""
        return self.query_one(DiffView)


def test_signs_are_always_there() -> None:
    """What goes begins with -, what comes with +, whatever the colours."""

    async def test() -> None:
        app = DiffApp()
        async with app.run_test(size=(60, 10)):
            assert "\n-line 5\n+line five\n" in app.view.text
            assert app.view.text.startswith("A note\n")

    run(test())


def test_n_and_p_go_from_hunk_to_hunk() -> None:
    """The key n stops at each @@ header, p goes back."""

    async def test() -> None:
        app = DiffApp()
        async with app.run_test(size=(60, 10)) as pilot:
            rows = app.view.text.split("\n")
            hunks = [number for number, row in enumerate(rows) if row.startswith("@@")]
            assert len(hunks) == 2
            await pilot.press("n")
            assert app.view.scroll_offset.y == hunks[0]
            await pilot.press("n")
            assert app.view.scroll_offset.y == hunks[1]
            await pilot.press("p")
            assert app.view.scroll_offset.y == hunks[0]

    run(test())


def test_a_long_line_scrolls_sideways() -> None:
    """Lines are not wrapped: the end of a long one is reached with l."""

    async def test() -> None:
        app = DiffApp()
        async with app.run_test(size=(60, 10)) as pilot:
            assert app.view.max_scroll_x > 100
            await pilot.press("l", "l")
            await pilot.pause()
            assert app.view.scroll_target_x > 0

    run(test())


def test_before_and_after_stand_beside_each_other_where_there_is_room() -> None:
    """With t what goes is on the left of what comes in its place; on a small terminal it is not."""

    async def test() -> None:
        app = DiffApp()
        async with app.run_test(size=(130, 20)) as pilot:
            unified_lines = app.view.text
            await pilot.press("t")
            drawn = [app.view.render_line(y).text for y in range(20)]
            changed = next(line for line in drawn if "-line 5 " in line)
            assert changed.index("-line 5 ") < changed.index("│") < changed.index("+line five")
            same = next(line for line in drawn if "line 4 " in line)
            assert same.count(" line 4 ") == 2
            await pilot.resize_terminal(80, 20)
            await pilot.pause()
            assert app.view.text == unified_lines
            await pilot.resize_terminal(130, 20)
            await pilot.press("t")
            assert app.view.text == unified_lines

    run(test())
