"""Killed at every step of apply, undo and recover, a thousand times, on the cluster in memory."""

import contextlib
from pathlib import Path
from random import Random

import pytest

from k8sharden.changes.apply import Result
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.model.change import Change
from tests.changes.faults.killed import (
    Fuse,
    Killed,
    Life,
    Witness,
    check_settled,
    seeded,
    undo_all,
)
from tests.changes.faults.plans import draw, objects, refs

SEED = 20_260_731
SHARE, WHOLE = 100, 1_000


def witness() -> Witness:
    """Return a fresh cluster."""
    return Witness(MemoryCluster(objects("shop")).transport(), refs("shop"))


def to_and_fro(life: Life, changes: tuple[Change, ...]) -> None:
    """Apply a plan, and take everything that stands of it back."""
    life.do(life.plan_of(changes))
    life.do(undo_all(life))


def killed(seed: int, folder: Path) -> None:
    """Kill one program, start it again, and hold what it finds against what really happened."""
    random = Random(seed)  # noqa: S311 - a run that can be repeated
    changes = draw(random, "shop")
    whole, whole_fuse = witness(), Fuse()
    with Life(whole, folder / "whole", whole_fuse) as life:
        to_and_fro(life, changes)
    assert whole.look() == whole.states[0]

    cluster = witness()
    end = Fuse(random.randint(1, whole_fuse.burnt))
    with Life(cluster, folder / "killed", end) as life, pytest.raises(Killed):
        to_and_fro(life, changes)
    written = list(cluster.accepted)
    assert written == whole.accepted[: len(written)]
    assert cluster.states == whole.states[: len(cluster.states)]

    for steps in (random.randint(1, 12), 0):
        end = Fuse(steps)
        with Life(cluster, folder / "killed", end) as life, contextlib.suppress(Killed):
            life.history.recover(life.place.source())
    with Life(cluster, folder / "killed") as life:
        assert cluster.accepted == written, "recover wrote to the cluster"
        check_settled(life, cluster.times)
        plan = undo_all(life)
        assert not plan.unfixed
        assert set(life.do(plan)) <= {Result.UNDONE}
    assert cluster.look() == cluster.states[0]


def run(seeds: range, folder: Path) -> None:
    """Run all; a failure names its seed."""
    for seed in seeds:
        with seeded(seed, folder) as place:
            killed(seed, place)


def test_a_share_of_the_kills(tmp_path: Path) -> None:
    """Whatever step it ends at: recovered, every entry is true, and what stands can be undone."""
    run(range(SEED, SEED + SHARE), tmp_path)


@pytest.mark.slow
def test_all_the_kills(tmp_path: Path) -> None:
    """The same, a thousand times."""
    run(range(SEED + SHARE, SEED + WHOLE), tmp_path)
