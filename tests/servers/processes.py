"""Server processes that tests start: logged, watched, and never left behind."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LINES_OF_LOG = 25
GRACE_SECONDS = 3.0
PR_SET_PDEATHSIG = 1
PORT_TAKEN = "address already in use"

# Loaded ahead of any fork: a forked child must not run the dynamic loader.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServerDied(Exception):
    """A server ended while it should have been running; the message ends with its log."""

    def __init__(self, name: str, code: int | None, log: str) -> None:
        super().__init__(f"{name} ended with code {code}; the end of its log:\n{log}")
        self.port_taken = PORT_TAKEN in log


class Process:
    """One server, its output in a log file."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.name = Path(command[0]).name
        self.log = log
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(log.parent),
                cwd=log.parent,
                # Ctrl-C is for the test run, which then stops the servers in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock
            )
        # Where the kernel offers no such signal, at least an orderly end stops the server.
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    def check(self) -> None:
        """Raise `ServerDied` if the server is no longer running."""
        code = self._popen.poll()
        if code is not None:
            raise ServerDied(self.name, code, self.tail())

    def tail(self) -> str:
        """The last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LINES_OF_LOG:])

    def stop(self) -> None:
        """Ask the server to end, then kill it: its data is thrown away in any case."""
        if self._popen.poll() is None:
            self._popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(GRACE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the server at once."""
        if self._popen.poll() is None:
            self._popen.kill()
            self._popen.wait()
        atexit.unregister(self.kill)


def stop_all(processes: Sequence[Process]) -> None:
    """End them one after the other: an API server whose etcd is gone does not end when asked."""
    for process in processes:
        process.stop()


def environment(home: Path) -> Mapping[str, str]:
    """What a program gets: nothing of the developer's own kubeconfig, proxies or settings."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "KUBERC": "off"}


def free_ports(count: int) -> list[int]:
    """Distinct ports that were free a moment ago; another process can still take one."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _die_with_parent() -> None:
    # A test run that is killed runs no cleanup; the kernel does it in its place.
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
