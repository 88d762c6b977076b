"""Applies and undos over a network that does what it likes; in memory, with the time left out."""

import contextlib
from pathlib import Path
from random import Random

import pytest

from k8sharden.changes import access
from k8sharden.changes.apply import Result
from k8sharden.cluster.retry import RetryingTransport
from k8sharden.errors import K8shardenError
from tests.changes.faults.killed import Life, Witness, check_settled, seeded, undo_all
from tests.changes.faults.plans import draw
from tests.changes.faults.rough import Rough
from tests.changes.faults.test_killed import witness

SEED = 20_260_801
SHARE, WHOLE = 100, 2_000


def rough_run(seed: int, folder: Path) -> int:
    """Apply and undo one plan over a rough network; return how often that did harm."""
    random = Random(seed)  # noqa: S311 - a run that can be repeated
    changes = draw(random, "shop")
    cluster = witness()
    rough = Rough(cluster, random)
    line = RetryingTransport(rough, sleep=lambda _: None, jitter=lambda: 0.5)
    with Life(line, folder) as life:
        rough.calm = True
        plan = life.plan_of(changes)
        rough.calm = False
        life.do(plan)
        settle(life, rough, cluster)
        undo = undo_all(life)
        rough.calm = False
        life.do(undo)
        settle(life, rough, cluster)
        last = undo_all(life)
        assert not last.unfixed
        assert set(life.do(last)) <= {Result.UNDONE}
    assert cluster.look() == cluster.states[0]
    return rough.harm


def settle(life: Life, rough: Rough, cluster: Witness) -> None:
    """Recover on the rough network, then on a calm one, and hold the journal against the truth."""
    rough.arrive()
    with contextlib.suppress(K8shardenError):
        life.history.recover(life.place.source())
    rough.calm = True
    before = len(cluster.accepted)
    life.history.recover(life.place.source())
    assert len(cluster.accepted) == before, "recover wrote to the cluster"
    check_settled(life, cluster.times)


@pytest.fixture(autouse=True)
def patient(hasty: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - after it
    """Ask again where a question is lost on the way."""
    monkeypatch.setattr(access, "PATIENCE", 0.05)
    monkeypatch.setattr(access, "POLL", 0.001)


def run(seeds: range, folder: Path) -> None:
    """Run all; a failure names its seed."""
    harm = 0
    for seed in seeds:
        with seeded(seed, folder) as place:
            harm += rough_run(seed, place)
    assert harm > len(seeds), "the network did no harm"


def test_a_share_of_the_rough_runs(tmp_path: Path) -> None:
    """Whatever the network does: no write is lost, none made twice, and the start can be had."""
    run(range(SEED, SEED + SHARE), tmp_path)


@pytest.mark.slow
def test_all_the_rough_runs(tmp_path: Path) -> None:
    """The same, two thousand times."""
    run(range(SEED + SHARE, SEED + WHOLE), tmp_path)
