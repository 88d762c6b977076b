"""Time on the training cluster: whoever waits for a rollout puts it forward."""

import time
from types import SimpleNamespace

import pytest


@pytest.fixture(autouse=True)
def rollouts_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a watch's pauses pass at once, on the training cluster and for the watch itself."""
    ahead = 0.0

    def sleep(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    company = SimpleNamespace(time=lambda: time.time() + ahead)
    watch = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead, sleep=sleep)
    monkeypatch.setattr("k8sharden.places.training.time", company)
    monkeypatch.setattr("k8sharden.changes.landing.time", watch)
