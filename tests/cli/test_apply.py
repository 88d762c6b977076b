"""Applying from the command line: what the exit code and the last words say."""

from pathlib import Path

import pytest

from k8sharden.changes import apply
from k8sharden.cli import run
from k8sharden.cluster.training.control_plane import TrainingCluster
from k8sharden.errors import ClusterUnavailable, Refused

CHOICE = ["--demo", "--check", "rt-seccomp", "--resource", "Deployment/shop/web"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own for the journal and the training cluster."""
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def digest(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the digest of the plan."""
    assert run(["plan", *CHOICE]) == 0
    return capsys.readouterr().out.split()[-1]


def test_what_was_written_and_not_verified_is_done_in_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the object reads differently afterwards the exit code is 5, and undo is offered."""

    def differs(*_words: object) -> None:
        raise Refused("it reads differently now")

    approved = digest(capsys)
    monkeypatch.setattr(apply, "verify", differs)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 5
    assert "journal undo" in capsys.readouterr().err


def test_what_was_refused_leaves_nothing_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was written the exit code is 4, and there is nothing to take back."""

    def refuses(*_words: object) -> None:
        raise ClusterUnavailable("the network is down")

    approved = digest(capsys)
    monkeypatch.setattr(apply, "write", refuses)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 4
    assert "journal undo" not in capsys.readouterr().err


def test_no_journal_no_change(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    """Where no journal can be made nothing is written, and one line says why."""
    approved = digest(capsys)
    state.write_text("a file in the folder's place")
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "journal" in said
    assert "Nothing was changed" in said
    state.unlink()
    assert digest(capsys) == approved


def test_a_training_cluster_that_cannot_be_kept_says_so(
    capsys: pytest.CaptureFixture[str], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk under the training cluster is one line, not a traceback."""
    approved = digest(capsys)

    def full(_cluster: TrainingCluster) -> list[object]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TrainingCluster, "objects", full)
    assert run(["apply", *CHOICE, "--yes", "--digest", approved]) == 2
    assert "cannot be kept in" in capsys.readouterr().err.splitlines()[-1]
    assert state.is_dir()


def test_a_plan_that_was_applied_already_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """The same command twice changes nothing the second time, and names the likely reason."""
    words = ["apply", *CHOICE, "--yes", "--digest", digest(capsys)]
    assert run(words) == 0
    assert run(words) == 4
    assert "Nothing is left to change" in capsys.readouterr().err
