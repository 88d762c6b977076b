"""A program in tmux, as a person sees it: keys go in, the screen comes out as text."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


class Tmux:
    """One window of a server of its own; leaving the context ends it."""

    def __init__(
        self, command: Sequence[str], *, folder: Path, env: Mapping[str, str], size: tuple[int, int]
    ) -> None:
        if shutil.which("tmux") is None:
            pytest.skip("needs tmux")
        self._socket = folder / "tmux"
        # env -i: tmux would hand the shell the environment of whoever runs the tests.
        words = ["env", "-i", *(f"{key}={value}" for key, value in env.items()), *command]
        wide, high = map(str, size)
        self._run("new-session", "-d", "-x", wide, "-y", high, "-c", str(folder), shlex.join(words))

    def _run(self, *words: str) -> str:
        command = ["tmux", "-f", "/dev/null", "-S", str(self._socket), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        command = ["tmux", "-S", str(self._socket), "kill-server"]
        subprocess.run(command, capture_output=True, check=False)

    @property
    def text(self) -> str:
        """What the screen shows now."""
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names: ``Enter``, ``Escape``, ``Tab``, ``a``."""
        self._run("send-keys", *keys)

    def paste(self, text: str) -> None:
        """Paste a text as a terminal does that marks where it begins and ends."""
        buffer = ["tmux", "-S", str(self._socket), "load-buffer", "-"]
        subprocess.run(buffer, input=text, text=True, check=True)
        self._run("paste-buffer", "-p", "-r")

    def wait_for(self, *wanted: str, seconds: float = 60) -> str:
        """Wait until all of these are on the screen; return it."""
        end = time.monotonic() + seconds
        while True:
            text = self.text
            missing = [word for word in wanted if word not in text]
            if not missing:
                return text
            assert time.monotonic() < end, f"never seen: {', '.join(missing)}. What is:\n{text}"
            time.sleep(0.1)
