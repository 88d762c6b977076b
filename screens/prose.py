"""Text in a widget: always `Content`, never markup."""

from textual.content import Content
from textual.visual import VisualType
from textual.widgets import Static

EMPTY = Content("")


class Prose(Static):
    """Shows text as it is. Everything that is no list, table or diff is shown by this."""

    def __init__(
        self,
        content: Content = EMPTY,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(content, id=id, classes=classes, markup=False)

    def update(self, content: VisualType = EMPTY, *, layout: bool = True) -> None:
        """Show another text."""
        super().update(content, layout=layout)
        # A screen that is laid out between two updates leaves the height of the first, since only
        # the first of them counts as a change of layout (Textual 8.2.8; a test holds this).
        self._box_model_cache.clear()
