"""Rights one by one: what somebody has, as verbs on resources and URLs that can be compared."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from k8sharden.analysis.rbac.policy import Grant, Policy
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model import objects as o

MOST = 200_000
"""Rights in one namespace that are told apart: a prepared role could hold a thousand million."""


class TooManyRights(ValueError):
    """So many rights that they cannot be listed one by one."""


class Right(NamedTuple):
    """One verb on one resource; ``namespace`` is empty for all, ``path`` is set for a URL."""

    namespace: str
    verb: str
    group: str = ""
    resource: str = ""
    name: str = ""
    path: str = ""

    @property
    def words(self) -> str:
        """``get secrets in shop``."""
        verb = "every verb on" if self.verb == "*" else self.verb
        if self.path:
            return f"{verb} {'every URL' if self.path == '*' else self.path}"
        what = f"{self.resource}.{self.group}" if self.group not in ("", "*") else self.resource
        what = "every resource" if self.resource == "*" else what
        what += f" {self.name}" if self.name else ""
        return f"{verb} {what} {f'in {self.namespace}' if self.namespace else 'everywhere'}"

    def covers(self, other: "Right") -> bool:
        """Whether who holds this right holds the other one too."""
        if self.path or other.path:
            return _any(self.verb, other.verb) and _url(self.path, other.path)
        return (
            self.namespace in ("", other.namespace)
            and _any(self.verb, other.verb)
            and _any(self.group, other.group)
            and _resource(self.resource, other.resource)
            and self.name in ("", other.name)
        )


def _any(mine: str, other: str) -> bool:
    return mine in ("*", other)


def _resource(mine: str, other: str) -> bool:
    subresource = other.partition("/")[2]
    return _any(mine, other) or (bool(subresource) and mine == f"*/{subresource}")


def _url(mine: str, other: str) -> bool:
    if not mine or not other:
        return False
    return _any(mine, other) or (mine.endswith("*") and other.startswith(mine.rstrip("*")))


class Held:
    """Rights to be asked whether they cover others: as `Right.covers` of any of them, at once."""

    def __init__(self, rights: Iterable[Right]) -> None:
        self._rights = frozenset(rights)
        patterns = ((each.verb, each.path) for each in self._rights if each.path.endswith("*"))
        self._prefixes = frozenset((verb, path.rstrip("*")) for verb, path in patterns)
        self._lengths = sorted({len(prefix) for _, prefix in self._prefixes})

    def covers(self, right: Right) -> bool:
        """Whether any of the rights covers this one."""
        return right in self._rights or (self._url if right.path else self._resource)(right)

    def _resource(self, right: Right) -> bool:
        subresource = right.resource.partition("/")[2]
        wider = ("*", right.resource, f"*/{subresource}") if subresource else ("*", right.resource)
        return any(
            Right(*words) in self._rights
            for words in product(
                {"", right.namespace},
                {"*", right.verb},
                {"*", right.group},
                wider,
                {"", right.name},
            )
        )

    def _url(self, right: Right) -> bool:
        prefixes = [right.path[:length] for length in self._lengths if length <= len(right.path)]
        return any(
            Right("", verb, path=right.path) in self._rights
            or any((verb, prefix) in self._prefixes for prefix in prefixes)
            for verb in ("*", right.verb)
        )


def rights_of(who: Identity, policy: Policy) -> frozenset[Right]:
    """Return everything that somebody is given. Raises `TooManyRights`."""
    spaces = by_namespace(policy.grants(who)).values()
    return frozenset(right for grants in spaces for right in rights_by(grants))


def by_namespace(grants: Iterable[Grant]) -> dict[str, list[Grant]]:
    """Return what holds in each namespace, and under ``""`` what does so everywhere."""
    found: dict[str, list[Grant]] = {}
    for grant in grants:
        found.setdefault(grant.namespace, []).append(grant)
    return found


def rights_by(grants: Iterable[Grant]) -> frozenset[Right]:
    """Return everything that bindings of one namespace give. Raises `TooManyRights`."""
    found: set[Right] = set()
    for grant in grants:
        for rule in grant.rules:
            found.update(rights_in(rule, grant.namespace))
            if len(found) > MOST:
                raise TooManyRights(grant.role.label)
    return frozenset(found)


def uncovered(rights: Iterable[Right], by: Iterable[Right]) -> list[Right]:
    """Return the rights that none of the others covers, in order."""
    others = Held(by)
    return sorted(right for right in rights if not others.covers(right))


def rights_in(rule: o.PolicyRule, namespace: str) -> Iterator[Right]:
    """Yield the rights of one rule; URLs count only where the binding is for the whole cluster.

    Raises `TooManyRights` before the first where they are more than anybody could list.
    """
    words = (rule.verbs, rule.api_groups, rule.resources, rule.resource_names or ("",))
    verbs, groups, resources, names = (tuple(some or ()) for some in words)
    urls = () if namespace else tuple(rule.non_resource_urls or ())
    if len(verbs) * (len(groups) * len(resources) * len(names) + len(urls)) > MOST:
        raise TooManyRights(", ".join(resources[:3]))
    for verb, group, resource, name in product(verbs, groups, resources, names):
        yield Right(namespace, verb, group, resource, name)
    for verb, path in product(verbs, urls):
        yield Right("", verb, path=path)
