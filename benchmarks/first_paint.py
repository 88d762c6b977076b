"""Measures how long the app takes to its first frame, beside an app with nothing but a label.

Run from the repository's root: `python -m benchmarks.first_paint [RUNS]`. Each start is a process
of its own on a terminal of its own, in turns: the empty app, `k8sharden` and `k8sharden demo`, all
with the same interpreter, driver and theme. Ours counts as painted when a row of its first table is
there. Wall clock counts what other programs take from this one, too, so beside it stands the
processor time of the process, and that decides. Goal, by the median: within 1.3 times.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.terminal import Terminal

RUNS = 9
GOAL = 1.3
EMPTY = """
from textual.app import App
from textual.widgets import Label
class Empty(App):
    def compose(self):
        yield Label("first paint")
Empty().run()
"""
OURS = "from k8sharden.cli import main; main()"
STARTS = {
    "an empty app": (EMPTY, [], "first paint"),
    "k8sharden": (OURS, [], "training cluster"),
    "k8sharden demo": (OURS, ["demo"], "Audit logging"),
}
"""The code, its words, and what is read when its first frame is there."""


def first_paint(code: str, words: list[str], wanted: str) -> tuple[float, float]:
    """Return the seconds from the start of a process to its first frame: wall clock, processor."""
    with tempfile.TemporaryDirectory() as name:
        here = str(Path.cwd())
        env = os.environ | {"HOME": name, "K8SHARDEN_STATE": name, "PYTHONPATH": here}
        env.pop("KUBECONFIG", None)
        begin = time.perf_counter()
        with Terminal([sys.executable, "-c", code, *words], folder=Path(name), env=env) as seen:
            seen.wait_for(wanted, seconds=60)
            used = _processor(seen.pid)
            return time.perf_counter() - begin, used


def _processor(pid: int) -> float:
    """Return the seconds of processor time that all threads of a process have used (Linux)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads) / 1e9


def paint(runs: int) -> bool:
    """Measure in turns, and return whether the goal is met."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in STARTS}
    for _ in range(runs):
        for name, start in STARTS.items():
            seen[name].append(first_paint(*start))
    empty, *ours = (_middle(times) for times in seen.values())
    print(f"First frame in ms (processor time), median of {runs}")
    for name, (wall, own) in zip(STARTS, (empty, *ours), strict=True):
        ratio = f"{wall / empty[0]:.2f} ({own / empty[1]:.2f}) times"
        print(f"{name:<20}{f'{wall * 1e3:.0f} ({own * 1e3:.0f})':>16}{ratio:>24}")
    met = all(own <= GOAL * empty[1] for _, own in ours)
    print(f"First frame within {GOAL} times: {'met' if met else 'missed'}.")
    return met


def _middle(times: list[tuple[float, float]]) -> tuple[float, float]:
    wall, own = zip(*times, strict=True)
    return statistics.median(wall), statistics.median(own)


if __name__ == "__main__":
    sys.exit(not paint(int(sys.argv[1]) if sys.argv[1:] else RUNS))
