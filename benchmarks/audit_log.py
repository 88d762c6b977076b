"""Measure reading an audit log: its throughput beside jq, how it grows, and its memory.

jq selects the same fields on one line each, and adds nothing up. Generated logs of three sizes lie
in a temporary folder. Each run is a process of its own, so that its peak of memory is its own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.audit_events import write

SIZES = (10, 100, 1000)
"""Megabytes."""

_FIELDS = (
    "[.stage, .verb, .requestURI, .user.username, .user.uid, .user.groups, .impersonatedUser, "
    ".objectRef, .responseStatus.code, .stageTimestamp, "
    '.annotations["authorization.k8s.io/decision"]]'
)
_READ = """
import importlib, io, sys
module, name, path = sys.argv[1:]
getattr(importlib.import_module(module), name)([path], io.BytesIO())
# What the kernel tells a parent of a child's peak is at least the parent's own.
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
READ_LOGS = ("k8sharden.evidence.read", "read_logs")
"""The function that reads an audit log, and its module."""


class Run(NamedTuple):
    """What one process took: seconds by the clock and of the processor, and what it said."""

    wall: float
    cpu: float
    said: bytes


def measured(command: list[str]) -> Run:
    """Run a command to its end. Raises subprocess.CalledProcessError where it fails."""
    before, began = os.times(), time.perf_counter()
    with tempfile.TemporaryFile() as said:
        subprocess.run(command, stdout=said, check=True)
        wall, after = time.perf_counter() - began, os.times()
        said.seek(0)
        cpu = after.children_user + after.children_system
        cpu -= before.children_user + before.children_system
        return Run(wall, cpu, said.read(1000))


def reading(path: Path, function: tuple[str, str] = READ_LOGS) -> tuple[Run, float]:
    """Read a file as a scan does; return the peak of its memory as well, in megabytes (Linux)."""
    run = measured([sys.executable, "-c", _READ, *function, str(path)])
    return run, int(run.said) / 1024


def main() -> None:
    """Print a line for each size."""
    jq = shutil.which("jq")
    print("log        read     MB/s   CPU s   peak memory   jq -c     MB/s")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / "audit.log"
            write(str(path), size * 10**6)
            ours, memory = reading(path)
            words = f"{size:>5} MB {ours.wall:7.2f} s {size / ours.wall:7.0f} {ours.cpu:7.2f} "
            words += f"{memory:10.0f} MB"
            if jq:
                theirs = measured([jq, "-c", _FIELDS, str(path)])
                words += f" {theirs.wall:7.2f} s {size / theirs.wall:7.0f}"
            print(words, flush=True)
    if not jq:
        print("jq is not installed: nothing to compare with.")


if __name__ == "__main__":
    main()
