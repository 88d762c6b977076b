"""Leaving while a server is silent."""

import json
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.run import MAIN, environment
from tests.terminal import Terminal

AT_ONCE = 4.0
"""Seconds: less than one on an idle machine, and far from the 30 of a request."""
LOCKED = {"PYTHON_KEYRING_BACKEND": "tests.e2e.locked_keyring.Locked"}


def test_a_locked_keyring_does_not_keep_the_app(tmp_path: Path) -> None:
    """A token that the keyring does not take is given up at once by whoever leaves."""
    command = [sys.executable, "-c", MAIN]
    env = environment(tmp_path) | LOCKED
    with Terminal(command, folder=tmp_path, env=env) as terminal:
        terminal.wait_for("another server", seconds=30)
        terminal.redrawn()
        terminal.press("G\r")
        terminal.wait_for("by its address and a token", seconds=30)
        terminal.press("https://127.0.0.1:1\rt\r")
        terminal.wait_for("Storing it in the keyring", seconds=30)
        terminal.press("\x1b")
        terminal.redrawn()
        begun = time.monotonic()
        terminal.press("q")
        assert terminal.leave(seconds=60) == 0
        assert time.monotonic() - begun < AT_ONCE


@pytest.mark.parametrize("key", ["q", "\x11"], ids=["q", "ctrl-q"])
def test_a_silent_server_does_not_keep_the_app(tmp_path: Path, key: str) -> None:
    """A server that takes requests and never answers is left at once, not after its time-out."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port = server.getsockname()[1]
        config = {
            "current-context": "silent",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "silent", "context": {"cluster": "c", "user": "u"}}],
        }
        (tmp_path / "config").write_text(json.dumps(config))
        command = [sys.executable, "-c", MAIN, "--kubeconfig", "config"]
        with Terminal(command, folder=tmp_path, env=environment(tmp_path)) as terminal:
            terminal.wait_for("silent", "Enter connects", seconds=30)
            terminal.press("\r")
            terminal.wait_for("Scanning", seconds=30)
            with server.accept()[0]:
                terminal.redrawn()
                begun = time.monotonic()
                terminal.press(key)
                assert terminal.leave(seconds=30) == 0
                assert time.monotonic() - begun < AT_ONCE
