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
    """Rights to be asked which of them cover others, as `Right.covers` says, all at once."""

    def __init__(self, rights: Iterable[Right]) -> None:
        self.rights = frozenset(rights)
        self._patterns: dict[tuple[str, str], list[Right]] = {}
        for each in self.rights:
            if each.path.endswith("*"):
                self._patterns.setdefault((each.verb, each.path.rstrip("*")), []).append(each)
        self._lengths = sorted({len(prefix) for _, prefix in self._patterns})
        self._words = tuple(frozenset(words) for words in zip(*self.rights, strict=True))[:5] or (
            (frozenset(),) * 5
        )

    def covers(self, right: Right) -> bool:
        """Whether any of the rights covers this one."""
        return right in self.rights or any(True for _ in self.covering(right))

    def covering(self, right: Right) -> Iterator[Right]:
        """Yield the rights that cover this one."""
        return self._by_url(right) if right.path else self._by_resource(right)

    def _by_resource(self, right: Right) -> Iterator[Right]:
        subresource = right.resource.partition("/")[2]
        wider = (
            {"", right.namespace},
            {"*", right.verb},
            {"*", right.group},
            {"*", right.resource} | ({f"*/{subresource}"} if subresource else set()),
            {"", right.name},
        )
        # Few rights hold stars: what none of them says need not be looked for.
        for words in product(*(mine & some for mine, some in zip(wider, self._words, strict=True))):
            if Right(*words) in self.rights:
                yield Right(*words)

    def _by_url(self, right: Right) -> Iterator[Right]:
        prefixes = [right.path[:length] for length in self._lengths if length <= len(right.path)]
        for verb in {"*", right.verb}:
            exact = Right("", verb, path=right.path)
            if exact in self.rights and not right.path.endswith("*"):
                yield exact
            for prefix in prefixes:
                yield from self._patterns.get((verb, prefix), ())


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
