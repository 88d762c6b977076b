"""Who may reach whom: namespaces, or the workloads of one, before and after the fixes."""

from functools import partial
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.cells import Extent, Spot
from k8sharden.analysis.network.cni import enforcement, said
from k8sharden.analysis.network.comparison import Comparison, compared
from k8sharden.analysis.network.policies import policies_of
from k8sharden.session import Scan, Session
from screens.base import HardeningScreen, Page
from screens.desk import Desk
from screens.grid import Grid, Place, Sheet
from screens.keys import key, quiet
from screens.prose import Prose
from screens.reach_words import Cellular, behind, total
from screens.words import lines

_AROUND = 4
_HEAD = 20
_NARROW, _WIDE = 7, 10
"""Cells of a column: a word for namespaces, and room for a port for workloads."""
_WORDS = {
    Extent.ALL: ("all", "grid--open"),
    Extent.SOME: ("some", "grid--some"),
    Extent.NONE: ("·", "grid--shut"),
    Extent.UNKNOWN: ("?", "grid--unknown"),
    Extent.EMPTY: ("-", "grid--shut"),
}


class Compared(NamedTuple):
    """The matrix, and whether the fixes change anything."""

    comparison: Comparison
    fixed: bool


class ReachScreen(HardeningScreen):
    """The matrix over what is behind the cell under the cursor."""

    CSS_PATH = "reach.tcss"
    crumb = "reach"
    offers = ("journal",)
    opening = "Who may reach whom, by which policy, and what the fixes leave of it."

    BINDINGS: ClassVar[list[BindingType]] = [
        key("reach.after", "f", "after", "After fixes", "As it is now, or after all fixes"),
        quiet("reach.list", "P", "findings", "Findings", "Back to the findings"),
    ]

    def __init__(
        self,
        desk: Desk,
        session: Session,
        scan: Scan,
        namespace: str = "",
        *,
        later: bool = False,
    ) -> None:
        super().__init__(desk)
        self._session = session
        self._scan = scan
        self._namespace = namespace
        self._found: Compared | None = None
        self._later = later

    def body(self) -> ComposeResult:
        """Yield the sum, the matrix, and what is behind one cell."""
        yield Prose(Content("Working it out."), id="sum", classes="heading")
        yield Grid(cell=_WIDE if self._namespace else _NARROW, head=_HEAD)
        with Page(id="behind"):
            yield Prose(id="words")
        yield Prose(id="command", classes="command")

    def on_mount(self) -> None:
        """Work the matrix out in a thread."""
        self.query_one(Grid).focus()
        self._tell_command()
        self.work("reach", self._look, self._take)

    def _look(self) -> Compared:
        """Compare the policies with those after all fixes. Called in a thread."""
        inventory = self._scan.inventory
        before = policies_of(inventory)
        after = self._session.foreseen_policies(self._scan)
        found = compared(inventory, before, after or before, self._namespace)
        for spot in found.spots:
            found.before.row(spot)
            found.after.row(spot)
        calls_of(inventory)
        return Compared(found, after is not None)

    def _take(self, found: Compared) -> None:
        self._found = found
        self._draw()

    def _draw(self) -> None:
        if self._found is None:
            return
        spots = self._found.comparison.spots
        names = [spot.ref.name if spot.ref else spot.label for spot in spots]
        self.query_one(Grid).load(Sheet(names, names, self._word))
        self._tell_sum()

    def _tell_command(self) -> None:
        within = ("-n", self._namespace) if self._namespace else ()
        later = ("--after",) if self._later else ()
        self.tell_command(self._session.command("reach", *within, *later))

    def _tell_sum(self) -> None:
        assert self._found is not None  # noqa: S101 - for mypy: only called once it is there
        told = total(self._found.comparison, self._namespace, fixed=self._found.fixed)
        enforced = said(enforcement(self._scan.inventory))
        when = "after all fixes" if self._later else "now"
        parts = [Content.assemble((f"Shown: {when}", "bold")), Content(told)]
        parts += [Content(enforced)] if enforced else []
        self.query_one("#sum", Prose).update(Content(" · ").join(parts))

    def _word(self, row: int, column: int) -> tuple[str, str]:
        """Return a cell's word, and the name of its colour."""
        assert self._found is not None  # noqa: S101 - as above
        comparison = self._found.comparison
        source, target = comparison.spots[row], comparison.spots[column]
        matrix = comparison.after if self._later else comparison.before
        cell = matrix.cell(source, target)
        word, style = _WORDS[cell.extent]
        if self._namespace and cell.extent is Extent.SOME:
            word = cell.said
        changed = self._found.fixed and not comparison.change(source, target).same
        return f"{word}*" if changed else word, style

    def on_grid_moved(self) -> None:
        """Say what is behind the cell under the cursor."""
        cellular = self._cellular()
        if cellular is not None:
            self.work("behind", partial(behind, cellular), self._tell)

    def _cellular(self) -> Cellular | None:
        place = self.query_one(Grid).cursor
        if place is None or self._found is None:
            return None
        source, target = self._ends(place)
        return Cellular(
            self._found.comparison,
            source,
            target,
            calls_of(self._scan.inventory),
            self._found.fixed,
            self._later,
            (self.query_one("#behind", Page).size.width or self.app.size.width) - _AROUND,
        )

    def _ends(self, place: Place) -> tuple[Spot, Spot]:
        assert self._found is not None  # noqa: S101 - as above
        spots = self._found.comparison.spots
        return spots[place.row], spots[place.column]

    def _tell(self, told: tuple[Content, ...]) -> None:
        self.query_one("#words", Prose).update(lines(told))
        self.query_one("#behind", Page).scroll_home(animate=False)

    def on_grid_opened(self) -> None:
        """Go into the namespace that the cell leads to; from a workload into what is behind it."""
        place = self.query_one(Grid).cursor
        if place is None or self._found is None:
            return
        target = self._ends(place)[1]
        if self._namespace or not target.namespace:
            self.query_one("#behind", Page).focus()
        else:
            name, later = target.namespace, self._later
            within = ReachScreen(self.desk, self._session, self._scan, name, later=later)
            self.app.push_screen(within)

    def action_after(self) -> None:
        """Show the other of now and after all fixes."""
        if self._found is not None and not self._found.fixed:
            self.say("No fix of this scan changes a policy.")
            return
        self._later = not self._later
        self._tell_command()
        self._draw()

    def action_findings(self) -> None:
        """Go back to the findings, from within a namespace as well."""
        while isinstance(self.app.screen, ReachScreen):
            self.app.pop_screen()
