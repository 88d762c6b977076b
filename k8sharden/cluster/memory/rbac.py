"""Who may do what, from the Roles and bindings that are stored.

Source: k8s.io/kubernetes, pkg/registry/rbac/validation and plugin/pkg/auth/authorizer/rbac, v1.36.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from k8sharden.analysis.selectors import chooses
from k8sharden.cluster.memory.requests import Attributes, User
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.model import kinds

MASTERS = "system:masters"
_ACCOUNT = "system:serviceaccount:"
Rule = dict[str, Any]
EVERYTHING: tuple[Rule, ...] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)


class Decision(msgspec.Struct, frozen=True):
    """Whether it is allowed, and the reason as the server words it."""

    allowed: bool
    reason: str = ""


class Grant(msgspec.Struct, frozen=True):
    """One binding that holds for a user: its rules, or the role that it misses."""

    rules: tuple[Rule, ...]
    description: str
    missing: str = ""


def decide(store: Store, user: User, about: Attributes) -> Decision:
    """Decide on one request."""
    if MASTERS in user.groups:
        return Decision(allowed=True)
    missing = []
    for grant in grants(store, user, about.namespace):
        if any(allows(rule, about) for rule in grant.rules):
            return Decision(allowed=True, reason=f"RBAC: allowed by {grant.description}")
        if grant.missing:
            missing.append(grant.missing)
    if not missing:
        return Decision(allowed=False)
    told = list(dict.fromkeys(missing))
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    return Decision(allowed=False, reason=f"RBAC: {text}")


def rules_of(store: Store, user: User, namespace: str) -> list[Rule]:
    """Return every rule that holds for a user in a namespace."""
    own: list[Rule] = list(EVERYTHING) if MASTERS in user.groups else []
    return own + [rule for grant in grants(store, user, namespace) for rule in grant.rules]


def grants(store: Store, user: User, namespace: str) -> Iterator[Grant]:
    """Yield the bindings that hold for a user: the cluster's, then the namespace's."""
    for binding in store.of(kinds.CLUSTER_ROLE_BINDINGS):
        yield from _grant(store, user, binding, "")
    if namespace:
        for binding in store.of(kinds.ROLE_BINDINGS, namespace):
            yield from _grant(store, user, binding, namespace)


def _grant(store: Store, user: User, binding: Object, namespace: str) -> Iterator[Grant]:
    named = binding.get("subjects") or ()
    subject = next((each for each in named if _is(each, user, namespace)), None)
    if subject is None:
        return
    role, name = binding["roleRef"], binding["metadata"]["name"]
    where = f"{name}/{namespace}" if namespace else name
    whom = _described(subject, namespace)
    description = f'{binding["kind"]} "{where}" of {role["kind"]} "{role["name"]}" to {whom}'
    kind = kinds.ROLES if role["kind"] == "Role" else kinds.CLUSTER_ROLES
    found = store.find(kind, namespace if kind.namespaced else "", role["name"])
    missing = "" if found else f'{kind.kind.lower()}.{kind.group} "{role["name"]}" not found'
    yield Grant(tuple((found or {}).get("rules") or ()), description, missing)


def _is(subject: Object, user: User, home: str) -> bool:
    """Whether a subject is a user; a service account may go without the binding's own namespace."""
    if subject["kind"] == "User":
        return bool(user.name == subject["name"])
    if subject["kind"] == "Group":
        return subject["name"] in user.groups
    return user.name == f"{_ACCOUNT}{subject.get('namespace') or home}:{subject['name']}"


def _described(subject: Object, home: str) -> str:
    name = subject["name"]
    account = subject["kind"] == "ServiceAccount"
    where = f"{name}/{subject.get('namespace') or home}" if account else name
    return f'{subject["kind"]} "{where}"'


def allows(rule: Rule, about: Attributes) -> bool:
    """Whether a rule allows a request."""
    if not _any(rule.get("verbs"), about.verb):
        return False
    if about.path:
        return any(_path(known, about.path) for known in rule.get("nonResourceURLs") or ())
    names = rule.get("resourceNames") or ()
    return (
        _any(rule.get("apiGroups"), about.group)
        and any(_resource(known, about) for known in rule.get("resources") or ())
        and (not names or about.name in names)
    )


def _any(known: Iterable[str] | None, word: str) -> bool:
    return any(each in ("*", word) for each in known or ())


def _path(known: str, path: str) -> bool:
    return known in ("*", path) or (known.endswith("*") and path.startswith(known.rstrip("*")))


def _resource(known: str, about: Attributes) -> bool:
    return known in ("*", about.words) or (
        bool(about.subresource) and known == f"*/{about.subresource}"
    )


def aggregated(store: Store, role: Object) -> list[Rule] | None:
    """Return the rules that a ClusterRole gathers from others; None for one that gathers none.

    In a real cluster a controller does this a moment after the write.
    """
    selectors = (role.get("aggregationRule") or {}).get("clusterRoleSelectors")
    if not selectors:
        return None
    gathered: list[Rule] = []
    for other in store.of(kinds.CLUSTER_ROLES):
        labels = other["metadata"].get("labels") or {}
        is_itself = other["metadata"]["name"] == role["metadata"]["name"]
        if not is_itself and any(chooses(selector, labels) for selector in selectors):
            gathered += [rule for rule in other.get("rules") or () if rule not in gathered]
    return gathered
