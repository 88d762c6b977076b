"""Measures a scan against what the server itself needs to send the same lists.

Run from the repository's root: `python -m benchmarks.scan [PODS …]`. It starts a real API server,
fills it step by step, and at each size times curl, which unpacks the lists and throws them away,
and the scan, in a process of its own. Curl fetches the lists whole and in pages, one after the
other and side by side, and its fastest way is the floor: it is even told the continue tokens
beforehand. Goals at 10,000 pods: a ratio of at most 1.5, under 300 MB.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from benchmarks.filling import PODS_PER_DEPLOYMENT, fill
from k8sharden.cluster.api import PAGE, Api
from k8sharden.cluster.collector import collect
from k8sharden.cluster.connect import connect
from k8sharden.cluster.transport import METADATA_LIST, Request
from k8sharden.model import kinds
from k8sharden.model.inventory import SourceKind
from k8sharden.model.kinds import ResourceType
from tests.servers.control_plane import ControlPlane, Unavailable

SIZES = (1_000, 5_000, 10_000)
RUNS = 3
GOAL_RATIO = 1.5
GOAL_MEGABYTES = 300


class Scanned(msgspec.Struct):
    """What one scan took: seconds, of which waiting for imports before it, and peak memory."""

    seconds: float
    connecting: float
    megabytes: float
    objects: int


def main(arguments: list[str]) -> int:
    """Run the benchmark, or one scan of it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pods", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--scan", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.scan:
        print(msgspec.json.encode(scan(options.scan)).decode())
        return 0
    return measure(sorted(options.pods))


def scan(kubeconfig: Path) -> Scanned:
    """Scan once, in this process."""
    begin = time.perf_counter()
    api = connect(kubeconfig=kubeconfig, read_only=True)
    connected = time.perf_counter()
    inventory = collect(
        api,
        SourceKind.CLUSTER,
        name="benchmark",
        progress=lambda _: None,
        cancelled=lambda: False,
        clock=time.time,
    )
    end = time.perf_counter()
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = sum(map(len, inventory.objects.values()))
    return Scanned(end - connected, connected - begin, kilobytes / 1024, count)


def measure(sizes: Iterable[int]) -> int:
    """Fill a cluster up to each size and print what fetching and scanning it take."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            control_plane = ControlPlane(Path(folder))
        except Unavailable as reason:
            print(f"No benchmark: {reason}")
            return 1
        with control_plane:
            return _measure(control_plane, sizes)


def _measure(control_plane: ControlPlane, sizes: Iterable[int]) -> int:
    kubeconfig = control_plane.kubeconfig()
    there, within = 0, True
    print("  pods  objects    curl    scan  ratio   memory  (connecting)")
    for pods in sizes:
        wanted = pods // PODS_PER_DEPLOYMENT
        fill(connect(kubeconfig=kubeconfig), range(there, wanted))
        there = wanted
        within = _row(control_plane, kubeconfig, pods)
    print(f"goal at the largest: ratio at most {GOAL_RATIO}, under {GOAL_MEGABYTES} MB", end=": ")
    print("met" if within else "MISSED")
    return 0 if within else 1


def _row(control_plane: ControlPlane, kubeconfig: Path, pods: int) -> bool:
    floors, scans = [], []
    api = connect(kubeconfig=kubeconfig)
    for _ in range(RUNS):
        floors.append(_floor(control_plane, api))
        scans.append(_scan_apart(kubeconfig))
    floor = statistics.median(floors)
    seconds = statistics.median(scanned.seconds for scanned in scans)
    connecting = statistics.median(scanned.connecting for scanned in scans)
    megabytes = max(scanned.megabytes for scanned in scans)
    print(
        f"{pods:6}  {scans[0].objects:7}  {floor:4.2f} s  {seconds:4.2f} s  {seconds / floor:5.2f}"
        f"  {megabytes:4.0f} MB  ({connecting:.2f} s)",
        flush=True,
    )
    return seconds / floor <= GOAL_RATIO and megabytes < GOAL_MEGABYTES


def _scan_apart(kubeconfig: Path) -> Scanned:
    command = [sys.executable, "-m", "benchmarks.scan", "--scan", str(kubeconfig)]
    done = subprocess.run(command, check=True, capture_output=True)
    return msgspec.json.decode(done.stdout, type=Scanned)


def _floor(control_plane: ControlPlane, api: Api) -> float:
    """Return the seconds that the fastest way to fetch all lists takes."""
    whole = [(kind, "") for kind in kinds.SCANNED]
    pages = [(kind, query) for kind in kinds.SCANNED for query in _queries(api, kind)]
    ways = [(urls, parallel) for urls in (whole, pages) for parallel in (1, 6)]
    return min(curl(control_plane, urls, parallel) for urls, parallel in ways)


def _queries(api: Api, kind: ResourceType) -> Iterator[str]:
    """Yield the query of each page of a list; its continue token is in the page before it."""
    query = {"limit": str(PAGE)}
    while True:
        yield "?" + urlencode(query)
        accept = METADATA_LIST if kind is kinds.SECRETS else "application/json"
        answer = api.transport.send(Request("GET", kind.path(), query, accept=accept))
        token = re.search(rb'"continue":"([^"]+)"', answer.body[:4_096])
        if token is None:
            return
        query["continue"] = token[1].decode()


def curl(
    control_plane: ControlPlane, urls: Iterable[tuple[ResourceType, str]], parallel: int
) -> float:
    """Fetch these URLs, compressed, with one curl; return the seconds."""
    blocks = []
    for kind, query in urls:
        accept = METADATA_LIST if kind is kinds.SECRETS else "application/json"
        lines = [
            f'url = "{control_plane.url}{kind.path()}{query}"',
            f'header = "Authorization: Bearer {control_plane.admin_token}"',
            f'header = "Accept: {accept}"',
            f'cacert = "{control_plane.ca_file}"',
            f'output = "{os.devnull}"',
            "compressed",
            "silent",
            "show-error",
            "fail",
        ]
        blocks.append("\n".join(lines))
    side_by_side = ["--parallel", "--parallel-max", str(parallel)] if parallel > 1 else []
    command = ["curl", "--noproxy", "*", "--no-progress-meter", *side_by_side, "--config", "-"]
    begin = time.perf_counter()
    subprocess.run(command, check=True, input="\nnext\n".join(blocks), text=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
