"""Measures an apply of many objects against the bare requests that it cannot do without.

Run from the repository's root: `python -m benchmarks.apply [OBJECTS]`. It starts a real API server
with Deployments, and for each of them once sends a GET, the patch and another GET with the same
client, and once lets the engine do it: re-read, compare, journal on disk, write, verify. Goal: a
ratio of at most 2.
"""

import argparse
import copy
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from k8sharden.changes.apply import Result
from k8sharden.changes.bind import operations
from k8sharden.changes.plan import Plan
from k8sharden.changes.write import Writer
from k8sharden.model.finding import Finding
from k8sharden.places.connecting import open_cluster
from k8sharden.session import Session
from tests.changes.faults.plans import objects, ref_of
from tests.servers.control_plane import ControlPlane, Unavailable

OBJECTS = 500
RUNS = 3
GOAL_RATIO = 2.0


def main(arguments: list[str]) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("objects", nargs="?", type=int, default=OBJECTS)
    many = parser.parse_args(arguments).objects
    with tempfile.TemporaryDirectory() as folder:
        try:
            server = ControlPlane(Path(folder) / "server")
        except Unavailable as unavailable:
            print(unavailable)
            return 1
        with server:
            ratios = [measure(server, Path(folder), run, many) for run in range(RUNS)]
    print(f"best ratio {min(ratios):.2f}, goal {GOAL_RATIO}")
    return 0 if min(ratios) <= GOAL_RATIO else 1


def measure(server: ControlPlane, folder: Path, run: int, many: int) -> float:
    """Fill two namespaces, treat one barely and the other by the engine; return the ratio."""
    place = open_cluster(kubeconfig=server.kubeconfig())
    session = Session(place, folder / f"state-{run}")
    barely, engine = f"bare-{run}", f"engine-{run}"
    for namespace in (barely, engine):
        fill(place.writer, namespace, many)
    scan = session.scan()
    plans = [
        session.plan(scan, [each for each in scan.findings if _of(each, namespace)])
        for namespace in (barely, engine)
    ]
    with timed() as bare:
        send(place.writer, plans[0])
    with timed() as whole:
        outcomes = session.apply(plans[1], plans[1].digest)
    assert [outcome.result for outcome in outcomes] == [Result.VERIFIED] * many  # noqa: S101 - else it measures nothing
    session.close()
    ratio = whole[0] / bare[0]
    print(f"{many} objects: bare {bare[0]:.2f} s, engine {whole[0]:.2f} s, ratio {ratio:.2f}")
    return ratio


def _of(finding: Finding, namespace: str) -> bool:
    return finding.check == "rt-seccomp" and finding.resource.namespace == namespace


def fill(writer: Writer, namespace: str, many: int) -> None:
    """Make a namespace with as many Deployments."""
    first, one, *_ = objects(namespace)
    writer.create(first, ref_of(first))
    for number in range(many):
        made = copy.deepcopy(one)
        made["metadata"]["name"] = f"web-{number}"
        writer.create(made, ref_of(made))


def send(writer: Writer, plan: Plan) -> None:
    """Send what no apply can do without: a look, the patch, and a look at what came of it."""
    for planned in plan.changes:
        for bound in planned.bound:
            live = writer.get(bound.ref)
            writer.patch(bound.ref, operations(bound, live))
            writer.get(bound.ref)


@contextmanager
def timed() -> Iterator[list[float]]:
    """Yield a list that holds the seconds that the block took."""
    took: list[float] = []
    start = time.perf_counter()
    yield took
    took.append(time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
