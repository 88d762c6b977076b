"""``k8sharden login`` and ``logout``: a server's bearer token, in the system's keyring.

A token never stands on a command line, where other users of the machine and the shell's history
would see it: it is typed without echo, or comes on stdin.
"""

import sys

import click

from k8sharden.cli.output import say
from k8sharden.cluster.tokens import LARGEST
from k8sharden.model.text import one_line
from k8sharden.places.connecting import log_in, log_out

_server = click.option("--server", metavar="URL", required=True, help="https://HOST:PORT")


@click.command()
@_server
def login(*, server: str) -> int:
    """Keep the bearer token of a server in the keyring.

    It is asked for without echo. In a script, pipe it in: `k8sharden login --server URL < FILE`.
    """
    where = log_in(server, _token(server))
    say(f"The token for {one_line(where, 200)} is in the keyring, and was read back from there.")
    say(f"Next: k8sharden scan --server {one_line(where, 200)}")
    return 0


@click.command()
@_server
def logout(*, server: str) -> int:
    """Take the token of a server out of the keyring; the server is not told."""
    name = one_line(server, 200)
    if log_out(server):
        say(f"The token for {name} is no longer in the keyring. It stays valid until it expires.")
    else:
        say(f"There was no token for {name} in the keyring.")
    return 0


def _token(server: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read(LARGEST + 2)
    asked = f"Bearer token for {one_line(server, 200)} (it is not shown)"
    token: str = click.prompt(asked, hide_input=True, default="", show_default=False, err=True)
    return token
