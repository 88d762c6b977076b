"""Text in a widget: always as high as what it shows, and never markup."""

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from screens.prose import Prose
from tests.screens.driver import run


class ProseApp(App[None]):
    """Only a text, in something that scrolls."""

    def compose(self) -> ComposeResult:
        """Yield it."""
        with VerticalScroll():
            yield Prose()


def test_two_updates_around_a_layout_show_the_second() -> None:
    """A text that changes twice at once is as high as the second one, whenever the screen draws."""

    async def test() -> None:
        app = ProseApp()
        async with app.run_test() as pilot:
            text = app.query_one(Prose)
            text.update(Content("one line"))
            app.screen._refresh_layout()
            text.update(Content("one\ntwo\nthree"))
            await pilot.pause(0.2)
            assert text.region.height == 3

    run(test())
