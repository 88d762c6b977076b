"""What somebody holds of the rights that lead on, by right: with the binding and the names.

Roles are looked through once each, since many bindings share one.
"""

import functools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sharden.analysis.rbac.authorize import Request, allows, decide
from k8sharden.analysis.rbac.paths.asks import ALL, BY_RESOURCE, CLUSTER_SCOPED
from k8sharden.analysis.rbac.paths.places import Ask, Need, Seat
from k8sharden.analysis.rbac.policy import Grant, Policy, role_of
from k8sharden.analysis.rbac.subjects import (
    MASTERS,
    NOBODY,
    Identity,
    ServiceAccount,
    account_of,
    by_key,
    key,
    principal,
)
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

_NAMELESS = frozenset(("create",))


class Hold(NamedTuple):
    """A right by one binding. ``names`` is None for every object, else those that it is for."""

    ask: Ask
    grant: Grant
    names: frozenset[str] | None = None

    @property
    def namespace(self) -> str:
        """Where it holds; empty for everywhere."""
        return self.grant.namespace

    def covers(self, name: str, namespace: str = "") -> bool:
        """Whether it holds for an object of this name there."""
        here = self.grant.namespace in ("", namespace)
        return here and (self.names is None or name in self.names)


class Holdings:
    """What one seat holds."""

    def __init__(self, holds: Iterable[Hold], grants: tuple[Grant, ...]) -> None:
        self.grants = grants
        self._by_ask: dict[Ask, list[Hold]] = {}
        for hold in holds:
            self._by_ask.setdefault(hold.ask, []).append(hold)

    @property
    def all(self) -> Iterator[Hold]:
        """All of them."""
        return (hold for holds in self._by_ask.values() for hold in holds)

    def of(self, wanted: tuple[Ask, ...]) -> tuple[Hold, ...]:
        """Return the holds of any of these rights."""
        if not self._by_ask:
            return ()
        return tuple(hold for ask in wanted for hold in self._by_ask.get(ask, ()))

    def by_binding(self, wanted: tuple[Ask, ...]) -> Iterator[tuple[Hold, Need]]:
        """Yield the holds of any of these rights with all that the same binding gives of them.

        What one binding gives for the same names is one way, by whichever right.
        """
        found: dict[tuple[Ref, frozenset[str] | None], list[Hold]] = {}
        for hold in self.of(wanted):
            found.setdefault((hold.grant.binding, hold.names), []).append(hold)
        for holds in found.values():
            yield holds[0], Need(holds[0].grant, tuple(each.ask for each in holds))


class Roles:
    """The rights of interest in each role of a policy, each looked through once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[Ref, tuple[tuple[Ask, frozenset[str] | None], ...]] = {}

    @functools.cached_property
    def unlimited(self) -> tuple[tuple[Ref, Ref], ...]:
        """The bindings that give everything, with their role, in order."""
        bound = ((ref, role_of(ref, each)) for ref, each in sorted(self._policy.bindings.items()))
        return tuple(pair for pair in bound if is_unlimited(pair[1], self._policy))

    @functools.cached_property
    def people(self) -> tuple[Identity, ...]:
        """The users and groups that bindings name, but for those that need none or are pods'."""
        known = map(by_key, seat_keys(self._policy))
        return tuple(w for w in known if not account_of(w.user) and MASTERS not in w.groups)

    @functools.cached_property
    def accounts(self) -> frozenset[ServiceAccount]:
        """The service accounts that bindings name, whether they are there or not."""
        known = (account_of(by_key(label).user) for label in seat_keys(self._policy))
        return frozenset(account for account in known if account)

    def holdings(self, seat: Seat) -> Holdings:
        """Return what a seat holds."""
        grants = tuple(self._policy.grants(seat.who)) + tuple(self._extra(seat))
        holds = (hold for grant in grants for hold in self._holds(grant))
        if seat.through is not None:
            holds = (left for hold in holds for left in self._on_behalf(seat, hold))
        return Holdings(holds, grants)

    def _extra(self, seat: Seat) -> Iterator[Grant]:
        for role in seat.extra:
            bound = Ref(role.api_version, "RoleBinding", seat.scope, "")
            yield Grant(bound, role, self._policy.rules(role) or (), role.namespace or seat.scope)

    def _holds(self, grant: Grant) -> Iterator[Hold]:
        if grant.role not in self._known:
            found = (each for rule in grant.rules for each in _in_rule(rule))
            self._known[grant.role] = tuple(dict.fromkeys(found))
        for ask, names in self._known[grant.role]:
            if not grant.namespace or ask.resource not in CLUSTER_SCOPED:
                yield Hold(ask, grant, names)

    def _on_behalf(self, seat: Seat, hold: Hold) -> Iterator[Hold]:
        """Yield what is left of a right where the impersonator needs it on behalf of others."""
        through = seat.through or Identity("")
        spaces = {grant.namespace for grant in self._policy.grants(through)} | {""}
        verb = f"impersonate-on:{seat.mode}:{hold.ask.verb}"
        for space in [hold.namespace] if hold.namespace else sorted(spaces):
            asked = Request(verb, hold.ask.group, hold.ask.resource, space)
            names = hold.names and frozenset(
                name
                for name in hold.names
                if decide(self._policy, through, asked._replace(name=name)).allowed
            )
            if names or (names is None and decide(self._policy, through, asked).allowed):
                yield Hold(hold.ask, hold.grant._replace(namespace=space), names)


def _in_rule(rule: o.PolicyRule) -> Iterator[tuple[Ask, frozenset[str] | None]]:
    resources = rule.resources or ()
    if any(each.startswith("*") for each in resources):
        candidates = ALL
    else:
        candidates = tuple(ask for each in resources for ask in BY_RESOURCE.get(each, ()))
    names = frozenset(rule.resource_names) if rule.resource_names else None
    for ask in candidates:
        # The name of a new object is not known when it is asked for; a token's account is there.
        if names and ask.verb in _NAMELESS and "/" not in ask.resource:
            continue
        some = "" if names is None else min(names)
        if allows(rule, Request(ask.verb, ask.group, ask.resource, name=some)):
            yield ask, names


def seat_keys(policy: Policy) -> list[str]:
    """Return the key of every subject of every binding, each once, in order."""
    return sorted(
        {
            key(subject, ref.namespace)
            for ref, binding in policy.bindings.items()
            for subject in binding.subjects or ()
            if principal(subject, ref.namespace) != NOBODY
        }
    )
