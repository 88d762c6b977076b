"""What a command loads: nothing that it does not need, and nothing of the folder it runs in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from k8sharden.cli import cli
from k8sharden.cli.journal import journal

# Runs a command line as the console script does, and says which modules it loaded.
PROBE = """
import json, sys
from k8sharden.cli import run
code = run(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    json.dump([code, sorted(sys.modules)], file)
"""
HEAVY = {"cryptography", "keyring", "kubernetes", "textual"}
BEHIND = {
    *(
        "cryptography",
        "kubernetes",
        "keyring",
        "prometheus_client",
        "ruamel",
        "yaml",
        "sqlite3",
        "unidiff",
    ),
    *("k8sharden.cluster.collector", "k8sharden.places", "k8sharden.session", "remediations"),
    *("k8sharden.changes", "k8sharden.export", "k8sharden.missions", "screens.rooms"),
}
"""What the app loads once its first frame is drawn."""
KUBECONFIG = """
current-context: closed
contexts: [{name: closed, context: {cluster: closed, user: nobody}}]
clusters: [{name: closed, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: nobody, user: {}}]
"""
MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
"""


def _loaded(arguments: Sequence[str], folder: Path, *, code: int = 0) -> set[str]:
    """Run a command line in a folder of its own; return the top names of what it loaded."""
    return {name.split(".")[0] for name in _modules(arguments, folder, code=code)}


def _modules(arguments: Sequence[str], folder: Path, *, code: int = 0) -> set[str]:
    """Run a command line in a folder of its own; return the modules that it loaded."""
    answer = folder / "answer.json"
    command = [sys.executable, "-P", "-c", PROBE, str(answer), *arguments]
    env = os.environ | {"K8SHARDEN_STATE": str(folder / "state")}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    left_with, modules = json.loads(answer.read_text())
    assert left_with == code, done.stderr
    return set(modules)


def _help() -> Iterator[list[str]]:
    yield ["--help"]
    yield ["--version"]
    context = click.Context(cli)
    for name in cli.list_commands(context):
        yield [name, "--help"]
    for name in journal.list_commands(context):
        yield ["journal", name, "--help"]


@pytest.mark.parametrize("arguments", list(_help()), ids=" ".join)
def test_help_loads_neither_the_client_nor_the_app(arguments: list[str], tmp_path: Path) -> None:
    """Help comes at once, also on a slow disk."""
    assert not _loaded(arguments, tmp_path) & HEAVY


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "--demo"],
        ["scan", "--demo", "-o", "json"],
        ["scan", "-f", "manifest.yaml"],
        ["plan", "--demo", "-o", "json"],
        ["plan", "--demo", "-o", "diff"],
        ["plan", "-f", "manifest.yaml", "-o", "diff"],
        ["export", "--demo", "--format", "manifests", "--out", "out"],
        ["checks"],
        ["explain", "rt-rofs"],
        ["permissions"],
        ["journal", "list"],
    ],
    ids=" ".join,
)
def test_a_command_without_a_cluster_loads_neither_the_client_nor_the_app(
    arguments: list[str], tmp_path: Path
) -> None:
    """Scripts wait for no terminal library, and the training cluster needs no client."""
    (tmp_path / "manifest.yaml").write_text(MANIFEST)
    assert not _loaded(arguments, tmp_path) & HEAVY


def test_a_command_with_a_cluster_never_loads_the_app(tmp_path: Path) -> None:
    """Against a real cluster the client is needed, Textual is not; here nobody answers."""
    (tmp_path / "config").write_text(KUBECONFIG)
    loaded = _loaded(["scan", "--kubeconfig", "config"], tmp_path, code=3)
    assert loaded & HEAVY == {"kubernetes"}


def test_the_first_frame_waits_for_nothing_of_a_cluster() -> None:
    """Both first screens are loaded without the engine, the client and every other screen."""
    command = (
        "import json, sys, k8sharden.cli.app, screens.app; print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"screens.contexts", "screens.overview"} <= loaded
    assert not loaded & BEHIND


def test_a_command_on_the_training_cluster_loads_neither_files_nor_kubeconfigs(
    tmp_path: Path,
) -> None:
    """Each source loads its own place and no other's."""
    answer = _modules(["scan", "--demo"], tmp_path)
    assert "k8sharden.places.training" in answer
    assert not answer & {"k8sharden.places.files", "k8sharden.places.connecting"}


def test_a_stray_folder_of_the_same_name_is_not_imported(tmp_path: Path) -> None:
    """The console script looks for its packages where they are installed, not where it is run."""
    for package in ("screens", "remediations", "k8sharden"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit('the stray one')")
    script = Path(sys.executable).with_name("k8sharden")
    done = subprocess.run(
        [script, "checks"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "rbac-cluster-admin" in done.stdout
