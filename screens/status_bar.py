"""The bar at the top: where you are, whether anything can be written, what was found, how old."""

from textual.content import Content

from k8sharden.model.text import one_line
from screens.desk import Desk
from screens.prose import Prose
from screens.words import age


class StatusBar(Prose):
    """One line that never wraps; what comes first matters most."""

    hidden = 0
    """How many of the marked findings are not in the list below."""

    def __init__(self, desk: Desk, crumb: str) -> None:
        super().__init__()
        self._desk = desk
        self._crumb = crumb

    def on_mount(self) -> None:
        """Keep the age of the scan true."""
        self.refresh_bar()
        self.set_interval(20, self.refresh_bar)

    def refresh_bar(self) -> None:
        """Write the bar anew."""
        self.update(Content.assemble(*self._place(), " / ", (self._crumb, "bold"), self._counts()))

    def _place(self) -> list[Content | tuple[str, str]]:
        session = self._desk.session
        if session is None:
            return [(" k8sharden ", "bold reverse")]
        mode = "READ-ONLY" if self._desk.locked else "WRITE"
        production = session.place.production
        self.set_class(production, "-production")
        # On the red bar of production red words would not be seen.
        calm = self._desk.locked or session.place.training or production
        style = "bold" if calm else "bold $text-error"
        badge = [(" DEMO ", "bold reverse")] if session.place.training else []
        name = one_line(session.place.name, 40)
        badge += [(" PRODUCTION ", "bold reverse")] if production else []
        return [*badge, Content.assemble(" ", (name, style), " · ", (mode, style))]

    def _counts(self) -> Content:
        desk = self._desk
        if desk.opening:
            return Content(" · opening…")
        if desk.scanning:
            return Content(" · scanning…")
        if desk.shelf is None:
            return Content("")
        since = age(desk.clock() - desk.shelf.scan.inventory.scanned_at)
        counts = f"{desk.shelf.failing:,} failing"
        if desk.shelf.unknown:
            counts += f", {desk.shelf.unknown:,} unknown"
        return Content(f" · {counts}{self._marked()} · {since}")

    def _marked(self) -> str:
        number = len(self._desk.marks)
        hidden = f" ({self.hidden:,} hidden)" if number and self.hidden else ""
        return f", {number:,} marked{hidden}" if number else ""
