"""What a log cannot show, in a sentence each: nobody is to take its silence for more than it is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from k8sharden.evidence.tally import Tally
from k8sharden.model.text import one_line
from k8sharden.model.usage import Use, has_reads

_READS = ("get", "list", "watch")
_DAY = 24
_SHOWN = 3
_WITHIN = (
    "rolebindings",
    "clusterrolebindings",
    "roles",
    "clusterroles",
    "certificatesigningrequests",
)
"""What cannot be written without a second right, which no event names."""

_POLICY = (
    "What the audit policy leaves out (level None) does not show, and no log says what that is."
)


def blind_spots(tally: Tally, uses: Sequence[Use]) -> tuple[str, ...]:
    """Return the sentences, those that weigh most first."""
    return tuple(
        sentence
        for sentence in (
            _window(tally),
            _undecided(tally),
            _no_reads(uses),
            _no_groups(tally),
            _not_kept(tally),
            *_gaps(tally.hours),
            _one_server(tally),
            _POLICY,
            _only_denied(uses),
            _second_rights(uses),
            _nodes(tally),
        )
        if sentence
    )


def span(first: float, last: float) -> str:
    """Return a window for people: ``2026-11-16 08:00 to 2026-11-23 08:00 UTC, 7 days``."""
    minutes = (last - first) / 60
    units = (("days", 2 * _DAY * 60, _DAY * 60), ("hours", 120, 60), ("minutes", 2, 1))
    long = (f"{minutes / size:.0f} {unit}" for unit, least, size in units if minutes >= least)
    return f"{stamp(first)} to {stamp(last)} UTC, {next(long, 'less than 2 minutes')}"


def stamp(when: float) -> str:
    """Return a time, given in seconds since 1970, to the minute in UTC."""
    try:
        return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def moment(when: float) -> str:
    """Return a time as RFC 3339 has it, given in seconds since 1970; empty where none is known."""
    try:
        return datetime.fromtimestamp(when, UTC).isoformat() if when else ""
    except (ValueError, OverflowError, OSError):
        return ""


def _window(tally: Tally) -> str:
    if not tally.last:
        return "No event has a time: how long the log is cannot be told."
    return (
        f"The log covers {span(tally.first, tally.last)}. What is done less often, at a month's "
        "end or in an emergency, does not show."
    )


def _no_reads(uses: Sequence[Use]) -> str:
    if has_reads(uses):
        return ""
    return (
        "There is not one get or list of an object in it: the policy or the export leaves reads "
        "out, as kube-audit-admin on AKS and Admin Activity on GKE do. Rights to read only look "
        "unused."
    )


def _gaps(hours: Iterable[int]) -> Iterator[str]:
    """Yield where more than a day is missing."""
    known = sorted(hours)
    found = [(before + 1, after) for before, after in pairwise(known) if after - before > _DAY]
    for begin, end in found[:_SHOWN]:
        yield f"Nothing was logged from {span(begin * 3600.0, end * 3600.0)}."
    if len(found) > _SHOWN:
        yield f"There are {len(found) - _SHOWN} more gaps of more than a day."


def _one_server(tally: Tally) -> str:
    if tally.clusters:
        return ""  # A cloud collects from all API servers of a cluster.
    return (
        "Each API server keeps a log of its own: where there are several, all of them are needed."
    )


def _only_denied(uses: Sequence[Use]) -> str:
    succeeded = {use.user for use in uses if use.allowed}
    denied = sorted({use.user for use in uses if use.user} - succeeded)
    if not denied:
        return ""
    some = ", ".join(one_line(user, 80) for user in denied[:_SHOWN])
    more = f" and {len(denied) - _SHOWN} more" if len(denied) > _SHOWN else ""
    return f"Only ever denied, so that nothing shows what they need: {some}{more}."


def _no_groups(tally: Tally) -> str:
    if any(tally.groups.values()) or not tally.groups:
        return ""
    return "It does not name the groups of users: who came by a right through a group is not known."


def _second_rights(uses: Sequence[Use]) -> str:
    if not any(
        use.allowed and use.resource.split("/")[0] in _WITHIN
        for use in uses
        if use.verb not in _READS
    ):
        return ""
    return (
        "Roles, bindings or certificate requests were written. That can take bind, escalate, "
        "approve or sign as well, which no event shows."
    )


def _nodes(tally: Tally) -> str:
    if not tally.nodes:
        return ""
    return (
        f"{tally.nodes:,} requests of nodes are left out: the Node authorizer decides on those, "
        "not roles."
    )


def _not_kept(tally: Tally) -> str:
    counts = tally.counts
    said = []
    if counts.folded:
        said.append(f"Of {counts.folded:,} kinds of requests there were too many names to keep.")
    if counts.dropped:
        said.append(f"{counts.dropped:,} requests were too long, or too many, to be kept.")
    return " ".join(said)


def _undecided(tally: Tally) -> str:
    if tally.undecided < tally.events:
        return ""
    return (
        "No event says how a request was decided: the policy omits the stage ResponseComplete, "
        "without which nothing counts as used."
    )
