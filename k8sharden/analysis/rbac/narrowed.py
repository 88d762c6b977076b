"""Rules without some rights: what is left when the dangerous ones are taken out."""

from collections.abc import Iterable, Iterator

import msgspec

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.policy import Rules
from k8sharden.model import objects as o


class TooWide(ValueError):
    """A rule says ``*`` where single words would be needed to take something out of it."""


def without(rules: Iterable[o.PolicyRule], requests: Iterable[Request]) -> Rules:
    """Return the rules with everything in them but these requests. Raises `TooWide`."""
    unwanted = tuple(requests)
    return tuple(left for rule in rules for left in _left(rule, unwanted))


def _left(rule: o.PolicyRule, unwanted: tuple[Request, ...]) -> Iterator[o.PolicyRule]:
    """Yield what is left of one rule: itself where nothing is taken out."""
    nameless = msgspec.structs.replace(rule, resource_names=None)
    out = [each for each in unwanted if allows(nameless, each)]
    if not out:
        yield rule
        return
    if any("*" in (words or ()) for words in (rule.verbs, rule.api_groups, rule.resources)):
        raise TooWide(", ".join(rule.resources or ()))
    verbs: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for group in rule.api_groups or ():
        for resource in rule.resources or ():
            gone = {each.verb for each in out if (each.group, each.resource) == (group, resource)}
            kept = tuple(verb for verb in rule.verbs or () if verb not in gone)
            verbs.setdefault(kept, []).append((group, resource))
    for kept, places in verbs.items():
        if kept:
            for group in dict.fromkeys(group for group, _ in places):
                resources = [resource for home, resource in places if home == group]
                yield o.PolicyRule(list(kept), [group], resources, rule.resource_names)
