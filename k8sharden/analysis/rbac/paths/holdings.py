"""What somebody holds of the rights that lead on, by right: with the binding and the names.

Roles are looked through once each, since many bindings share one.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from k8sharden.analysis.rbac.authorize import Request, allows, decide
from k8sharden.analysis.rbac.paths.places import Ask, Need, Seat
from k8sharden.analysis.rbac.policy import Grant, Policy, role_of
from k8sharden.analysis.rbac.subjects import (
    MASTERS,
    NOBODY,
    Identity,
    account_of,
    by_key,
    key,
    principal,
)
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

_RBAC = "rbac.authorization.k8s.io"
_AUTHENTICATION = "authentication.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_CERTIFICATES = "certificates.k8s.io"


def asks(verbs: str, resources: str, group: str = "") -> tuple[Ask, ...]:
    """Return each verb on each resource; words are separated by blanks."""
    return tuple(
        Ask(verb, resource, group) for resource in resources.split() for verb in verbs.split()
    )


TOKEN = asks("create", "serviceaccounts/token")
READ_SECRETS = asks("get list watch", "secrets")
CREATE_SECRETS = asks("create", "secrets")
CREATE_PODS = (
    *asks("create", "pods replicationcontrollers"),
    *asks("create", "deployments statefulsets daemonsets replicasets", "apps"),
    *asks("create", "jobs cronjobs", "batch"),
)
CHANGE_TEMPLATES = (
    *asks("update patch", "replicationcontrollers"),
    *asks("update patch", "deployments statefulsets daemonsets replicasets", "apps"),
    *asks("update patch", "cronjobs", "batch"),
)
CHANGE_PODS = asks("update patch", "pods")
ENTER = asks("create", "pods/exec")
ENTER_BY_GET = asks("get", "pods/exec")
DEBUG = asks("update patch", "pods/ephemeralcontainers")
CREATE_CLAIMS = asks("create", "persistentvolumeclaims")
CREATE_VOLUMES = asks("create", "persistentvolumes")
LABEL_NAMESPACES = asks("update patch", "namespaces")
NODES_PROXY = asks("get create", "nodes/proxy")
IMPERSONATE_USERS = asks("impersonate", "users")
IMPERSONATE_GROUPS = asks("impersonate", "groups")
IMPERSONATE_ACCOUNTS = asks("impersonate", "serviceaccounts")
AS_USERS = asks("impersonate:user-info", "users", _AUTHENTICATION)
AS_GROUPS = asks("impersonate:user-info", "groups", _AUTHENTICATION)
AS_ACCOUNTS = asks("impersonate:serviceaccount", "serviceaccounts", _AUTHENTICATION)
CREATE_ROLE_BINDINGS = asks("create", "rolebindings", _RBAC)
CHANGE_ROLE_BINDINGS = asks("update patch", "rolebindings", _RBAC)
CREATE_CLUSTER_BINDINGS = asks("create", "clusterrolebindings", _RBAC)
CHANGE_CLUSTER_BINDINGS = asks("update patch", "clusterrolebindings", _RBAC)
BIND_ROLES = asks("bind", "roles", _RBAC)
BIND_CLUSTER_ROLES = asks("bind", "clusterroles", _RBAC)
ESCALATE_ROLES = asks("escalate", "roles", _RBAC)
ESCALATE_CLUSTER_ROLES = asks("escalate", "clusterroles", _RBAC)
CHANGE_ROLES = asks("update patch", "roles", _RBAC)
CHANGE_CLUSTER_ROLES = asks("update patch", "clusterroles", _RBAC)
CREATE_WEBHOOKS = asks("create", "mutatingwebhookconfigurations", _ADMISSION)
CHANGE_WEBHOOKS = asks("update patch", "mutatingwebhookconfigurations", _ADMISSION)
CREATE_MUTATIONS = asks("create", "mutatingadmissionpolicies", _ADMISSION)
BIND_MUTATIONS = asks("create", "mutatingadmissionpolicybindings", _ADMISSION)
CREATE_REQUESTS = asks("create", "certificatesigningrequests", _CERTIFICATES)
APPROVE_REQUESTS = asks("update patch", "certificatesigningrequests/approval", _CERTIFICATES)
APPROVE_SIGNERS = asks("approve", "signers", _CERTIFICATES)

_ALL: tuple[Ask, ...] = (
    *TOKEN, *READ_SECRETS, *CREATE_SECRETS, *CREATE_PODS, *CHANGE_TEMPLATES, *CHANGE_PODS, *ENTER,
    *ENTER_BY_GET, *DEBUG, *CREATE_CLAIMS, *CREATE_VOLUMES, *LABEL_NAMESPACES, *NODES_PROXY,
    *IMPERSONATE_USERS, *IMPERSONATE_GROUPS, *IMPERSONATE_ACCOUNTS, *AS_USERS, *AS_GROUPS,
    *AS_ACCOUNTS, *CREATE_ROLE_BINDINGS, *CHANGE_ROLE_BINDINGS, *CREATE_CLUSTER_BINDINGS,
    *CHANGE_CLUSTER_BINDINGS, *BIND_ROLES, *BIND_CLUSTER_ROLES, *ESCALATE_ROLES,
    *ESCALATE_CLUSTER_ROLES, *CHANGE_ROLES, *CHANGE_CLUSTER_ROLES, *CREATE_WEBHOOKS,
    *CHANGE_WEBHOOKS, *CREATE_MUTATIONS, *BIND_MUTATIONS, *CREATE_REQUESTS, *APPROVE_REQUESTS,
    *APPROVE_SIGNERS,
)  # fmt: skip
_BY_RESOURCE: Mapping[str, list[Ask]] = {
    resource: [each for each in _ALL if each.resource == resource]
    for resource in dict.fromkeys(each.resource for each in _ALL)
}
_CLUSTER_SCOPED = frozenset(
    {
        "certificatesigningrequests",
        "certificatesigningrequests/approval",
        "clusterrolebindings",
        "groups",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "mutatingwebhookconfigurations",
        "nodes/proxy",
        "persistentvolumes",
        "signers",
        "users",
    }
)
"""What a RoleBinding cannot give; `bind` on ClusterRoles it can, for its own namespace."""
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
            if not grant.namespace or ask.resource not in _CLUSTER_SCOPED:
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
        candidates = _ALL
    else:
        candidates = tuple(ask for each in resources for ask in _BY_RESOURCE.get(each, ()))
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
