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
