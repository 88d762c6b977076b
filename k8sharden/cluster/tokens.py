"""Bearer tokens for ``--server``, kept in the system's keyring under the server's address."""

import threading
from collections.abc import Callable
from typing import TypeVar

from k8sharden.errors import InputError
from k8sharden.model.text import one_line

SERVICE = "k8sharden"
TIMEOUT = 30.0
"""Seconds; a locked keyring asks its owner to unlock it, in a window that may never be seen."""

T = TypeVar("T")


def token_for(server: str, *, timeout: float = TIMEOUT) -> str:
    """Return the token that is stored for a server. Raises `InputError` where there is none."""
    token = _ask(lambda: _keyring_get(server), timeout)
    if not token:
        raise InputError(
            f"No token for {one_line(server, 200)} is in the keyring: store one with "
            f"`keyring set {SERVICE} {one_line(server, 200)}`, or use a kubeconfig."
        )
    return token


def store_token(server: str, token: str, *, timeout: float = TIMEOUT) -> None:
    """Store a token, and read it back, since some backends drop what they are given."""
    _ask(lambda: _keyring_set(server, token), timeout)
    if _ask(lambda: _keyring_get(server), timeout) != token:
        raise InputError("The keyring did not keep the token: set up a keyring that does.")


def _keyring_get(server: str) -> str | None:
    import keyring  # noqa: PLC0415 - finding its backend takes long, and is rarely needed

    return keyring.get_password(SERVICE, server)


def _keyring_set(server: str, token: str) -> None:
    import keyring  # noqa: PLC0415 - as above

    keyring.set_password(SERVICE, server, token)


def _ask(question: Callable[[], T], timeout: float) -> T:
    """Run a keyring call in a thread that is left behind when it takes too long."""
    answers: list[T] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            answers.append(question())
        except Exception as error:  # noqa: BLE001 - backends raise what they like
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True, name="keyring")
    thread.start()
    thread.join(timeout)
    if answers:
        return answers[0]
    why = "it did not answer; is it locked?"
    if failures:
        # A backend's own words may hold what was to be stored.
        why = f"{type(failures[0]).__name__}; is a keyring set up here?"
    raise InputError(f"The keyring cannot be used ({why}) Use a kubeconfig instead of --server.")
