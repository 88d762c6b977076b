"""Measure reading flows: lines a second beside jq, and memory, whatever somebody puts in a file.

jq selects the same fields on one line each, and adds nothing up; it reads no table. Each run is a
process of its own, so that its peak of memory is its own.
"""

import shutil
import tempfile
from pathlib import Path

from benchmarks.audit_log import measured, reading
from benchmarks.flow_lines import KINDS, write

LINES = 1_000_000

_FIELDS = (
    "[.flow.time, .flow.verdict, .flow.IP.source, .flow.IP.destination, .flow.l4, "
    ".flow.source.namespace, .flow.source.workloads, .flow.destination.namespace, "
    ".flow.destination.workloads, .flow.is_reply]"
)
READ_FLOWS = ("k8sharden.evidence.flows.read", "read_flows")
"""The function that reads flows, and its module."""


def main() -> None:
    """Print a line for each kind of file."""
    jq = shutil.which("jq")
    print("flows         MB      read   lines/s   peak memory   jq -c   lines/s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flows.json"
        for kind in KINDS:
            write(path, kind, LINES)
            ours, memory = reading(path, READ_FLOWS)
            size = path.stat().st_size / 10**6
            words = f"{kind:8} {size:7.0f} {ours.wall:7.2f} s {LINES / ours.wall:9,.0f} "
            words += f"{memory:10.0f} MB"
            if jq and kind != "table":
                theirs = measured([jq, "-c", _FIELDS, str(path)])
                words += f" {theirs.wall:7.2f} s {LINES / theirs.wall:9,.0f}"
            print(words, flush=True)


if __name__ == "__main__":
    main()
