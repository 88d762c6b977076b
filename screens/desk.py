"""What lies open on the desk: one session, its newest scan, and the marks."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from k8sharden import resume
from k8sharden.config import Config
from k8sharden.errors import K8shardenError
from k8sharden.evidence.files import NO_EVIDENCE, EvidenceFiles
from k8sharden.model.finding import Area, Finding
from k8sharden.resume import Spot

if TYPE_CHECKING:
    # The first frame is drawn before any of them is loaded: see `screens.rooms`.
    from k8sharden.changes.plan import Plan
    from k8sharden.session import Scan, Session
    from screens.rows import Row, Shelf

Tell = Callable[[int, int], None]
Make = Callable[[Tell], "Plan"]
"""Makes a plan, telling how many changes of how many are done."""


class Desk:
    """What all screens look at. Marks are ids, so they survive filters, sorting and rescans."""

    def __init__(
        self,
        state: Path,
        *,
        read_only: bool,
        clock: Callable[[], float] = time.time,
        evidence: EvidenceFiles = NO_EVIDENCE,
    ) -> None:
        self.state = state
        self.read_only = read_only
        self.evidence = evidence
        self.clock = clock
        self.settings = Config()
        self.session: Session | None = None
        self._before: list[Session] = []
        self.shelf: Shelf | None = None
        self.opening = False
        """Whether the first place is still being opened."""
        self.scanning = False
        self.applying = False
        self.writing = threading.Lock()
        """Held while a plan is applied, by the thread that does it."""
        self.stop = threading.Event()
        """Set when the program is asked to end: no further change is begun."""
        self.marks: set[str] = set()
        self.spot = Spot()
        """Where the cursor is; the marks of it are those of the desk."""
        self.back_to: Spot | None = None
        """Where one stopped the last time, until that area was opened again."""
        self.interrupted = ""
        """What is to be said of changes that were interrupted; empty where none was."""
        self._known = False
        self._kept: Spot | None = None
        self._kept_marks: set[str] | None = None

    def open(self, session: Session) -> None:
        """Put another session on the desk, and everything of the one before away."""
        if self.session is not None:
            # A thread may still write in its journal: it is closed at the very end.
            self._before.append(self.session)
        self._clear()
        self.session = session

    def close(self) -> None:
        """Put everything away."""
        for session in (*self._before, *((self.session,) if self.session else ())):
            session.close()
        self._before.clear()
        self._clear()

    def _clear(self) -> None:
        """Put the scan away; where one stopped is kept."""
        self.keep_spot()
        self.spot, self.back_to, self.interrupted, self._known = Spot(), None, "", False
        self._kept, self._kept_marks = None, None
        self.session = self.shelf = None
        self.marks.clear()

    def take(self, shelf: Shelf) -> None:
        """Lay a new scan on the desk; marks of findings that are gone go with them."""
        self.shelf = shelf
        # The collector of garbage would walk 50,000 findings again and again, which stalls the keys
        # for tens of milliseconds. They hold no cycles, so that it has nothing to find in them.
        gc.freeze()
        self._look_back(shelf.scan)
        self.marks.intersection_update(shelf.rows)

    def _look_back(self, scan: Scan) -> None:
        """Ask what was left behind: by the first scan of a cluster its uid is known."""
        if not self._known:
            self._known = True
            self.back_to = resume.spot(self.state, scan.inventory.source.cluster_uid)
            self.spot, self._kept = self.back_to, self.back_to
            self.marks |= set(self.back_to.marks)
        self.look_for_interrupted()

    def look_for_interrupted(self) -> None:
        """Ask the journal for changes whose end nobody wrote down."""
        if self.session is None or self.scan is None:
            return
        try:
            left = self.session.history.interrupted(self.scan.inventory.source)
        except K8shardenError as error:
            self.interrupted = str(error)
            return
        what = "1 change was" if len(left) == 1 else f"{len(left)} changes were"
        said = f"{what} interrupted: J opens the journal, and s there finds out what became of it."
        self.interrupted = said if left else ""

    def keep_spot(self) -> None:
        """Write down where one is, if that is news."""
        if self.scan is None:
            return
        marks = self._kept.marks if self._kept else ()
        if self.marks != self._kept_marks:
            marks, self._kept_marks = tuple(sorted(self.marks)), set(self.marks)
        here = Spot(self.spot.area, self.spot.finding, self.spot.query, marks)
        if here != self._kept:
            resume.keep(self.state, self.scan.inventory.source.cluster_uid, here)
            self._kept = here

    @property
    def scan(self) -> Scan | None:
        """The newest scan; None before the first."""
        return self.shelf.scan if self.shelf else None

    def of(self, area: Area) -> tuple[Row, ...]:
        """Return the rows of one area, worst first."""
        return self.shelf.areas[area] if self.shelf else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the newest scan; none before the first."""
        return self.scan.findings if self.scan else ()

    @property
    def marked(self) -> tuple[Finding, ...]:
        """The marked findings, worst first."""
        return self.named(self.marks)

    def named(self, names: Iterable[str]) -> tuple[Finding, ...]:
        """Return the findings of these ids, worst first."""
        wanted = frozenset(names)
        rows = self.shelf.rows.items() if self.shelf and wanted else ()
        return tuple(row.finding for name, row in rows if name in wanted)

    @property
    def locked(self) -> str:
        """Why nothing may be written here; empty where it may."""
        if self.session is None:
            return "Choose a cluster first."
        if self.session.place.writer is None:
            return "Files are not written to: export the patch (e) and apply it with git."
        if self.read_only or self.session.place.read_only:
            return (
                "Read-only, by --read-only or by your settings (S): nothing is written here. "
                "Export (e) works."
            )
        return ""
