"""Rights one by one: what somebody has, as verbs on resources and URLs that can be compared."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model import objects as o


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
    return _any(mine, other) or (mine.startswith("*/") and other.endswith(mine[1:]))


def _url(mine: str, other: str) -> bool:
    if not mine or not other:
        return False
    return _any(mine, other) or (mine.endswith("*") and other.startswith(mine[:-1]))


def rights_of(who: Identity, policy: Policy) -> frozenset[Right]:
    """Return everything that somebody is given."""
    return frozenset(
        right
        for grant in policy.grants(who)
        for rule in grant.rules
        for right in rights_in(rule, grant.namespace)
    )


def uncovered(rights: Iterable[Right], by: Iterable[Right]) -> list[Right]:
    """Return the rights that none of the others covers, in order."""
    others = frozenset(by)
    return sorted(
        right
        for right in rights
        if right not in others and not any(each.covers(right) for each in others)
    )


def rights_in(rule: o.PolicyRule, namespace: str) -> Iterator[Right]:
    """Yield the rights of one rule; URLs count only where the binding is for the whole cluster."""
    for verb, group, resource, name in product(
        rule.verbs or (), rule.api_groups or (), rule.resources or (), rule.resource_names or ("",)
    ):
        yield Right(namespace, verb, group, resource, name)
    for verb, path in product(rule.verbs or (), rule.non_resource_urls or ()):
        if not namespace:
            yield Right("", verb, path=path)
