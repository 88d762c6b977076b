"""Tokens in the keyring: stored, read back, and never waited for too long."""

import threading
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from k8sharden.cluster.tokens import store_token, token_for
from k8sharden.errors import InputError

SERVER = "https://cluster.example:6443"


class InMemory(KeyringBackend):
    """A keyring that keeps what it is given."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return what was kept."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self.kept[service, username] = password


class Locked(InMemory):
    """A keyring that waits for a window that nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        """Wait."""
        self.released.wait(20)
        return super().get_password(service, username)


@pytest.fixture(autouse=True)
def _keep_the_backend() -> Iterator[None]:
    """Put the machine's own keyring back after a test."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_a_stored_token_is_found() -> None:
    """What was stored for a server is read again, under its own address only."""
    keyring.set_keyring(InMemory())
    store_token(SERVER, "abc")
    assert token_for(SERVER) == "abc"
    with pytest.raises(InputError, match="No token"):
        token_for("https://other.example")


def test_a_keyring_that_drops_what_it_is_given_is_found_out() -> None:
    """The null backend stores silently and keeps nothing, so a stored token is read back."""
    keyring.set_keyring(null.Keyring())
    with pytest.raises(InputError, match="did not keep"):
        store_token(SERVER, "abc")


def test_no_keyring_is_said() -> None:
    """A machine without a keyring is told to use a kubeconfig."""
    keyring.set_keyring(fail.Keyring())
    with pytest.raises(InputError, match="kubeconfig instead"):
        token_for(SERVER)


def test_a_locked_keyring_is_not_waited_for() -> None:
    """A keyring that does not answer is left after the time-out."""
    locked = Locked()
    keyring.set_keyring(locked)
    with pytest.raises(InputError, match="locked"):
        token_for(SERVER, timeout=0.05)
    locked.released.set()
