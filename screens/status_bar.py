"""The bar at the top: where you are, whether anything can be written, what was found, how old."""

from textual.content import Content

from k8sharden.model.finding import Status
from k8sharden.model.text import one_line
from screens.desk import Desk
from screens.prose import Prose
from screens.words import age


class StatusBar(Prose):
    """One line that never wraps; what comes first matters most."""

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
        style = "bold" if self._desk.locked or session.place.training else "bold $text-error"
        badge = [(" DEMO ", "bold reverse")] if session.place.training else []
        name = one_line(session.place.name, 40)
        badge += [(" PRODUCTION ", "bold reverse")] if production else []
        return [*badge, Content.assemble(" ", (name, style), " · ", (mode, style))]

    def _counts(self) -> Content:
        desk = self._desk
        if desk.scanning:
            return Content(" · scanning…")
        if desk.scan is None:
            return Content("")
        failing = sum(finding.counts for finding in desk.findings)
        unknown = sum(finding.status is Status.UNKNOWN for finding in desk.findings)
        marked = f", {len(desk.marks)} marked" if desk.marks else ""
        since = age(desk.clock() - desk.scan.inventory.scanned_at)
        text = f" · {failing} failing, {unknown} unknown{marked} · {since}"
        return Content(text)
