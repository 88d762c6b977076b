"""Patterns: sets of rights that are dangerous, and whether rules hold one."""

from collections.abc import Iterable
from functools import cache

import msgspec

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.model import objects as o
from k8sharden.model.finding import Severity


class Pattern(msgspec.Struct, frozen=True):
    """Verbs on resources of one group, each in words with blanks between them.

    ``since`` and ``before`` are the minor versions of Kubernetes between which the verbs do harm;
    0 for always. Where ``cluster``, the resources stand in no namespace, and a RoleBinding gives
    none of them.
    """

    verbs: str
    resources: str
    group: str = ""
    since: int = 0
    before: int = 0
    cluster: bool = False

    def requests(self) -> tuple[Request, ...]:
        """Return each verb on each resource, everywhere."""
        return _requests(self)

    def counts(self, minor: int | None, *, everywhere: bool) -> bool:
        """Whether it does harm on a server of this minor version; None for one nobody knows."""
        if self.cluster and not everywhere:
            return False
        return minor is None or self.since <= minor < (self.before or minor + 1)


@cache
def _requests(pattern: Pattern) -> tuple[Request, ...]:
    verbs, resources = pattern.verbs.split(), pattern.resources.split()
    return tuple(Request(verb, pattern.group, each) for each in resources for verb in verbs)


class Power(msgspec.Struct, frozen=True):
    """What a dangerous right is, and how bad it is.

    ``said`` goes on from a subject: ``may run commands in any container``. ``namespace`` is None
    where it does no harm that an item reports, bound in one namespace. Every one of ``rights`` is
    needed where ``together``. With ``by_name`` it counts for single objects, too; with ``whose``
    for those of them that `named` finds dangerous. ``instead`` is smaller and does most of what
    the power is wanted for. ``unseen`` says what of it an audit log does not show.
    """

    said: str
    rights: tuple[Pattern, ...]
    cluster: Severity
    namespace: Severity | None = None
    together: bool = False
    by_name: bool = False
    whose: bool = False
    instead: tuple[Pattern, ...] = ()
    unseen: str = ""

    @property
    def cluster_scoped(self) -> bool:
        """Whether all of it is about what stands in no namespace."""
        return all(pattern.cluster for pattern in self.rights)


def held(
    power: Power, rules: Iterable[o.PolicyRule], minor: int | None, *, everywhere: bool = True
) -> tuple[Request, ...]:
    """Return the requests of a power that the rules allow; none where they do not give it.

    ``minor`` is the server's version, 36; where it is not known, all that does harm anywhere does.
    ``everywhere`` is whether the rules hold in the whole cluster.
    """
    near = about(power, rules)
    known = [nameless(rule) if power.by_name else rule for rule in near]
    parts = [
        [each for each in pattern.requests() if any(allows(rule, each) for rule in known)]
        for pattern in power.rights
        if pattern.counts(minor, everywhere=everywhere)
    ]
    if power.together and not all(parts):
        return ()
    return tuple(request for part in parts for request in part)


def about(power: Power, rules: Iterable[o.PolicyRule]) -> tuple[o.PolicyRule, ...]:
    """Return the rules that speak of any resource of a power: quick, where most do not."""
    mine = _resources(power)
    return tuple(rule for rule in rules if not mine.isdisjoint(rule.resources or ()))


@cache
def _resources(power: Power) -> frozenset[str]:
    """Return the resources of a power, in every way in which a rule may write them."""
    named = {each for pattern in power.rights for each in pattern.resources.split()}
    parts = {f"*/{each.partition('/')[2]}" for each in named}
    return frozenset({"*", *named, *parts})


def names_of(rules: Iterable[o.PolicyRule], requests: Iterable[Request]) -> list[str]:
    """Return the names to which rules limit requests; none where one rule limits any to none."""
    asked = tuple(requests)
    mine = [rule for rule in rules if any(allows(nameless(rule), each) for each in asked)]
    if not all(rule.resource_names for rule in mine):
        return []
    return sorted({name for rule in mine for name in rule.resource_names or ()})


def nameless(rule: o.PolicyRule) -> o.PolicyRule:
    """Return a rule that holds for all objects instead of some."""
    return msgspec.structs.replace(rule, resource_names=None)


def words(requests: Iterable[Request]) -> str:
    """Write requests for people: ``get, list secrets; create pods/exec``."""
    verbs: dict[str, list[str]] = {}
    for each in requests:
        what = f"{each.resource}.{each.group}" if each.group else each.resource
        verbs.setdefault(what, []).append(each.verb)
    return "; ".join(f"{', '.join(some)} {what}" for what, some in verbs.items())
