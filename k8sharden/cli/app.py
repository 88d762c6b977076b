"""``k8sharden`` and ``k8sharden demo``: the app."""

import os
import sys
from pathlib import Path

import click

from k8sharden import config
from k8sharden.changes.journal import Journal
from k8sharden.config import state_folder
from k8sharden.errors import InputError
from k8sharden.places.connecting import open_cluster
from k8sharden.places.training import TrainingPlace


def start(*, kubeconfig: str | None, context: str | None, read_only: bool) -> None:
    """Start the app; the first screen chooses the cluster where none was named."""
    _need_terminal("k8sharden scan")
    from screens.app import run_app  # noqa: PLC0415 - Textual is loaded only when the app starts

    settings = config.load()
    file = Path(kubeconfig) if kubeconfig else None
    place = None
    if context:
        place = open_cluster(
            kubeconfig=file, context=context, read_only=read_only, settings=settings
        )
    run_app(state_folder(), place=place, read_only=read_only, kubeconfig=file, settings=settings)


@click.command()
@click.option("--read-only", is_flag=True, help="Never write, whatever is asked.")
@click.option(
    "--reset",
    is_flag=True,
    help="Begin again with a fresh training cluster; progress in missions is kept.",
)
def demo(*, read_only: bool, reset: bool) -> None:
    """Open the app on the training cluster: no cluster, no network, no credentials."""
    state = state_folder()
    if reset:
        _reset(state)
    _need_terminal("k8sharden scan --demo")
    from screens.app import run_app  # noqa: PLC0415 - as above

    place = TrainingPlace(state, read_only=read_only)
    run_app(state, place=place, read_only=read_only, settings=config.load())


def _reset(state: Path) -> None:
    """Forget the training cluster together with its part of the journal, and no progress."""
    uid = TrainingPlace(state).source().cluster_uid
    TrainingPlace.reset(state)
    if (state / "journal.sqlite").exists():
        Journal(state / "journal.sqlite").forget(uid)


def _need_terminal(instead: str) -> None:
    """Refuse what is no terminal: there the app would only print noise."""
    good = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if not good:
        raise InputError(f"The app needs a terminal. Without one, use `{instead}`.")
