"""`kill -9` on the command line at any of its requests to a real API server, with a witness."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from k8sharden.changes.entry import Entry, Record
from k8sharden.changes.plan import Plan
from k8sharden.model.change import Create, Delete
from k8sharden.model.ref import Ref
from k8sharden.places.connecting import open_cluster
from k8sharden.session import Session
from tests.changes.faults.killed import check_settled, idle, path_of, stands, undo_all
from tests.e2e.company import snapshot
from tests.e2e.proxy import Answered, Asked, Forward, between, through
from tests.e2e.run import MAIN, Person
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

SEED = 20_260_802
SHARE, WHOLE = 8, 100
REQUESTS_PER_WRITE = 4
"""A dry run, a look, the write, and a look at what came of it."""


class Killer:
    """Counts the requests of a program from its first write on, and kills it before or after one.

    Before: the request never arrives. After: it is answered, and nobody is there to hear it.
    """

    def __init__(self, step: int) -> None:
        self._last, self._after = divmod(step + 1, 2)
        self._count = 0
        self._lock = threading.Lock()
        self.victim: subprocess.Popen[bytes] | None = None
        self.times: Counter[str] = Counter()

    def __call__(self, asked: Asked, forward: Forward) -> Answered | None:
        """Pass a request on, unless it is the last one."""
        with self._lock:
            if self._count or asked.writes:
                self._count += 1
            last = self._count == self._last
            answer = forward() if self._after or not last else None
            if answer and asked.writes and not asked.dry and answer.status < 300:
                self.times[asked.about] += 1
            if not last:
                return answer
            self._kill()
            return None

    def _kill(self) -> None:
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait()


class Case:
    """A random plan of a few findings, and somebody who applies and undoes it."""

    def __init__(self, company: ControlPlane, folder: Path, random: Random) -> None:
        folder.mkdir()
        self.company, self.random = company, random
        self.person = Person(folder, KUBECONFIG=str(company.kubeconfig()))
        self.session = self.opened()
        scan = self.session.scan()
        whole = self.session.plan(scan, [f for f in scan.findings if f.counts])
        able = [name for planned in whole.changes if planned.applies for name in planned.findings]
        chosen = set(random.sample(sorted(able), random.randint(1, 3)))
        self.plan = self.session.plan(scan, [f for f in scan.findings if f.id in chosen])
        self.words = tuple(word for name in sorted(chosen) for word in ("--finding", name))

    def opened(self) -> Session:
        """Start the program anew, in this process."""
        place = open_cluster(kubeconfig=self.company.kubeconfig())
        return Session(place, self.person.home / "state")

    def killed(self, plan: Plan, *words: str) -> Counter[str]:
        """Run a command through the proxy, and kill it; say how often each object was written."""
        writes = sum(len(planned.bound) for planned in plan.changes)
        killer = Killer(self.random.randint(1, 2 * REQUESTS_PER_WRITE * writes))
        with between(self.company, killer) as address:
            config = through(address, self.company.kubeconfig(), self.person.home)
            command = [*words, "--yes", "--digest", plan.digest, "--no-wait"]
            killer.victim = subprocess.Popen(
                [sys.executable, "-c", MAIN, *command, "--kubeconfig", str(config)],
                cwd=self.person.home,
                env=self.person.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            _, said = killer.victim.communicate(timeout=120)
        assert killer.victim.returncode == -9, said.decode()
        return killer.times


def witness(company: ControlPlane, record: Record) -> bool:
    """Ask kubectl whether a write stands."""
    shown = company.kubectl("get", *_words(record.ref), "-o", "json", check=False)
    if isinstance(record.write, Create | Delete):
        assert shown.returncode == 0 or "NotFound" in shown.stderr
        return (shown.returncode == 0) is isinstance(record.write, Create)
    return stands(record, json.loads(shown.stdout))


def _words(ref: Ref) -> list[str]:
    kind = ref.kind.lower()
    return [kind, ref.name, *(["-n", ref.namespace] if ref.namespace else [])]


def run(company: ControlPlane, folder: Path, seed: int) -> None:
    """Kill one command at one request, recover by the command line, ask kubectl, and clean up."""
    before = snapshot(company)
    case = Case(company, folder, Random(seed))  # noqa: S311 - a run that can be repeated
    if case.random.random() < 0.5:
        times = case.killed(case.plan, "apply", *case.words)
    else:
        case.session.apply(case.plan, case.plan.digest)
        undo = undo_all(case.session)
        names = [planned.undoes for planned in undo.changes]
        times = case.killed(undo, "journal", "undo", *names)
        times.update(path_of(bound.ref) for planned in undo.changes for bound in planned.bound)
    case.session.close()
    recovered = case.person("journal", "recover")
    assert recovered.code == 0, recovered
    session = case.opened()
    check_settled(session, times)
    agree(company, session.history.entries())
    rest = undo_all(session)
    assert not rest.unfixed, rest.unfixed
    session.apply(rest, rest.digest)
    session.close()
    assert snapshot(company) == before


def agree(company: ControlPlane, entries: Sequence[Entry]) -> None:
    """Hold the newest word on each object against what kubectl sees."""
    seen: set[Ref] = set()
    for entry in entries:
        standing = {record.ref for record in entry.standing}
        for _, record in entry.records:
            if record.ref not in seen and not idle(record):
                known = record.ref in standing
                assert witness(company, record) is known, (entry.title, record.ref)
                seen.add(record.ref)


def runs(company: ControlPlane, folder: Path, seeds: range) -> None:
    """Run all; a failure names its seed."""
    for seed in seeds:
        try:
            run(company, folder / str(seed), seed)
        except Exception as error:
            raise AssertionError(f"Repeat it with the seed {seed}.") from error


def test_a_share_of_the_kills(company: ControlPlane, tmp_path: Path) -> None:
    """Whatever request it ends at, recover finds what kubectl sees, and the start can be had."""
    runs(company, tmp_path, range(SEED, SEED + SHARE))


@pytest.mark.slow
def test_all_the_kills(company: ControlPlane, tmp_path: Path) -> None:
    """The same, a hundred times."""
    runs(company, tmp_path, range(SEED, SEED + WHOLE))
