"""Bearer tokens for ``--server``, kept in the system's keyring under the server's address."""

import threading
from collections.abc import Callable
from typing import TypeVar

from k8sharden.errors import InputError
from k8sharden.model.text import one_line

SERVICE = "k8sharden"
TIMEOUT = 30.0
"""Seconds; a locked keyring asks its owner to unlock it, in a window that may never be seen."""

LARGEST = 16_384
"""Characters; API servers refuse headers that are longer."""

T = TypeVar("T")


def token_for(server: str, *, timeout: float = TIMEOUT) -> str:
    """Return the token that is stored for a server. Raises `InputError` where there is none."""
    token = _ask(lambda: _keyring_get(server), timeout)
    if not token:
        raise InputError(
            f"No token for {one_line(server, 200)} is in the keyring: store one with "
            f"`k8sharden login --server {one_line(server, 200)}`, or use a kubeconfig."
        )
    return token


def store_token(server: str, token: str, *, timeout: float = TIMEOUT) -> None:
    """Store a token, and read it back, since some backends drop what they are given."""
    _ask(lambda: _keyring_set(server, token), timeout)
    if _ask(lambda: _keyring_get(server), timeout) != token:
        raise InputError("The keyring did not keep the token: set up a keyring that does.")


def forget_token(server: str, *, timeout: float = TIMEOUT) -> bool:
    """Take a token out of the keyring, and look whether it is gone; False where there was none."""
    if not _ask(lambda: _keyring_get(server), timeout):
        return False
    _ask(lambda: _keyring_delete(server), timeout)
    if _ask(lambda: _keyring_get(server), timeout):
        raise InputError("The keyring still holds the token: take it out by its own program.")
    return True


def usable(token: str) -> str:
    """Return a token without the blanks around it.

    Raises `InputError`, without the token's text, for what cannot be one.
    """
    bare = token.strip()
    if not bare:
        raise InputError("No token was given: nothing was stored.")
    if len(bare) > LARGEST or not bare.isascii() or not bare.isprintable() or " " in bare:
        raise InputError(
            "That is no bearer token: it holds blanks, line breaks or other signs, or is too long. "
            "Nothing was stored."
        )
    return bare


def _keyring_delete(server: str) -> None:
    import keyring  # noqa: PLC0415 - as above

    keyring.delete_password(SERVICE, server)


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
