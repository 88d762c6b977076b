"""``k8sharden usage``: what an audit log shows that was used, and what it cannot show."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click
import msgspec

from k8sharden.analysis.rbac.subjects import account_of, user_of
from k8sharden.cli.evidence import audit_log_option
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, table, to_json
from k8sharden.errors import InputError
from k8sharden.evidence.blind import moment, stamp
from k8sharden.evidence.files import OPTION
from k8sharden.evidence.read import read_chunks, read_logs
from k8sharden.evidence.words import told
from k8sharden.model.text import one_line
from k8sharden.model.usage import Usage, Use


@click.command()
@audit_log_option
@click.option("--demo", is_flag=True, help="The week's log of the training cluster.")
@click.option("--lines", is_flag=True, help="With --demo: print that log itself.")
@click.option("--user", metavar="NAME", help="Only this user, request by request.")
@output_options
@out_option
def usage(**options: Any) -> int:
    """Show who used what, by an audit log. No cluster is asked."""
    if options["demo"] == bool(options["audit_logs"]):
        raise InputError(f"Name a log with {OPTION} FILE, or say --demo.")
    if options["lines"]:
        _print_lines(demo=options["demo"])
        return 0
    found = _training() if options["demo"] else _given(options["audit_logs"])
    uses = _of(found, options["user"])
    if options["output"] == "json":
        emit(to_json(document(msgspec.structs.replace(found, uses=uses))), options["out"])
    elif options["user"]:
        emit(_requests(uses), options["out"])
    else:
        emit(_users(uses), options["out"])
    for sentence in (*told(found), *found.blind):
        say(sentence)
    return 0


def document(found: Usage) -> Mapping[str, Any]:
    """Return what is printed as JSON; times are RFC 3339, or empty where none is known."""
    return {
        "schema": "k8sharden.usage/v1",
        "first": moment(found.first),
        "last": moment(found.last),
        "clusters": found.clusters,
        "reading": msgspec.to_builtins(found.reading),
        "blind": found.blind,
        "uses": [
            {**msgspec.to_builtins(use), "first": moment(use.first), "last": moment(use.last)}
            for use in found.uses
        ],
    }


def _given(paths: Sequence[str]) -> Usage:
    with scanning() as show:
        return read_logs(paths, sys.stdin.buffer, show)


def _training() -> Usage:
    from k8sharden.cluster.training import audit_log  # noqa: PLC0415 - a whole API server

    return read_chunks(audit_log.lines(time.time()), audit_log.NAME)


def _print_lines(*, demo: bool) -> None:
    """Print the training cluster's log. Raises `InputError` where another one is meant."""
    if not demo:
        raise InputError("--lines prints the log of the training cluster: say --demo.")
    from k8sharden.cluster.training import audit_log  # noqa: PLC0415 - a whole API server

    for line in audit_log.lines(time.time()):
        click.echo(line, nl=False)


def _of(found: Usage, user: str | None) -> tuple[Use, ...]:
    """Return the uses of a user, or all. Raises `InputError` for somebody who asked for nothing."""
    if user is None:
        return found.uses
    namespace, _, name = user.partition("/")
    uses = found.of(user) or found.of(user_of((namespace, name)))
    if not uses:
        raise InputError(
            f"{one_line(user, 200)} asked for nothing in this log. `k8sharden usage` without "
            "--user lists everybody; a service account is NAMESPACE/NAME."
        )
    return uses


def _users(uses: Sequence[Use]) -> str:
    by_user: dict[str, list[Use]] = {}
    for use in uses:
        by_user.setdefault(use.user, []).append(use)
    rows = [
        (
            _shown(user),
            str(sum(bool(use.allowed) for use in theirs)),
            str(sum(use.allowed for use in theirs)),
            str(sum(use.denied for use in theirs)),
            stamp(max(use.last for use in theirs)),
        )
        for user, theirs in by_user.items()
    ]
    return table(("USER", "KINDS", "ALLOWED", "DENIED", "LAST (UTC)"), rows)


def _shown(user: str) -> str:
    """Return a user as --user takes one."""
    return "/".join(account_of(user) or (user,))


def _requests(uses: Sequence[Use]) -> str:
    rows = [
        (
            use.verb,
            use.path or (f"{use.resource}.{use.group}" if use.group else use.resource),
            use.namespace or "-",
            use.name or "-",
            str(use.allowed),
            str(use.denied),
            stamp(use.last),
        )
        for use in uses
    ]
    heads = ("VERB", "RESOURCE", "NAMESPACE", "NAME", "ALLOWED", "DENIED", "LAST (UTC)")
    return table(heads, rows)
