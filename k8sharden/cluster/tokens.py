"""Bearer tokens for ``--server``, kept in the system's keyring under the server's address."""

from collections.abc import Iterator
from contextlib import contextmanager

from k8sharden.cluster.keyring_store import KeyringTrouble, remove, store, stored
from k8sharden.errors import InputError
from k8sharden.model.text import one_line

LARGEST = 16_384
"""Characters; API servers refuse headers that are longer."""


def token_for(server: str, *, timeout: float | None = None) -> str:
    """Return the token that is stored for a server. Raises `InputError` where there is none."""
    with _else():
        token = stored(server, timeout=timeout)
    if not token:
        raise InputError(
            f"No token for {one_line(server, 200)} is in the keyring: store one with "
            f"`k8sharden login --server {one_line(server, 200)}`, or use a kubeconfig."
        )
    return token


def store_token(server: str, token: str, *, timeout: float | None = None) -> None:
    """Store a token, and read it back. Raises `InputError` where the keyring does not keep it."""
    with _else():
        store(server, token, timeout=timeout)


def forget_token(server: str, *, timeout: float | None = None) -> bool:
    """Take a token out of the keyring, and look whether it is gone; False where there was none."""
    with _else():
        return remove(server, timeout=timeout)


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


@contextmanager
def _else() -> Iterator[None]:
    """Say what to do where the keyring cannot be used."""
    try:
        yield
    except KeyringTrouble as error:
        raise InputError(f"{error} Use a kubeconfig instead of --server.") from error
