"""The options that give evidence in files."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from k8sharden.evidence.files import FLOWS, INSIST, INSIST_FLOWS, OPTION

F = TypeVar("F", bound=Callable[..., Any])

audit_log_option = click.option(
    OPTION,
    "audit_logs",
    multiple=True,
    metavar="FILE",
    help="An audit log of the cluster, as evidence of use: a file, a folder, or - for stdin.",
)
insist_option = click.option(
    INSIST,
    is_flag=True,
    help="Use the audit log although it looks like another cluster's.",
)


def evidence_options(function: F) -> F:
    """Add the options that give evidence of use."""
    return audit_log_option(insist_option(function))


flow_option = click.option(
    FLOWS,
    "flows",
    multiple=True,
    metavar="FILE",
    help="Observed connections, as Hubble's JSON or CSV: a file, a folder, or - for stdin.",
)
insist_flows_option = click.option(
    INSIST_FLOWS,
    is_flag=True,
    help="Use the flows although they look like another cluster's.",
)


def flow_options(function: F) -> F:
    """Add the options that give observed connections."""
    return flow_option(insist_flows_option(function))
