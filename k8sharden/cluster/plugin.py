"""Ends a credential plugin that hangs, and one that nobody waits for any more.

The `kubernetes` package starts the plugin of a kubeconfig and waits for it without an end. Source:
the Kubernetes documentation of client-go credential plugins.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from k8sharden.cluster.failures import plugin_hung
from k8sharden.cluster.interrupt import POLL, stop_if_asked
from k8sharden.cluster.quiet import complaints
from k8sharden.errors import K8shardenError

PATIENCE = 120.0
"""Seconds; whoever logs in with a browser and a second factor needs most of these two minutes."""

_GRACE = 1.0
"""Seconds in which a plugin can put its own files in order before it is killed."""


@contextmanager
def bounded(command: str, name: str) -> Iterator[list[str]]:
    """Yield what the package complains of, while it may run the plugin ``command`` of ``name``.

    Raises `Unauthorized` where the plugin does not answer in time, and `Cancelled`; it is then
    gone, with what it started.
    """
    from kubernetes.config import exec_provider  # noqa: PLC0415 - takes long

    # The package offers no other way to say how its plugins are run.
    vars(exec_provider)["subprocess"] = SimpleNamespace(PIPE=subprocess.PIPE, Popen=_Plugin)
    try:
        with complaints() as said:
            yield said
    except _Hung:
        raise plugin_hung(name, command, PATIENCE) from None
    except _Left as left:
        raise left.why from None


class _Left(BaseException):
    """Nobody waits for the plugin. The package swallows every `Exception`, and goes on without."""

    def __init__(self, why: K8shardenError) -> None:
        super().__init__()
        self.why = why


class _Hung(BaseException):
    """The plugin took too long."""


class _Plugin(subprocess.Popen[str]):
    """A plugin's process, as the package starts it and waits for it."""

    def __init__(self, command: list[str], *, stdin: Any = None, **options: Any) -> None:
        _stop_if_asked()
        # Inside the app the terminal is the app's: a plugin gets neither its keys nor its screen.
        app = sys.stdout is not sys.__stdout__
        asks = not app and sys.stdin is not None and sys.stdin.isatty()
        given = stdin if asks else subprocess.DEVNULL
        try:
            with _interrupts_wait():
                super().__init__(command, stdin=given, start_new_session=app, **options)
                _RUNNING.add(self)
        except BaseException:
            if self.pid and self.poll() is None:
                self.end()
            raise

    def communicate(self, *_args: Any, **_options: Any) -> tuple[str, str]:
        """Wait for the answer: not for ever, and not for somebody who has left."""
        end = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < end:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return super().communicate(timeout=POLL)
                _stop_if_asked()
        except BaseException:
            self.end()
            raise
        finally:
            _RUNNING.discard(self)
        self.end()
        raise _Hung

    def end(self) -> None:
        """End it with all that it started, by force where asking does not help."""
        family = _family(self.pid)
        _signal(family, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(_GRACE)
        _signal(family, getattr(signal, "SIGKILL", signal.SIGTERM))
        self.wait()
        for pipe in filter(None, (self.stdout, self.stderr)):
            pipe.close()


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold an interrupt back: where it comes right after the fork, the plugin's id is lost."""
    came: list[tuple[int, Any]] = []
    before = signal.getsignal(signal.SIGINT)
    # Only the main thread is ever interrupted, and only it may say how.
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            before(*came[0])


def _family(pid: int) -> list[int]:
    """Return a process and all that it started; itself alone where nothing tells the others."""
    try:
        told = subprocess.run(  # noqa: S603 - words of our own
            _PROCESSES, capture_output=True, check=False, timeout=5
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return [pid]
    children = defaultdict(list)
    for child, parent in (map(int, line.split()) for line in told.splitlines()):
        children[parent].append(child)
    family = [pid]
    for each in family:
        family += children.get(each, ())
    return family


_PROCESSES = ("ps", "-A", "-o", "pid=", "-o", "ppid=")
"""Lists all processes, each with the one that started it (POSIX)."""


def _signal(family: list[int], number: int) -> None:
    for pid in family:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


_RUNNING: set[_Plugin] = set()


@atexit.register
def end_all() -> None:
    """End the plugins that still run: a thread that waits for one dies with the program."""
    for plugin in tuple(_RUNNING):
        plugin.end()


def _stop_if_asked() -> None:
    try:
        stop_if_asked()
    except K8shardenError as error:
        raise _Left(error) from None
