"""Rights beside what an audit log shows: used, unused, and what was asked for and denied."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from k8sharden.analysis.rbac.asked import identity_in
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.rights import Held, Right, rights_of
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model.usage import Usage, Use


class Exercised(NamedTuple):
    """One right: how many requests used it, and when the last did (seconds since 1970, or 0).

    ``parts`` is what of a right with a star was used, without names, most used first.
    """

    right: Right
    times: int
    last: float
    parts: tuple[tuple[Right, int], ...] = ()


class Exercise(NamedTuple):
    """All rights of somebody, used ones first, and the requests that were denied."""

    rights: tuple[Exercised, ...]
    denied: tuple[Use, ...]


def exercised(who: Identity, policy: Policy, usage: Usage) -> Exercise:
    """Return what somebody used. Raises `TooManyRights`.

    For a group these are the requests of its members. A request counts for every right that
    covers it, since each of them alone would have allowed it.
    """
    held = Held(rights_of(who, policy))
    times, last = dict[Right, int](), dict[Right, float]()
    parts: defaultdict[Right, Counter[Right]] = defaultdict(Counter)
    mine = list(_of(who, usage))
    for use in mine:
        for right in held.covering(right_of(use)) if use.allowed else ():
            times[right] = times.get(right, 0) + use.allowed
            last[right] = max(last.get(right, 0.0), use.last)
            if _is_wide(right):
                parts[right][right_of(use)._replace(name="")] += use.allowed
    found = [
        Exercised(each, times.get(each, 0), last.get(each, 0.0), _most(parts.get(each)))
        for each in held.rights
    ]
    return Exercise(
        tuple(sorted(found, key=lambda each: (-each.times, each.right))),
        tuple(sorted((use for use in mine if use.denied), key=lambda use: -use.denied)),
    )


def _is_wide(right: Right) -> bool:
    return "*" in f"{right.verb}{right.group}{right.resource}{right.path}"


def _most(parts: Counter[Right] | None) -> tuple[tuple[Right, int], ...]:
    return tuple(sorted((parts or {}).items(), key=lambda item: (-item[1], item[0])))


def right_of(use: Use) -> Right:
    """Return the right that a request needed."""
    return Right(use.namespace, use.verb, use.group, use.resource, use.name, use.path)


def _of(who: Identity, usage: Usage) -> Iterable[Use]:
    if who.user:
        return (use for use in usage.uses if use.user == who.user)
    users = {use.user for use in usage.uses}
    members = {user for user in users if who.group in identity_in(user, usage).groups}
    return (use for use in usage.uses if use.user in members)
