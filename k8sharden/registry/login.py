"""The user's credentials for a registry: from the keyring, else from Docker's configuration.

They are looked up only when a registry asks for them. Source: docker/cli, config.json (`auths`,
`credHelpers`, `credsStore`), and the protocol of docker-credential-helpers: the program
`docker-credential-NAME` is called with `get`, and the registry's name on its standard input.
"""

import base64
import binascii
import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from k8sharden.analysis.registries import DOCKER_HUB, place_of
from k8sharden.cluster.keyring_store import KeyringTrouble, remove, store, stored
from k8sharden.errors import InputError
from k8sharden.model.text import one_line

HELPER_TIMEOUT = 10.0
"""Seconds that a credential helper may take; it may ask its owner to unlock something."""

_HUB_KEY = "https://index.docker.io/v1/"
_MOST = 2**20
_LONGEST = 8_192
_TOKEN_USER = "<token>"  # noqa: S105 - the word that helpers use for "no name, a token"
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?"
)


class Login(msgspec.Struct, frozen=True):
    """A name with its password, or a token to get others with."""

    user: str = ""
    password: str = ""
    identity_token: str = ""

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def __repr__(self) -> str:
        """Show nothing of it, wherever it may be printed."""
        return "Login(…)"


def registry_of(text: str) -> str:
    """Return the registry that somebody named. Raises `InputError` for what is none."""
    host = place_of(text)
    if "/" in host or not _HOST.fullmatch(host):
        raise InputError(
            f"{one_line(text, 100)!r} is no registry: give its name, HOST or HOST:PORT."
        )
    return host


def keep(registry: str, login: Login) -> None:
    """Keep a login in the keyring, and read it back. Raises `InputError`."""
    if not login.user or not login.password or ":" in login.user:
        raise InputError("A registry wants a user name, without a colon, and a password or token.")
    if len(login.user) + len(login.password) > _LONGEST:
        raise InputError("That is too long for a password or token. Nothing was stored.")
    try:
        store(_key(registry), json.dumps([login.user, login.password]))
    except KeyringTrouble as error:
        raise InputError(f"{error} `docker login` keeps it elsewhere, and is read, too.") from error


def forget(registry: str) -> bool:
    """Take a login out of the keyring; False where there was none. Raises `InputError`."""
    return remove(_key(registry))


def find(registry: str, *, environment: Mapping[str, str] | None = None) -> Login | None:
    """Return the user's login for a registry; None where there is none, or none can be had."""
    return _from_keyring(registry) or _from_docker(
        registry, os.environ if environment is None else environment
    )


def _key(registry: str) -> str:
    return f"registry:{registry}"


def _from_keyring(registry: str) -> Login | None:
    try:
        user, password = json.loads(stored(_key(registry)) or "[]")
    except (KeyringTrouble, ValueError, TypeError):
        return None
    return Login(str(user), str(password))


def _from_docker(registry: str, environment: Mapping[str, str]) -> Login | None:
    config = _docker_config(environment)
    for key in _keys(registry):
        helper = _text(_table(config.get("credHelpers")).get(key))
        if helper:
            return _from_helper(helper, key, environment)
    shared = _text(config.get("credsStore"))
    if shared:
        for key in _keys(registry):
            found = _from_helper(shared, key, environment)
            if found:
                return found
    return _from_auths(_table(config.get("auths")), registry)


def _docker_config(environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        folder = environment.get("DOCKER_CONFIG") or Path.home() / ".docker"
        with (Path(folder) / "config.json").open("rb") as stream:
            return _table(json.loads(stream.read(_MOST)))
    # A user without a home, as in a container, is a RuntimeError; deep nesting is one as well.
    except (OSError, ValueError, RuntimeError):
        return {}


def _keys(registry: str) -> tuple[str, ...]:
    return (_HUB_KEY, registry) if registry == DOCKER_HUB else (registry, f"https://{registry}")


def _from_auths(auths: dict[str, Any], registry: str) -> Login | None:
    for key, value in auths.items():
        if place_of(_host(key)) != registry:
            continue
        entry = _table(value)
        token = _text(entry.get("identitytoken"))
        user, _, password = _decoded(_text(entry.get("auth"))).partition(":")
        if token or user:
            return Login(user, password, token)
    return None


def _host(key: str) -> str:
    try:
        return urlsplit(key if "://" in key else f"//{key}").netloc
    except ValueError:
        return ""


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode().rstrip("\0")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _from_helper(name: str, key: str, environment: Mapping[str, str]) -> Login | None:
    if not _HELPER.fullmatch(name):
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the program that the user's own file names
            [f"docker-credential-{name}", "get"],
            input=key.encode(),
            capture_output=True,
            timeout=HELPER_TIMEOUT,
            check=False,
            env=dict(environment),
        )
        said = _table(json.loads(done.stdout[:_MOST])) if done.returncode == 0 else {}
    except (OSError, ValueError, RecursionError, subprocess.SubprocessError):
        return None
    user, secret = _text(said.get("Username")), _text(said.get("Secret"))
    if user == _TOKEN_USER:
        return Login(identity_token=secret)
    return Login(user, secret) if user and secret else None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
