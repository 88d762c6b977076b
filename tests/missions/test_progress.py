"""A learner's progress is kept, whatever happens to its file and to the cluster."""

import json
from pathlib import Path

import pytest

from k8sharden.errors import InputError
from k8sharden.missions import MISSIONS, StepKind
from k8sharden.missions.progress import Progress
from k8sharden.places.training import TrainingPlace
from tests.missions.learner import Learner

RBAC = MISSIONS[0]


def test_progress_is_there_at_the_next_start(tmp_path: Path) -> None:
    """Where one stopped one goes on."""
    learner = Learner(tmp_path)
    learner.reaches(RBAC, StepKind.AGAIN)
    assert learner.again().missions.standing(RBAC.id).words == "step 4 of 5"


def test_a_fresh_cluster_keeps_the_progress(tmp_path: Path) -> None:
    """After a reset the mission stays done, and says that its attack works again."""
    learner = Learner(tmp_path)
    learner.reaches(RBAC, StepKind.READ)
    learner.missions.finish(RBAC.id)
    learner.session.close()
    TrainingPlace.reset(tmp_path)
    again = Learner(tmp_path).missions
    assert again.standing(RBAC.id).words == "done; the attack works again"
    assert "Begin the mission anew" in again.finish(RBAC.id).words
    assert again.standing(RBAC.id).finished
    again.reset(RBAC.id)
    assert again.standing(RBAC.id).words == "not begun"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\x00",
        b"[]",
        b'{"version": 2, "missions": {}}',
        b'{"version": 1, "missions": 3}',
        b'{"version": 1, "missions": {"rbac": "many"}}',
        b'{"version": 1, "missions": {"rbac": -1}}',
    ],
)
def test_a_broken_file_is_put_aside(tmp_path: Path, text: bytes) -> None:
    """What cannot be read counts as nothing, and is kept beside the new file."""
    (tmp_path / "missions.json").write_bytes(text)
    progress = Progress(tmp_path)
    assert progress.broken
    assert progress.done("rbac") == 0
    progress.keep("rbac", 2)
    assert (tmp_path / "missions.broken.json").read_bytes() == text
    assert Progress(tmp_path).done("rbac") == 2
    assert not progress.broken


def test_a_folder_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    """Where progress cannot be kept, the error names the file and the way out."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(InputError, match="K8SHARDEN_STATE"):
        Progress(tmp_path / "state").keep("rbac", 1)


def test_other_missions_are_kept(tmp_path: Path) -> None:
    """What another version wrote of missions that are not known here is not lost."""
    document = {"version": 1, "missions": {"supply-chain": 3}}
    (tmp_path / "missions.json").write_text(json.dumps(document))
    Progress(tmp_path).keep("rbac", 1)
    kept = json.loads((tmp_path / "missions.json").read_text())
    assert kept["missions"] == {"supply-chain": 3, "rbac": 1}


def test_more_steps_than_there_are_count_as_done(tmp_path: Path) -> None:
    """A number from a mission that was longer once is cut to what there is."""
    Progress(tmp_path).keep(RBAC.id, 99)
    assert Learner(tmp_path).missions.standing(RBAC.id).done == len(RBAC.steps)
