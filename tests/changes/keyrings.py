"""Keyrings in memory, for tests in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class InMemory(KeyringBackend):
    """A keyring that keeps what it is given, and can be locked."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.locked = False
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        """Return what was kept."""
        self._open(service)
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self._open(service)
        self.kept[username] = password

    def _open(self, service: str) -> None:
        self.asked += 1
        if self.locked:
            raise KeyringLocked(service)


@contextmanager
def using(backend: KeyringBackend) -> Iterator[None]:
    """Let this be the system's keyring meanwhile."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)
