"""The app on a terminal, as a person starts it."""

import os
import sys
from pathlib import Path

from k8sharden.model.finding import Area
from tests.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("k8sharden"))


def test_the_demo_draws_the_seven_areas_and_leaves_by_its_key(tmp_path: Path) -> None:
    """`k8sharden demo` needs a terminal and nothing else; q ends it, with exit code 0."""
    env = os.environ | {"K8SHARDEN_STATE": str(tmp_path / "state"), "HOME": str(tmp_path)}
    with Terminal([PROGRAM, "demo"], folder=tmp_path, env=env) as terminal:
        terminal.wait_for(*(area.heading for area in Area), seconds=60)
        terminal.press("q")
        assert terminal.leave(seconds=30) == 0, terminal.text
