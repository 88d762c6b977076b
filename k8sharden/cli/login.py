"""``k8sharden login`` and ``logout``: secrets of servers and registries, in the system's keyring.

A secret never stands on a command line, where other users of the machine and the shell's history
would see it: it is typed without echo, or comes on stdin.
"""

import sys

import click

from k8sharden.cli.output import say
from k8sharden.cluster.tokens import LARGEST
from k8sharden.errors import InputError
from k8sharden.model.text import one_line
from k8sharden.places.connecting import log_in, log_out
from k8sharden.registry.login import Login, forget, keep, registry_of

_server = click.option("--server", metavar="URL", help="An API server: https://HOST:PORT")
_registry = click.option("--registry", metavar="HOST", help="A registry of images.")


@click.command()
@_server
@_registry
@click.option("--user", metavar="NAME", help="With --registry: the name to log in with.")
def login(*, server: str | None, registry: str | None, user: str | None) -> int:
    """Keep the token of a server, or the password for a registry, in the keyring.

    It is asked for without echo. In a script, pipe it in: `k8sharden login --server URL < FILE`.
    """
    _one_of(server, registry)
    if registry:
        return _to_registry(registry, user or "")
    where = log_in(server or "", _secret(f"Bearer token for {one_line(server or '', 200)}"))
    say(f"The token for {one_line(where, 200)} is in the keyring, and was read back from there.")
    say(f"Next: k8sharden scan --server {one_line(where, 200)}")
    return 0


@click.command()
@_server
@_registry
def logout(*, server: str | None, registry: str | None) -> int:
    """Take the token of a server, or the login of a registry, out of the keyring."""
    _one_of(server, registry)
    name = one_line(server or registry or "", 200)
    gone = forget(registry_of(registry)) if registry else log_out(server or "")
    what = "login" if registry else "token"
    if gone:
        say(f"The {what} for {name} is no longer in the keyring. It stays valid until it expires.")
    else:
        say(f"There was no {what} for {name} in the keyring.")
    return 0


def _one_of(server: str | None, registry: str | None) -> None:
    if bool(server) == bool(registry):
        raise InputError("Say where to: --server URL for an API server, or --registry HOST.")


def _to_registry(name: str, user: str) -> int:
    registry = registry_of(name)
    if not user:
        raise InputError(
            f"Say who you are there: k8sharden login --registry {registry} --user NAME"
        )
    password = _secret(f"Password or token of {one_line(user, 60)} for {registry}").rstrip("\r\n")
    keep(registry, Login(user, password))
    say(f"The login for {registry} is in the keyring, and was read back from there.")
    say("Next: k8sharden scan --registries")
    return 0


def _secret(asked: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read(LARGEST + 2)
    text: str = click.prompt(
        f"{asked} (it is not shown)", hide_input=True, default="", show_default=False, err=True
    )
    return text
