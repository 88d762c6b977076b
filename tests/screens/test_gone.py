"""Clicks on what is just being taken away."""

from pathlib import Path

from textual.events import MouseDown
from textual.widgets._toast import Toast

from tests.screens.driver import opened, run


def test_a_click_on_a_sentence_that_just_ended_does_nothing(tmp_path: Path) -> None:
    """It is still drawn, but has no parent any more: the app lives on."""

    async def test() -> None:
        async with opened(tmp_path) as driver:
            driver.app.say("Gone in a moment.")
            await driver.settle()
            toast = driver.app.screen.query_one(Toast)
            x, y = toast.region.center
            await toast.remove()
            assert driver.app.get_widget_at(int(x), int(y))[0] is toast
            press = MouseDown(toast, int(x), int(y), 0, 0, 1, shift=False, meta=False, ctrl=False)
            await driver.app.on_event(press)
            await driver.press("question_mark")
            assert driver.crumb == "help"

    run(test())
