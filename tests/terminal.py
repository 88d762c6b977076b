"""Runs a program on a terminal of its own, as a person does, and reads what it draws.

`python -m tests.terminal FOLDER COMMAND…` starts an app there, waits until it has drawn the seven
areas, and leaves it by its quit key.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from k8sharden.model.finding import Area

LINES, COLUMNS = 45, 140
_MOMENT = 0.7
"""Seconds without a write after which a screen is taken to be drawn."""

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")

_LONGEST = 4.0
"""Seconds after which nobody waits for that any more."""


class Terminal:
    """A program on a terminal; leaving the context kills it if it still runs."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (COLUMNS, LINES),
    ) -> None:
        self._drawn = b""
        self._side, theirs = pty.openpty()
        columns, lines = size
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._program = subprocess.Popen(
            command,
            cwd=folder,
            env={**(os.environ if env is None else env), "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._program.poll() is None:
            self._program.kill()
            self._program.wait()
        if self._side >= 0:
            os.close(self._side)

    @property
    def drawn(self) -> bytes:
        """Everything written so far, as it came."""
        return self._drawn

    @property
    def text(self) -> str:
        """Everything written so far, in the order of writing, without control sequences."""
        return ESCAPES.sub(b"", self._drawn).decode(errors="replace")

    def wait_for(self, *wanted: str, seconds: float, since: int = 0) -> None:
        """Read until all of these were written. Raises `AssertionError` with what was, if not.

        ``since`` is a length of ``text``: what was written before it does not count.
        """
        end = time.monotonic() + seconds
        while missing := [word for word in wanted if word not in self.text[since:]]:
            more = time.monotonic() < end and self._read()
            assert more, f"never drawn: {', '.join(missing)}. What was: {self.text[-3000:]}"

    def press(self, keys: str) -> None:
        """Type these keys."""
        os.write(self._side, keys.encode())

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._program.pid

    def resize(self, lines: int, columns: int) -> None:
        """Make the terminal another size; the program is told as by a real one."""
        fcntl.ioctl(self._side, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.signal(signal.SIGWINCH)

    def redrawn(self) -> str:
        """Return the whole screen as it is now: a terminal that shrinks by a line has it anew."""
        self._settle()
        self.forget()
        lines, columns, *_ = struct.unpack(
            "HHHH", fcntl.ioctl(self._side, termios.TIOCGWINSZ, bytes(8))
        )
        self.resize(lines - 1, columns)
        self._settle()
        return self.text

    def _settle(self) -> None:
        """Read until nothing is written for a moment; a blinking cursor never ends."""
        end = time.monotonic() + _LONGEST
        while select.select([self._side], [], [], _MOMENT)[0] and self._read():
            if time.monotonic() > end:
                break

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self._program.send_signal(number)

    def hang_up(self, *, seconds: float) -> None:
        """Close the terminal under the program, which no signal tells, and wait for its end.

        Raises TimeoutExpired; what it leaves with depends on what it was still drawing.
        """
        os.close(self._side)
        self._side = -1
        self._program.wait(seconds)

    def forget(self) -> None:
        """Forget what was drawn until now."""
        self._drawn = b""

    def leave(self, *, seconds: float) -> int:
        """Read until the program ends; return its exit code."""
        end = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < end, f"it does not end. What was: {self.text[-3000:]}"
        return self._program.wait(seconds)

    def _read(self) -> bool:
        """Take in what was written within a second; return False once nothing more can come."""
        if not select.select([self._side], [], [], 1.0)[0]:
            return True
        try:
            read = os.read(self._side, 65536)
        except OSError:  # how Linux says that the other side was closed
            return False
        self._drawn += read
        return bool(read)


def main() -> int:
    """Start an app, look at its overview, and leave it."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    with Terminal(command, folder=folder) as terminal:
        terminal.wait_for(*(area.heading for area in Area), seconds=600)
        terminal.press("q")
        code = terminal.leave(seconds=30)
    print(f"{' '.join(command)}: drew the seven areas, and left with {code}")  # noqa: T201 - the answer of a command
    return code


if __name__ == "__main__":
    sys.exit(main())
