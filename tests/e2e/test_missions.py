"""All seven missions in a real terminal of 80 by 24, by somebody who only does what it says."""

import os
import sys
import time
from pathlib import Path

from k8sharden.missions import MISSIONS, Mission, StepKind
from k8sharden.missions.training import Training
from k8sharden.places.training import TrainingPlace
from tests.e2e.run import MAIN, ROOT
from tests.tmux import Tmux


def works(state: Path, mission: Mission) -> bool:
    """Try the attack on what the app kept of the cluster."""
    return mission.attack(Training(TrainingPlace(state))).succeeded


def wait_until_it_fails(state: Path, mission: Mission) -> None:
    """Wait for the rollout, which the cluster goes on with when it is opened again."""
    place = TrainingPlace(state)
    end = time.monotonic() + 60
    while mission.attack(Training(place)).succeeded:
        assert time.monotonic() < end, f"{mission.id}: the attack still works"
        time.sleep(0.5)


def fix(tmux: Tmux, mission: Mission) -> None:
    """Follow the hint of the fix, through the confirmation, back to the mission."""
    if mission.steps[mission.place_of(StepKind.FIX)].runbook:
        tmux.wait_for("Enter carries the runbook out")
        tmux.press("Enter")
        tmux.wait_for("Carry it out", "Cancel")
        tmux.press("Tab", "Enter")
    else:
        tmux.wait_for("Enter reviews the fix")
        tmux.press("Enter")
        tmux.wait_for("Digest sha256")
        tmux.press("a")
        tmux.wait_for("Cancel")
        tmux.press("Tab", "Enter")
        tmux.wait_for("Undo in a shell")
        tmux.press("Escape")


def play(tmux: Tmux, mission: Mission) -> None:
    """Play a mission from the list and back to it."""
    tmux.press("Enter")
    tmux.wait_for("Enter shows you the finding", mission.title)
    tmux.press("Enter")
    tmux.wait_for(f"/ {mission.area.value}")
    tmux.press("Escape")
    tmux.wait_for("Seen? Enter goes on")
    tmux.press("Enter")
    tmux.wait_for("Enter runs the attack.")
    tmux.press("Enter")
    tmux.wait_for("It worked.", "Enter goes on to the next step")
    tmux.press("Enter")
    fix(tmux, mission)
    tmux.wait_for("Enter runs the attack again.")
    tmux.press("Enter")
    tmux.wait_for("It fails now", "Enter goes on to the next step")
    tmux.press("Enter")
    tmux.wait_for("Enter when you have read it")
    tmux.press("Enter")
    tmux.wait_for("Mission done.")
    tmux.press("Enter")


def test_seven_missions_in_tmux(tmp_path: Path) -> None:
    """Every attack works before and fails after, on the cluster that the app kept."""
    state = tmp_path / "state"
    env = {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "K8SHARDEN_STATE": str(state),
        "TERM": "screen-256color",
    }
    command = [sys.executable, "-c", MAIN, "demo"]
    assert all(works(state, mission) for mission in MISSIONS)
    with Tmux(command, folder=tmp_path, env=env, size=(80, 24)) as tmux:
        tmux.wait_for("Press M", "failing")
        tmux.press("M")
        for number, mission in enumerate(MISSIONS):
            tmux.wait_for(f"{number} of 7 missions done")
            play(tmux, mission)
            wait_until_it_fails(state, mission)
        tmux.wait_for("7 of 7 missions done")
        tmux.press("q")
    for mission in MISSIONS:
        wait_until_it_fails(state, mission)
