"""A scan of a managed cluster says what its findings about rights cannot tell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from k8sharden.cli import run
from k8sharden.model.inventory import Inventory
from k8sharden.places.training import TrainingPlace
from tests.screens.clusters import Managed, Progressed

SAID = "EKS access entries give rights that RBAC does not show."


@pytest.fixture
def _managed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    managed = Managed(tmp_path)

    def collect(
        _self: TrainingPlace, progress: Progressed, cancelled: Callable[[], bool]
    ) -> Inventory:
        monkeypatch.undo()
        return managed.collect(progress, cancelled)

    monkeypatch.setattr(TrainingPlace, "collect", collect)


@pytest.mark.usefixtures("_managed")
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ((), True),
        (("--area", "rbac"), True),
        (("--check", "rbac-cluster-admin"), True),
        (("--area", "images"), False),
    ],
)
def test_it_is_said_beside_findings_about_rights(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], *, shown: bool
) -> None:
    """Where rights are spoken of it stands there once, and elsewhere it would be in the way."""
    assert run(["scan", "--demo", *words]) == 0
    assert capsys.readouterr().err.count(SAID) == int(shown)


def test_it_is_not_said_where_rbac_is_all(capsys: pytest.CaptureFixture[str]) -> None:
    """The training cluster has no cloud beside it."""
    assert run(["scan", "--demo"]) == 0
    assert "RBAC does not show" not in capsys.readouterr().err
