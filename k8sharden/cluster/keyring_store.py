"""Secrets in the system's keyring: read back when stored, and never waited for too long."""

import threading
from collections.abc import Callable
from typing import TypeVar

from k8sharden.errors import InputError

SERVICE = "k8sharden"
TIMEOUT = 30.0
"""Seconds; a locked keyring asks its owner to unlock it, in a window that may never be seen."""

T = TypeVar("T")


class KeyringTrouble(InputError):
    """The keyring cannot be used now: ``why``, as the end of a sentence.

    Its owner can mend that, as by unlocking it; what it holds is not lost.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"The keyring cannot be used: {why}")
        self.why = why


class NoKeyring(KeyringTrouble):
    """No keyring is set up here, or one that keeps nothing."""


def stored(name: str, *, timeout: float | None = None) -> str:
    """Return the secret of this name; empty where there is none. Raises `KeyringTrouble`."""
    return _ask(lambda: _get(name), timeout) or ""


def store(name: str, secret: str, *, timeout: float | None = None) -> None:
    """Store a secret, and read it back, since some backends drop what they are given.

    Raises `KeyringTrouble`; `NoKeyring` where it was not kept.
    """
    _ask(lambda: _set(name, secret), timeout)
    if stored(name, timeout=timeout) != secret:
        raise NoKeyring("it did not keep what it was given.")


def remove(name: str, *, timeout: float | None = None) -> bool:
    """Take a secret out, and look whether it is gone; False where there was none.

    Raises `KeyringTrouble`.
    """
    if not stored(name, timeout=timeout):
        return False
    _ask(lambda: _delete(name), timeout)
    if stored(name, timeout=timeout):
        raise InputError("The keyring still holds the secret: take it out by its own program.")
    return True


def _get(name: str) -> str | None:
    import keyring  # noqa: PLC0415 - finding its backend takes long, and is rarely needed

    return keyring.get_password(SERVICE, name)


def _set(name: str, secret: str) -> None:
    import keyring  # noqa: PLC0415 - as above

    keyring.set_password(SERVICE, name, secret)


def _delete(name: str) -> None:
    import keyring  # noqa: PLC0415 - as above

    keyring.delete_password(SERVICE, name)


def _ask(question: Callable[[], T], timeout: float | None) -> T:
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
    thread.join(TIMEOUT if timeout is None else timeout)
    if answers:
        return answers[0]
    if not failures:
        raise KeyringTrouble("it did not answer; is it locked?")
    raise _trouble(failures[0])


def _trouble(failure: Exception) -> KeyringTrouble:
    # By name, since importing the keyring's own errors fails where its backend does. And only the
    # name: a backend's own words may hold what was to be stored.
    names = [kind.__name__ for kind in type(failure).__mro__]
    if "KeyringLocked" in names:
        return KeyringTrouble("it is locked.")
    if "NoKeyringError" in names:
        return NoKeyring("none is set up here.")
    return KeyringTrouble(f"{names[0]}; is a keyring set up here?")
