"""What the README tells people to type works, in the order in which it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from k8sharden.changes.journal import Journal
from k8sharden.cli import cli
from tests.terminal import Terminal

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
COMMANDS = re.findall(r"^\$ (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
ASKING = ("apply", "journal undo")
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web  # stays
spec:
  containers:
  - name: web
    image: registry.kestrel.example/shop/web:1.8
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_spelled_rightly(command: str) -> None:
    """The command and each of its options exist."""
    words = shlex.split(command.partition("|")[0])
    assert words.pop(0) == "k8sharden"
    _parse(cli, words)


def test_what_needs_no_cluster_runs(tmp_path: Path) -> None:
    """One after the other, on one training cluster, each command does what it says."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "web.yaml").write_text(POD)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for command in COMMANDS:
        # A cluster of one's own, or a login to one, is what a test of the README has not.
        if "--context" not in command and "--server" not in command:
            _run(command, tmp_path)
    assert "readOnlyRootFilesystem: true" in (tmp_path / "deploy" / "web.yaml").read_text()
    entries = Journal(tmp_path / "state" / "journal.sqlite").entries()
    assert {"verified", "undone"} <= {entry.state for entry in entries}


def test_links_within_the_repository_lead_somewhere() -> None:
    """Documents move; who reads them should not have to look."""
    for document in DOCUMENTS:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def _parse(command: click.Command, words: list[str]) -> None:
    """Parse a command line without running it. Raises `click.UsageError` where it is wrong."""
    if not isinstance(command, click.Group):
        command.make_context(command.name, words)
        return
    context = click.Context(command)
    _, rest, _ = command.make_parser(context).parse_args(words)
    if rest:
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None, name
        _parse(found, rest)


def _run(command: str, folder: Path) -> None:
    state = folder / "state"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = os.environ | {"K8SHARDEN_STATE": str(state), "PATH": path}
    if "ENTRY" in command:
        entry = Journal(state / "journal.sqlite").entries()[0].id
        command = command.replace("ENTRY", entry)
    shell = ["bash", "-o", "pipefail", "-c", command]
    if any(f"k8sharden {asking}" in command for asking in ASKING):
        with Terminal(shell, folder=folder, env=env) as terminal:
            terminal.wait_for("Type 'yes'", seconds=60)
            terminal.press("yes\r")
            assert terminal.leave(seconds=60) == 0, terminal.text
        return
    done = subprocess.run(shell, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
