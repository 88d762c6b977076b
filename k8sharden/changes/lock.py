"""One writer at a time: a lock that the operating system lets go when its holder dies.

The lock file also says who writes, and how often the journal was written to: fewer commits in the
journal than stand here mean that its newest part was taken away.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from k8sharden.errors import InputError, Refused
from k8sharden.model.decoding import decode
from k8sharden.model.text import one_line

PATIENCE = 0.3
"""Seconds to wait for a lock that another process may hold for a moment only."""

_POLL = 0.02

_SIZE = 512
"""Bytes; written in one piece, so that a reader sees it whole."""

if sys.platform == "win32":
    import msvcrt

    _FAR = 2**30
    """The locked byte: far behind the text, which Windows would otherwise let nobody read."""

    def _grab(file: int) -> None:
        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _grab(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class _Note(msgspec.Struct, frozen=True):
    pid: int = 0
    host: str = ""
    since: float = 0.0
    commits: int = 0


class WriterLock:
    """The lock beside a journal. The thread that holds it may take it again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._depth = 0
        self._holder = 0
        self._file = -1
        self._since = 0.0

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the lock; yields whether it was free before this.

        Raises `Refused`, naming who holds it, and `InputError` where it cannot be had at all.
        """
        if not self._turn.acquire(blocking=False):
            raise Refused(self._taken(_Note(os.getpid(), since=self._since)))
        try:
            first = self._depth == 0
            if first:
                self._take()
                self._holder = threading.get_ident()
            self._depth += 1
            try:
                yield first
            finally:
                self._depth -= 1
                if first:
                    os.close(self._file)
        finally:
            self._turn.release()

    @property
    def commits(self) -> int:
        """How often the journal was written to, as far as is known."""
        return self._read().commits

    def note(self, commits: int) -> None:
        """Write down who holds the lock, and how often the journal was written to."""
        told = _Note(os.getpid(), socket.gethostname()[:200], self._since, commits)
        with suppress(OSError):
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, msgspec.json.encode(told).ljust(_SIZE))

    @property
    def busy(self) -> bool:
        """Whether somebody else writes now: another process, or another thread of this one."""
        if self._depth:
            return self._holder != threading.get_ident()
        try:
            os.close(self._opened(0))
        except Refused:
            return True
        except InputError:
            return False
        return False

    def _take(self) -> None:
        self._file = self._opened(PATIENCE)
        self._since = time.time()
        self.note(self._read().commits)

    def _opened(self, patience: float) -> int:
        """Return the locked file. Raises `Refused` where another holds it for longer than that."""
        try:
            file = os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise InputError(self._trouble(error)) from error
        try:
            self._wait(file, patience)
        except (BlockingIOError, PermissionError) as error:
            os.close(file)
            raise Refused(self._taken(self._read())) from error
        except OSError as error:
            os.close(file)
            raise InputError(self._trouble(error)) from error
        return file

    def _wait(self, file: int, patience: float) -> None:
        end = time.monotonic() + patience
        while True:
            try:
                return _grab(file)
            except (BlockingIOError, PermissionError):
                if time.monotonic() >= end:
                    raise
            time.sleep(_POLL)

    def _read(self) -> _Note:
        try:
            with self.path.open("rb") as stream:
                return decode(stream.read(_SIZE), _Note)
        except (OSError, ValueError):
            return _Note()

    def _trouble(self, error: OSError) -> str:
        return (
            f"The journal cannot be locked against other writers: {one_line(str(self.path), 300)}: "
            f"{error.strerror}. Nothing was changed."
        )

    def _taken(self, by: _Note) -> str:
        who = "This program" if by.pid == os.getpid() else "Another k8sharden"
        since = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(max(0.0, min(by.since, 2.0**37))))
        known = f" (process {by.pid} on {one_line(by.host or 'this host', 100)}, since {since})"
        return (
            f"{who}{known if by.pid else ''} is writing in the journal "
            f"{one_line(str(self.path.parent), 300)}. Nothing was changed; wait until it is done."
        )
