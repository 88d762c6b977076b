"""Measures the list of 50,000 findings beside Textual's `DataTable`: stalls and memory.

Run from the repository's root: `python -m benchmarks.findings_list [RUNS]`. A stall is the longest
time that the event loop did nothing else, told by a task that wakes up every millisecond. Wall
clock counts what other programs take from this one, too, so beside it stands the processor time of
the loop's own thread, and that decides. Goal, by the median of the runs: no stall above 16 ms.
Memory is what Python allocates for a list after the findings are there, measured in a run apart,
since counting is slow.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.ref import Ref
from screens.arranging import Grouping, Order
from screens.findings_list import FindingsList
from screens.rows import Row, ready

ROWS = 50_000
RUNS = 3
GOAL_MILLISECONDS = 16.0
SIZE = (120, 40)
COLUMNS = (9, 44, 60)

Work = Callable[[], Awaitable[None] | None]
Stalls = dict[str, tuple[float, float]]
"""For each step the longest stall in milliseconds: wall clock, processor time."""


def finding(number: int) -> Finding:
    """Return one of many findings, in no order."""
    mixed = number * 7919 % ROWS
    ref = Ref("apps/v1", "Deployment", f"team-{mixed % 50}", f"app-{mixed}")
    severity = list(Severity)[mixed % 4]
    message = f"Container app-{mixed} can write to its root filesystem."
    return Finding(f"rt-{mixed % 9}", Area.RUNTIME, severity, Status.FAIL, ref, message)


class Meter:
    """Watches the event loop from inside."""

    def __init__(self) -> None:
        self.stalls: Stalls = {}
        self._worst = (0.0, 0.0)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[Meter]:
        """Watch until the context is left."""
        task = asyncio.create_task(self._watch())
        yield self
        task.cancel()

    async def _watch(self) -> None:
        while True:
            wall, own = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            waited = (time.perf_counter() - wall - 0.001) * 1e3
            worked = (time.thread_time() - own) * 1e3
            self._worst = (max(self._worst[0], waited), max(self._worst[1], worked))

    async def step(self, name: str, work: Work, pilot: Pilot[None]) -> None:
        """Do one step, and keep the longest stall until the app is at rest again."""
        await asyncio.sleep(0.05)
        self._worst = (0.0, 0.0)
        done = work()
        if done is not None:
            await done
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        await asyncio.sleep(0.05)
        before = self.stalls.get(name, (0.0, 0.0))
        self.stalls[name] = (max(before[0], self._worst[0]), max(before[1], self._worst[1]))


class Ours(App[None]):
    """Our list alone."""

    CSS = "FindingsList { height: 1fr; }"

    def compose(self) -> ComposeResult:
        """Yield it."""
        self.marks: set[str] = set()
        yield FindingsList(self.marks)

    def fill(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self.query_one(FindingsList).load(rows)


class Theirs(App[None]):
    """Textual's table alone, with columns of fixed width."""

    def compose(self) -> ComposeResult:
        """Yield it."""
        yield DataTable[Any](cursor_type="row")

    def on_mount(self) -> None:
        """Make the columns."""
        table = self.query_one(DataTable)
        for name, width in zip(("severity", "where", "what"), COLUMNS, strict=True):
            table.add_column(Text(name), key=name, width=width)

    def fill(self, rows: Sequence[Row], words: str = "") -> None:
        """Show those of these rows that hold the words."""
        table = self.query_one(DataTable)
        table.clear()
        for row in rows:
            if words in row.text:
                cells = (row.finding.severity, row.where, row.finding.headline)
                table.add_row(*map(Text, cells), key=row.id)


async def measure_ours(rows: tuple[Row, ...]) -> Stalls:
    """Return the stalls of each step."""
    app, meter = Ours(), Meter()
    async with app.run_test(size=SIZE) as pilot, meter.watching():
        listing = app.query_one(FindingsList)
        listing.focus()
        await pilot.pause()
        await meter.step("load", lambda: listing.load(rows), pilot)
        for words in ("c", "co", "container", "container app"):
            await meter.step("filter, all match", partial(listing.narrow, words), pilot)
        for words in ("team-7", "team-7 high rt-3"):
            await meter.step("filter, few match", partial(listing.narrow, words), pilot)
        await meter.step("filter, all match", lambda: listing.narrow(""), pilot)
        for order in (Order.OBJECT, Order.CHECK):
            await meter.step("sort", partial(listing.sort, order, Grouping.NONE), pilot)
        for gather in (Grouping.CHECK, Grouping.NAMESPACE, Grouping.WORKLOAD, Grouping.NONE):
            await meter.step("group", partial(listing.sort, Order.WORST, gather), pilot)
        listing.sort(Order.WORST, Grouping.CHECK)
        for fold in (True, False):
            await meter.step("fold", partial(listing.action_fold, fold), pilot)
        listing.sort(Order.WORST, Grouping.NONE)
        await meter.step("scroll", lambda: keys(pilot, "G", "k", "pageup", "g", "j"), pilot)
        for _ in range(2):
            await meter.step("mark all", listing.action_mark_all, pilot)
        await meter.step("resize", lambda: pilot.resize_terminal(80, 24), pilot)
    return meter.stalls


async def measure_theirs(rows: tuple[Row, ...]) -> Stalls:
    """Return the same for a `DataTable`; what it cannot do by itself is done as its users do."""
    app, meter = Theirs(), Meter()
    async with app.run_test(size=SIZE) as pilot, meter.watching():
        table = app.query_one(DataTable)
        table.focus()
        await pilot.pause()

        def mark() -> None:
            for row in rows:
                table.update_cell(row.id, "severity", Text("●"))

        def sort() -> None:
            table.sort("where", key=str)

        await meter.step("load", lambda: app.fill(rows), pilot)
        await meter.step("filter, few match", lambda: app.fill(rows, "team-7"), pilot)
        await meter.step("filter, all match", lambda: app.fill(rows, "container"), pilot)
        await meter.step("sort", sort, pilot)
        await meter.step("scroll", lambda: keys(pilot, "end", "up", "pageup", "home"), pilot)
        await meter.step("mark all", mark, pilot)
        await meter.step("resize", lambda: pilot.resize_terminal(80, 24), pilot)
    return meter.stalls


async def keys(pilot: Pilot[None], *names: str) -> None:
    """Press keys one after the other."""
    await pilot.press(*names)


async def weighed(app: Ours | Theirs, rows: tuple[Row, ...]) -> float:
    """Return the megabytes of Python's memory that an app's list of these rows takes."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        before = tracemalloc.get_traced_memory()[0]
        app.fill(rows)
        await app.workers.wait_for_complete()
        await pilot.pause()
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / 1e6


def weigh() -> None:
    """Print what the findings, our list of them and a table of them take."""
    tracemalloc.start()
    findings = list(map(finding, range(ROWS)))
    plain = tracemalloc.get_traced_memory()[0] / 1e6
    rows = ready(findings)
    prepared = tracemalloc.get_traced_memory()[0] / 1e6 - plain
    ours, theirs = (asyncio.run(weighed(app, rows)) for app in (Ours(), Theirs()))
    tracemalloc.stop()
    print(f"{'memory of it, MB':<20}{ours:>24.1f}{theirs:>24.1f}")
    print(f"Beside that the findings take {plain:.0f} MB, and their rows, made ready by the scan,")
    print(f"{prepared:.0f} MB more: ids, labels, and the text that a filter looks in.")


def main(arguments: list[str]) -> int:
    """Run the benchmark; return 1 where a goal is missed."""
    runs = int(arguments[0]) if arguments else RUNS
    rows = ready(map(finding, range(ROWS)))
    gc.freeze()  # as the desk does with a scan
    ours = [asyncio.run(measure_ours(rows)) for _ in range(runs)]
    theirs = asyncio.run(measure_theirs(rows))
    print(f"{ROWS:,} findings, longest stall of the event loop in ms (processor time)")
    print(f"{'':<20}{'ours, median of ' + str(runs):>24}{'DataTable, once':>24}")
    worst = 0.0
    for name in ours[0]:
        mine = middle([stalls[name] for stalls in ours])
        worst = max(worst, mine[1])
        beside = shown(theirs[name]) if name in theirs else "-"
        print(f"{name:<20}{shown(mine):>24}{beside:>24}")
    weigh()
    met = worst <= GOAL_MILLISECONDS
    print(f"Stalls up to {GOAL_MILLISECONDS:.0f} ms: {'met' if met else 'missed'}.")
    return not met


def middle(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the medians."""
    wall, own = zip(*pairs, strict=True)
    return statistics.median(wall), statistics.median(own)


def shown(pair: tuple[float, float]) -> str:
    """Return a stall as text."""
    return f"{pair[0]:,.1f} ({pair[1]:,.1f})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
