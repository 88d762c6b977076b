"""Steps by impersonation: asking as another user, group or service account.

A group alone cannot be impersonated: a user or a service account has to be named with it. Since
1.36 there are constrained modes, whose verbs name what they are for (KEP-5284): the impersonator
then needs `impersonate-on:MODE:VERB` for each thing that it does, and never gets system:masters.

Source: kubernetes.io, User Impersonation; the API server's sources, filters/impersonation.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.paths.asks import (
    AS_ACCOUNTS,
    AS_GROUPS,
    AS_USERS,
    IMPERSONATE_ACCOUNTS,
    IMPERSONATE_GROUPS,
    IMPERSONATE_USERS,
)
from k8sharden.analysis.rbac.paths.places import EVERYTHING, Fan, Hub, Need, Seat, only, where
from k8sharden.analysis.rbac.paths.ways import Ways
from k8sharden.analysis.rbac.subjects import (
    AUTHENTICATED,
    MASTERS,
    Identity,
    account_of,
    identity_of,
)

_SO = ", so it asks as "
_CONSTRAINED_SINCE = 36


def by_impersonation(ways: Ways) -> Iterator[Fan]:
    """Yield whom it may ask as."""
    # One request impersonates once.
    if ways.seat.through is not None:
        return
    yield from _groups(ways)
    for hold, need in ways.held.by_binding(IMPERSONATE_USERS):
        may = "may impersonate users"
        if hold.names is None:
            yield Fan(Hub("people", names=frozenset({"users"})), may, _SO, (need,))
        for name in sorted(hold.names or ()):
            # A service account's name is asked about as one, see below.
            if not account_of(name):
                seat = Seat(Identity(name, frozenset({AUTHENTICATED})))
                yield Fan(only(seat), may, _SO, (need,))
    for hold, need in ways.held.by_binding(IMPERSONATE_ACCOUNTS):
        may = f"may impersonate service accounts{where(hold.namespace)}"
        yield Fan(Hub("accounts", hold.namespace, hold.names), may, _SO, (need,))
    if not ways.seat.extra and (ways.world.minor or _CONSTRAINED_SINCE) >= _CONSTRAINED_SINCE:
        yield from _constrained(ways)


def _groups(ways: Ways) -> Iterator[Fan]:
    named = next(ways.held.by_binding((*IMPERSONATE_USERS, *IMPERSONATE_ACCOUNTS)), None)
    if named is None:
        return
    for hold, need in ways.held.by_binding(IMPERSONATE_GROUPS):
        may = "may impersonate groups and somebody in them"
        needs = (need, named[1]) if need.grant != named[1].grant else (need,)
        if hold.names is None or MASTERS in hold.names:
            yield Fan(only(EVERYTHING), f"{may}, {MASTERS} too", ", which is ", needs)
        for name in sorted(hold.names or ()):
            yield Fan(only(Seat(_group(name))), may, _SO, needs)


def _group(name: str) -> Identity:
    return Identity("", frozenset({name, AUTHENTICATED}))


def _constrained(ways: Ways) -> Iterator[Fan]:
    """Yield whom it may ask as, for some things only."""
    users = tuple(ways.held.by_binding(AS_USERS))
    for hold, need in users:
        known = (who for who in _everybody(ways) if who.user and hold.covers(who.user))
        yield from (_bound(ways, who, "user-info", need) for who in known)
    for hold, need in ways.held.by_binding(AS_GROUPS) if users else ():
        names = hold.names or {min(who.own) for who in _everybody(ways) if not who.user and who.own}
        groups = map(_group, sorted(names - {MASTERS}))
        yield from (_bound(ways, who, "user-info", need) for who in groups)
    for hold, need in ways.held.by_binding(AS_ACCOUNTS):
        accounts = (each for some in ways.world.accounts.values() for each in some)
        known = (identity_of(each) for each in accounts if hold.covers(each[1], each[0]))
        yield from (_bound(ways, who, "serviceaccount", need) for who in known)


def _everybody(ways: Ways) -> Iterator[Identity]:
    """Yield the users and groups that bindings name; nodes have a mode of their own."""
    return (who for who in ways.roles.people if not who.user.startswith("system:node:"))


def _bound(ways: Ways, who: Identity, mode: str, need: Need) -> Fan:
    seat = Seat(who, mode, ways.seat.who)
    return Fan(only(seat), f"may impersonate for some requests ({mode})", _SO, (need,))
