"""A keyring whose owner never comes to unlock it: PYTHON_KEYRING_BACKEND names `Locked`."""

import time

from keyring.backend import KeyringBackend

_LONG = 600.0


class Locked(KeyringBackend):
    """Waits, whatever it is asked."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        """Wait."""
        del service, username
        time.sleep(_LONG)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Wait."""
        del service, username, password
        time.sleep(_LONG)
