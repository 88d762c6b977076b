"""A credential plugin that hangs: ended in time, by Ctrl-C and by the app, with all it started."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from k8sharden.cluster import plugin as module
from k8sharden.cluster.connect import connect
from k8sharden.cluster.interrupt import Interruptible, stoppable
from k8sharden.cluster.transport import Request
from k8sharden.errors import Cancelled, Unauthorized
from tests.cluster.test_connect import config, written

HANGS = "echo $$ > {pid}; sleep 600 & echo $! >> {pid}; wait"
"""A plugin with a child, as a wrapper around a program is; both write down who they are."""


def hanging(folder: Path, script: str = HANGS) -> Path:
    """A kubeconfig whose plugin never answers."""
    arguments = ["-c", script.format(pid=folder / "pids")]
    version = "client.authentication.k8s.io/v1"
    user = {"apiVersion": version, "command": "sh", "args": arguments}
    return written(folder / "c", config(exec=user))


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds; fail when it takes longer."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def started(folder: Path) -> list[int]:
    """Wait for the plugin and its child, and return their ids."""
    file = folder / "pids"
    until(lambda: file.exists() and file.read_text().count("\n") == 2)
    return [int(line) for line in file.read_text().split()]


def running(pid: int) -> bool:
    """Whether a process is there and no mere remnant."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    return bool(said.stdout.strip()) and not said.stdout.strip().startswith(b"Z")


def gone(folder: Path) -> bool:
    """Whether the plugin and its child have ended."""
    return not any(map(running, started(folder)))


def test_a_plugin_that_hangs_is_ended_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time one line says which command hung and what to do; no process is left."""
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    with pytest.raises(Unauthorized, match=r"plugin sh of context training .* by hand") as caught:
        connect(kubeconfig=hanging(tmp_path))
    assert "\n" not in str(caught.value)
    assert gone(tmp_path)


def test_a_plugin_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin that ignores the request to end does not stay either."""
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    monkeypatch.setattr(module, "_GRACE", 0.2)
    with pytest.raises(Unauthorized):
        connect(kubeconfig=hanging(tmp_path, "trap '' TERM; " + HANGS))
    until(lambda: gone(tmp_path))


def test_who_leaves_while_connecting_ends_the_plugin(tmp_path: Path) -> None:
    """A connection that nobody waits for any more ends, and its plugin with it."""
    file, left = hanging(tmp_path), threading.Event()
    errors: list[BaseException] = []

    def opening() -> None:
        with stoppable(left.is_set):
            try:
                connect(kubeconfig=file)
            except BaseException as error:  # noqa: BLE001 - looked at below
                errors.append(error)

    thread = threading.Thread(target=opening)
    thread.start()
    started(tmp_path)
    left.set()
    thread.join(60)
    assert [type(error) for error in errors] == [Cancelled]
    assert gone(tmp_path)


FIRST_TIME = """
if [ -e {pid}.asked ]; then %s; else touch {pid}.asked; echo '%s'; fi
"""


def test_a_scan_that_is_cancelled_ends_the_plugin_that_renews_its_token(tmp_path: Path) -> None:
    """A plugin that answers at first and hangs when the token has expired ends with the scan."""
    status: dict[str, Any] = {"token": "t", "expirationTimestamp": "2020-01-01T00:00:00Z"}
    version = "client.authentication.k8s.io/v1"
    answer = json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})
    script = FIRST_TIME % (HANGS, answer.replace("{", "{{").replace("}", "}}"))
    api = connect(kubeconfig=hanging(tmp_path, script))
    left = threading.Event()
    transport = Interruptible(api.transport, left.is_set)

    def leave() -> None:
        started(tmp_path)
        left.set()

    threading.Thread(target=leave).start()
    with pytest.raises(Cancelled):
        transport.send(Request("GET", "/version"))
    until(lambda: gone(tmp_path))


PROGRAM = """
import signal, sys
from k8sharden.cli import run
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(run(sys.argv[1:]))
"""
"""Whoever starts the tests in a shell's background has its interrupts ignored, also by children."""


def scanning(file: Path) -> "subprocess.Popen[bytes]":
    """Start a scan that hears interrupts; its input stays open, and nobody types."""
    words = [sys.executable, "-c", PROGRAM, "scan", "--kubeconfig", str(file)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, stdin=subprocess.PIPE)


def test_an_interrupt_ends_the_plugin(tmp_path: Path) -> None:
    """An interrupt ends the command with one line, and leaves no process of the plugin."""
    with scanning(hanging(tmp_path)) as program:
        started(tmp_path)
        os.kill(program.pid, signal.SIGINT)
        _, said = program.communicate(timeout=60)
    assert program.returncode == 4
    assert said.decode().strip() == "k8sharden: Stopped. Nothing more was done."
    assert gone(tmp_path)


def test_an_interrupt_while_the_plugin_is_started_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin that runs, while the interrupt comes before its start has returned, ends as well."""
    start = vars(subprocess.Popen)["_execute_child"]

    def interrupted(*args: Any) -> None:
        start(*args)
        started(tmp_path)
        raise KeyboardInterrupt

    file = hanging(tmp_path)
    name = "k8sharden.cluster.plugin._Plugin._execute_child"
    monkeypatch.setattr(name, interrupted, raising=False)
    with pytest.raises(KeyboardInterrupt):
        connect(kubeconfig=file)
    assert gone(tmp_path)


def test_an_interrupt_right_after_the_fork_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt is held back until the id of the plugin, which runs already, is known."""
    fork, forks = vars(subprocess)["_fork_exec"], []

    def interrupted(*args: Any) -> int:
        forks.append(fork(*args))
        if len(forks) == 1:
            started(tmp_path)
            signal.raise_signal(signal.SIGINT)
        return int(forks[-1])

    file = hanging(tmp_path)
    monkeypatch.setattr("subprocess._fork_exec", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            connect(kubeconfig=file)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert gone(tmp_path)


def test_a_plugin_does_not_wait_for_input_that_is_not_typed(tmp_path: Path) -> None:
    """Where no person sits before it, a plugin that reads its input finds the end of it at once."""
    script = "read line || echo nothing to read >&2; exit 1"
    with scanning(hanging(tmp_path, script)) as program:
        assert program.wait(60) == 3
        assert program.stderr is not None
        assert b"nothing to read" in program.stderr.read()
