"""A click on what was just taken away: it is still drawn, and no part of the screen any more."""

from textual.app import App
from textual.errors import NoWidget
from textual.events import Event, MouseDown
from textual.screen import Screen


def on_what_is_gone(app: App[None], event: Event) -> bool:
    """Tell whether this presses a widget without a parent, such as a sentence that just ended.

    Textual (8.2.8) asks for that parent's region, to select text, and crashes.
    """
    if not isinstance(event, MouseDown):
        return False
    try:
        widget, _ = app.get_widget_at(event.x, event.y)
    except NoWidget:
        return False
    return widget.parent is None and not isinstance(widget, Screen)
