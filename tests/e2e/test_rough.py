"""A proxy that drops, delays, cuts off and answers for a real API server, as a seed has it."""

import contextlib
import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from k8sharden.changes import access
from k8sharden.changes.apply import Result
from k8sharden.cluster.connect import connect
from k8sharden.cluster.retry import RetryingTransport
from k8sharden.cluster.transport import Request, Response, Transport
from k8sharden.errors import K8shardenError
from tests.changes.faults.killed import Life, Witness, check_settled, seeded, undo_all
from tests.changes.faults.plans import draw, objects, ref_of, refs
from tests.e2e.proxy import Answered, Asked, Forward, between, through
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

SEED = 20_260_803
SHARE, WHOLE = 12, 200
ONE_IN = 8
PATIENCE = 0.3
"""Seconds after which the client gives up; nothing here takes longer unless it is held back."""


class Meddler:
    """Passes requests on, and about one in `ONE_IN` not as it should, until it is ``calm``."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._turn = threading.Lock()
        self._held: list[Forward] = []
        self._arrived = threading.Event()
        self._under_way = threading.Condition()
        self._forwards = 0
        self.calm = True
        self.harm: Counter[str] = Counter()
        self.times: Counter[str] = Counter()
        self._faults: dict[str, Callable[[Forward], Answered | None]] = {
            "lost": lambda _forward: None,
            "unheard": self._unheard,
            "held back": self._hold,
            "cut off": lambda forward: dataclasses.replace(forward(), cut=True),
            "too many": lambda _forward: Answered(429, {"Retry-After": "1"}),
            "unwell": lambda _forward: Answered(self._random.choice((500, 503))),
            "answered for": self._answer_for,
        }

    def __call__(self, asked: Asked, forward: Forward) -> Answered | None:
        """Decide what becomes of a request."""

        def passed_on() -> Answered:
            with self._forwarding():
                answer = forward()
            if asked.writes and not asked.dry and answer.status < 300:
                self.times[asked.about] += 1
            return answer

        with self._turn:
            if self.calm or self._random.randrange(ONE_IN):
                return passed_on()
            name = self._random.choice(sorted(self._faults))
            self.harm[name] += 1
            fault = self._faults[name]
        return fault(passed_on)

    @contextlib.contextmanager
    def _forwarding(self) -> Iterator[None]:
        with self._under_way:
            self._forwards += 1
        try:
            yield
        finally:
            with self._under_way:
                self._forwards -= 1
                self._under_way.notify_all()

    def _unheard(self, forward: Forward) -> None:
        forward()

    def _answer_for(self, forward: Forward) -> Answered:
        forward()
        return Answered(self._random.choice((500, 502, 503, 504)))

    def _hold(self, forward: Forward) -> None:
        """Answer nothing until the client has given up; the request arrives much later."""
        arrived = self._arrived
        self._held.append(forward)
        arrived.wait()

    def arrive(self) -> None:
        """Let arrive what was held back, or is on its way; nobody hears of it any more."""
        while self._held:
            self._held.pop(0)()
        self._arrived.set()
        self._arrived = threading.Event()
        with self._under_way:
            self._under_way.wait_for(lambda: self._forwards == 0)


class Impatient:
    """A client's line that gives up soon on a rough network."""

    def __init__(self, inner: Transport, meddler: Meddler) -> None:
        self._inner = inner
        self._meddler = meddler
        self.server, self.fingerprint = inner.server, inner.fingerprint

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Send a request."""
        return self._inner.send(request, timeout=timeout if self._meddler.calm else PATIENCE)


def line_to(config: Path, meddler: Meddler) -> RetryingTransport:
    """Return a client's line that gives up soon and does not wait before it asks again."""
    real = connect(kubeconfig=config).transport
    assert isinstance(real, RetryingTransport)
    return RetryingTransport(
        Impatient(real.inner, meddler), sleep=lambda _: None, jitter=lambda: 0.5
    )


def rough_run(server: ControlPlane, folder: Path, seed: int) -> Counter[str]:
    """Apply and undo one plan through the proxy; return what it did to that."""
    random = Random(seed)  # noqa: S311 - a run that can be repeated
    namespace = f"rough-{seed}"
    direct = connect(kubeconfig=server.kubeconfig())
    for each in objects(namespace):
        direct.create(each, ref_of(each))
    truth = Witness(direct.transport, refs(namespace))
    meddler = Meddler(random)
    folder.mkdir()
    with between(server, meddler) as address:
        line = line_to(through(address, server.kubeconfig(), folder), meddler)
        with Life(line, folder / "state") as life:
            plan = life.plan_of(draw(random, namespace))
            meddler.calm = False
            life.do(plan)
            settled(life, meddler)
            undo = undo_all(life)
            meddler.calm = False
            life.do(undo)
            settled(life, meddler)
            rest = undo_all(life)
            assert not rest.unfixed
            assert set(life.do(rest)) <= {Result.UNDONE}
    assert truth.look() == truth.states[0]
    return meddler.harm


def settled(life: Life, meddler: Meddler) -> None:
    """Recover on the rough network, then on a calm one, and hold the journal against the truth."""
    meddler.arrive()
    with contextlib.suppress(K8shardenError):
        life.history.recover(life.place.source())
    meddler.calm = True
    meddler.arrive()
    before = meddler.times.total()
    life.history.recover(life.place.source())
    assert meddler.times.total() == before, "recover wrote to the cluster"
    check_settled(life, meddler.times)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right that was lost on purpose is not waited for as long as people would."""
    monkeypatch.setattr(access, "PATIENCE", 1.0)


def runs(server: ControlPlane, folder: Path, seeds: range) -> None:
    """Run all; a failure names its seed."""
    harm: Counter[str] = Counter()
    for seed in seeds:
        with seeded(seed, folder) as place:
            harm += rough_run(server, place, seed)
    assert harm.total() > len(seeds), harm


def test_a_share_of_the_rough_runs(
    control_plane_with_garbage_collector: ControlPlane, tmp_path: Path
) -> None:
    """Whatever the network does: no write is lost, none made twice, and the start can be had."""
    runs(control_plane_with_garbage_collector, tmp_path, range(SEED, SEED + SHARE))


@pytest.mark.slow
def test_all_the_rough_runs(
    control_plane_with_garbage_collector: ControlPlane, tmp_path: Path
) -> None:
    """The same, two hundred times."""
    runs(control_plane_with_garbage_collector, tmp_path, range(SEED, SEED + WHOLE))
