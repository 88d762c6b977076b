"""Measures a scan of 2,000 manifests beside checkov's, and how ours grows.

Run from the repository's root: `python -m benchmarks.checkov PATH/TO/checkov`; `make bench-checkov`
installs the newest checkov into an environment of its own first. Each program is started anew,
reads the same folder with one file for each Deployment, judges it with all of its own checks for
Kubernetes and writes its report as JSON. What is timed is the whole of that, from start to exit;
the best of the runs counts for either. Beside it stands the processor's time, which says how much
of the rest went to other programs. The two do not judge the same things: the figures say how
long one waits, not who finds more. Goal: ten times as fast.

Below stands our own growth from 200 to 20,000 manifests, and 2,000 of them in one file. (checkov
needs minutes for that file; few people keep such a one, so it is not held against checkov.)
Goal: at 20,000 at most half as much again for each as at 2,000.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.manifests import files, one_file

MANIFESTS = 2_000
GROWTH = (200, 2_000, 20_000)
RUNS = 3
GOAL_RATIO = 10.0
GOAL_GROWTH = 1.5

_OURS = (sys.executable, "-c", "from k8sharden.cli import main; main()", "scan", "-o", "json", "-f")
# Offline, and with a report of the same kind; --soft-fail only changes how it exits.
_CHECKOV = (
    "--framework=kubernetes",
    "--output=json",
    "--quiet",
    "--compact",
    "--skip-download",
    "--soft-fail",
    "--directory",
)


class Run(msgspec.Struct, frozen=True):
    """What one run took: seconds of all and of the processor, peak megabytes; and its report."""

    seconds: float
    processor: float
    megabytes: float
    report: Path


def main(arguments: list[str]) -> int:
    """Run the benchmark; the exit code says whether the goals were met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkov", type=Path)
    checkov = parser.parse_args(arguments).checkov
    if not checkov.exists():
        print(f"No benchmark: there is no {checkov}. Use `make bench-checkov`.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        beside = _beside(checkov.resolve(), Path(folder))
        growth = _growth(Path(folder))
    return 0 if beside and growth else 1


def _beside(checkov: Path, folder: Path) -> bool:
    version = subprocess.run([checkov, "--version"], check=True, capture_output=True, text=True)
    manifests = str(files(folder / "beside", MANIFESTS))
    print(f"{MANIFESTS} Deployments, a file for each, all checks of either; best of {RUNS} runs")
    ours, theirs = [], []
    for _ in range(RUNS):
        # In turn, so that whatever else the machine does meets both.
        ours.append(_run([*_OURS, manifests], folder))
        _all_judged(ours[-1].report)
        theirs.append(_run([str(checkov), *_CHECKOV, manifests], folder))
        _all_read(theirs[-1].report)
    first, second = _fastest(ours), _fastest(theirs)
    print(f"k8sharden        {_shown(first)}")
    print(f"checkov {version.stdout.strip():8} {_shown(second)}")
    ratio = second.seconds / first.seconds
    goal = f"at least {GOAL_RATIO:.0f} times as fast"
    return _verdict(f"{ratio:.1f} times as fast; goal: {goal}", met=ratio >= GOAL_RATIO)


def _growth(folder: Path) -> bool:
    print("\nDeployments")
    each = {count: _row(f"{count:6}", files(folder / str(count), count), count) for count in GROWTH}
    _row(f"{MANIFESTS:6} in one file", one_file(folder / "one", MANIFESTS), MANIFESTS)
    fewer, many = GROWTH[-2:]
    growth = each[many] / each[fewer]
    verdict = f"{growth:.2f} times the time for each of {many}; goal: at most {GOAL_GROWTH}"
    return _verdict(verdict, met=growth <= GOAL_GROWTH)


def _row(name: str, manifests: Path, count: int) -> float:
    """Print what a scan of ``count`` manifests takes; return the seconds for each."""
    run = _fastest(_run([*_OURS, str(manifests)], manifests.parent) for _ in range(RUNS))
    each = run.seconds / count
    print(f"{name:18} {_shown(run)} {each * 1000:6.2f} ms each", flush=True)
    return each


def _verdict(goal: str, *, met: bool) -> bool:
    print(f"{goal}: {'met' if met else 'MISSED'}")
    return met


def _shown(run: Run) -> str:
    return f"{run.seconds:6.2f} s (processor {run.processor:6.2f} s) {run.megabytes:5.0f} MB"


def _fastest(runs: Iterable[Run]) -> Run:
    """Return the fastest run: whatever else the machine did slowed the others."""
    return min(runs, key=lambda run: run.seconds)


def _run(command: Sequence[str], folder: Path) -> Run:
    report = folder / "report.json"
    with report.open("wb") as output, (folder / "errors.txt").open("wb") as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        print((folder / "errors.txt").read_text("utf-8", "replace"), file=sys.stderr)
        raise SystemExit(f"{command[0]} failed.")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, report)


def _all_judged(report: Path) -> None:
    """Make sure that ours judged every Deployment: nothing is fast like doing nothing."""
    judged = len(json.loads(report.read_bytes())["workloads"])
    assert judged == MANIFESTS, f"k8sharden judged {judged} workloads"  # noqa: S101 - a benchmark's own check


def _all_read(report: Path) -> None:
    """Make sure that checkov read every Deployment; it counts the pods in them as well."""
    counted = json.loads(report.read_bytes())["summary"]["resource_count"]
    assert counted >= MANIFESTS, f"checkov read {counted} resources"  # noqa: S101 - a benchmark's own check


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
