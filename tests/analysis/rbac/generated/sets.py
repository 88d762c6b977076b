"""Sets of roles and bindings made by chance, each with names, groups and namespaces of its own.

Many sets stand in one cluster and share only the groups that everybody is in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

Json = dict[str, Any]

API = "rbac.authorization.k8s.io/v1"
GROUP = "rbac.authorization.k8s.io"
VERBS = (
    "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "escalate",
    "bind", "impersonate", "impersonate:user-info", "impersonate-on:user-info:list", "approve",
)  # fmt: skip
GROUPS = ("", "apps", "batch", GROUP, "authentication.k8s.io", "example.com")
RESOURCES = (
    "pods", "pods/log", "pods/exec", "secrets", "deployments", "deployments/scale", "jobs",
    "jobs/status", "serviceaccounts", "serviceaccounts/token", "nodes/proxy", "users", "roles",
    "widgets", "widgets/scale",
)  # fmt: skip
PATTERNS = ("*", "*/scale", "*/log", "*/*", "pods/*", "*/proxy")
NAMES = ("one", "two", "three")
URLS = (
    "/metrics", "/metrics/*", "/metrics*", "/healthz", "/logs/", "/a/*/b", "/x**", "*", "/",
    "/apis/*",
)  # fmt: skip
BUILT_IN = ("view", "edit", "admin", "cluster-admin")


@dataclass(frozen=True)
class RbacSet:
    """The names of one set, by its number."""

    number: int

    @property
    def own(self) -> str:
        """The beginning of every name."""
        return f"g{self.number}"

    @property
    def spaces(self) -> tuple[str, ...]:
        """The namespaces."""
        return f"{self.own}-a", f"{self.own}-b"

    @property
    def users(self) -> tuple[str, ...]:
        """The users, one of whom is a service account by its other name."""
        return f"{self.own}-ada", f"{self.own}-bob", f"system:serviceaccount:{self.own}-a:web"

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of people."""
        return f"{self.own}-staff", f"{self.own}-ops"

    @property
    def broad(self) -> tuple[str, ...]:
        """The groups that everybody is in, or every service account."""
        accounts = f"system:serviceaccounts:{self.own}-a"
        return "system:authenticated", "system:serviceaccounts", accounts, "system:unauthenticated"

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of roles; a ClusterRole and a Role may have the same one."""
        return tuple(f"{self.own}-{letter}" for letter in "rstuv")

    def label(self, into: str) -> str:
        """Return the label that leads a ClusterRole into an aggregated one."""
        return f"{self.own}/into-{into}"


def generated(number: int) -> list[Json]:
    """Return the objects of a set: namespaces, roles, then bindings."""
    chance = Random(number)  # noqa: S311 - the same sets every time, nothing secret
    made = RbacSet(number)
    return [
        *_namespaces(made),
        *_roles(chance, made),
        *_gathering(chance, made),
        *_bindings(chance, made),
    ]


def _namespaces(made: RbacSet) -> Iterator[Json]:
    for name in made.spaces:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _roles(chance: Random, made: RbacSet) -> Iterator[Json]:
    for name in made.roles[:4]:
        labels = {made.label(into): "true" for into in "xyz" if chance.random() < 0.3}
        metadata = {"name": name, "labels": {**labels, "set": made.own}}
        yield _object("ClusterRole", metadata, rules=_rules(chance, urls=True))
    for name in made.roles[1:3]:
        space = chance.choice(made.spaces)
        yield _object("Role", {"name": name, "namespace": space}, rules=_rules(chance, urls=False))


def _gathering(chance: Random, made: RbacSet) -> Iterator[Json]:
    """Yield aggregated ClusterRoles: chains, and in every third set a ring."""
    ring = made.number % 3 == 0
    above = {"x": "y", "y": "z", "z": "x" if ring else ""}
    for into, then in above.items():
        labels = {made.label(then): "true"} if then else {}
        metadata = {"name": f"{made.own}-{into}", "labels": labels}
        # What goes round in a ring never leaves it, so that nothing may be in one at first.
        rules = None if ring else chance.choice((None, _rules(chance, urls=True)))
        selectors = [_selector(chance, made, into)]
        if chance.random() < 0.2:
            selectors.append({"matchLabels": {"set": made.own, made.label("y"): "true"}})
        rule = {"clusterRoleSelectors": selectors}
        yield _object("ClusterRole", metadata, rules=rules, aggregationRule=rule)


def _selector(chance: Random, made: RbacSet, into: str) -> Json:
    """Return one of several ways to say the same."""
    label = made.label(into)
    among = {"key": label, "operator": "In", "values": ["true", "yes"]}
    there = {"key": label, "operator": "Exists"}
    without = {"key": "without", "operator": "DoesNotExist"}
    return chance.choice(
        (
            {"matchLabels": {label: "true"}},
            {"matchExpressions": [among]},
            {"matchExpressions": [there, without]},
            {"matchLabels": {label: "true"}, "matchExpressions": [there]},
        )
    )


def _rules(chance: Random, *, urls: bool) -> list[Json]:
    return [_rule(chance, urls=urls) for _ in range(chance.choice((0, 1, 1, 2, 3)))]


def _rule(chance: Random, *, urls: bool) -> Json:
    verbs = ["*"] if chance.random() < 0.15 else chance.sample(VERBS, chance.choice((1, 2, 4)))
    if urls and chance.random() < 0.2:
        return {"verbs": verbs, "nonResourceURLs": chance.sample(URLS, chance.choice((1, 2)))}
    rule: Json = {
        "verbs": verbs,
        "apiGroups": ["*"] if chance.random() < 0.2 else chance.sample(GROUPS, 2),
        "resources": chance.sample((*RESOURCES, *PATTERNS), chance.choice((1, 2, 4))),
    }
    if chance.random() < 0.25:
        rule["resourceNames"] = chance.sample(NAMES, chance.choice((1, 2)))
    return rule


def _bindings(chance: Random, made: RbacSet) -> Iterator[Json]:
    for count in range(5):
        metadata = {"name": f"{made.own}-{count}"}
        # Everybody is bound in a namespace only: one role for all would answer every question.
        subjects = _subjects(chance, made, home="")
        ref = {"apiGroup": GROUP, "kind": "ClusterRole", "name": _role(chance, made)}
        yield _object("ClusterRoleBinding", metadata, roleRef=ref, subjects=subjects)
    for count in range(7):
        space = chance.choice(made.spaces)
        metadata = {"name": f"{made.own}-{count}", "namespace": space}
        kind = chance.choice(("Role", "ClusterRole"))
        name = chance.choice(made.roles) if kind == "Role" else _role(chance, made)
        ref = {"apiGroup": GROUP, "kind": kind, "name": name}
        subjects = _subjects(chance, made, home=space)
        yield _object("RoleBinding", metadata, roleRef=ref, subjects=subjects)


def _role(chance: Random, made: RbacSet) -> str:
    """Return a ClusterRole's name: also of one that is missing, or built in."""
    gathering = tuple(f"{made.own}-{into}" for into in "xyz")
    if chance.random() < 0.15:
        return chance.choice(BUILT_IN)
    return chance.choice((*made.roles, *gathering))


def _subjects(chance: Random, made: RbacSet, home: str) -> list[Json] | None:
    subjects = [_subject(chance, made, home) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
    return subjects or None


def _subject(chance: Random, made: RbacSet, home: str) -> Json:
    kind = chance.choice(("User", "Group", "ServiceAccount"))
    if kind == "ServiceAccount":
        account = {"kind": kind, "name": chance.choice(("web", "job"))}
        local = home and chance.random() < 0.4
        return account if local else account | {"namespace": chance.choice(made.spaces)}
    names = made.users if kind == "User" else made.groups + (made.broad if home else ())
    return {"kind": kind, "name": chance.choice(names), "apiGroup": GROUP}


def _object(kind: str, metadata: Json, **fields: Any) -> Json:
    return {"apiVersion": API, "kind": kind, "metadata": metadata, **fields}
