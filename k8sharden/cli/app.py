"""``k8sharden`` and ``k8sharden demo``: the app.

Its first frame is drawn before the cluster is opened: what opens one is loaded when it is called.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from k8sharden import config
from k8sharden.cli.evidence import evidence_options, flow_options
from k8sharden.config import Config
from k8sharden.errors import InputError
from k8sharden.evidence.files import EvidenceFiles, named

if TYPE_CHECKING:
    from k8sharden.place import Place


def start(
    *,
    kubeconfig: str | None,
    context: str | None,
    read_only: bool,
    **files: Any,
) -> None:
    """Start the app; the first screen chooses the cluster where none was named."""
    _need_terminal("k8sharden scan")
    settings = config.load()
    file = Path(kubeconfig) if kubeconfig else None
    way = partial(_cluster, file, context, read_only, settings) if context else None
    given = _evidence(**files)
    _run(way=way, read_only=read_only, settings=settings, evidence=given, kubeconfig=file)


@click.command()
@click.option("--read-only", is_flag=True, help="Never write, whatever is asked.")
@click.option(
    "--reset",
    is_flag=True,
    help="Begin again with a fresh training cluster; progress in missions is kept.",
)
@evidence_options
@flow_options
def demo(*, read_only: bool, reset: bool, **files: Any) -> None:
    """Open the app on the training cluster: no cluster, no network, no credentials."""
    state = config.state_folder()
    if reset:
        _reset(state)
    _need_terminal("k8sharden scan --demo")
    way = partial(_training, state, read_only)
    _run(way=way, read_only=read_only, settings=config.load(), evidence=_evidence(**files))


def _run(
    *,
    way: Callable[[], Place] | None,
    read_only: bool,
    settings: Config,
    evidence: EvidenceFiles,
    kubeconfig: Path | None = None,
) -> None:
    """Run the app. Until its first frame no garbage is collected: loading makes none."""
    gc.disable()
    try:
        from screens.app import run_app  # noqa: PLC0415 - Textual is loaded only for the app

        run_app(
            config.state_folder(),
            way=way,
            read_only=read_only,
            kubeconfig=kubeconfig,
            settings=settings,
            evidence=evidence,
        )
    finally:
        gc.enable()


def _evidence(
    *,
    audit_logs: tuple[str, ...] = (),
    insist_audit_log: bool = False,
    flows: tuple[str, ...] = (),
    insist_flows: bool = False,
) -> EvidenceFiles:
    """Return what was given. Raises `InputError` for stdin: the keys come from there."""
    given = named(audit_logs, flows, insist_audit_log=insist_audit_log, insist_flows=insist_flows)
    for option in given.from_stdin:
        raise InputError(f"{option} - is for commands: the app reads its keys from stdin.")
    return given


def _cluster(file: Path | None, context: str, read_only: bool, settings: Config) -> Place:  # noqa: FBT001 - called by its maker alone
    from k8sharden.places.connecting import open_cluster  # noqa: PLC0415 - see the module's text

    return open_cluster(kubeconfig=file, context=context, read_only=read_only, settings=settings)


def _training(state: Path, read_only: bool) -> Place:  # noqa: FBT001 - as above
    from k8sharden.places.training import TrainingPlace  # noqa: PLC0415 - see the module's text

    return TrainingPlace(state, read_only=read_only)


def _reset(state: Path) -> None:
    """Forget the training cluster together with its part of the journal, and no progress.

    Raises `Refused` while somebody else changes it: it then stays, like what can be taken back.
    """
    from k8sharden.changes.journal import Journal  # noqa: PLC0415 - see the module's text
    from k8sharden.places.training import TrainingPlace  # noqa: PLC0415 - as above

    uid = TrainingPlace(state).source().cluster_uid
    if not (state / "journal.sqlite").exists():
        TrainingPlace.reset(state)
        return
    opened = contextlib.closing(Journal(state / "journal.sqlite", training=True))
    with opened as journal, journal.alone():
        journal.forget(uid)
        TrainingPlace.reset(state)


def _need_terminal(instead: str) -> None:
    """Refuse what is no terminal: there the app would only print noise."""
    good = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if not good:
        raise InputError(f"The app needs a terminal. Without one, use `{instead}`.")
