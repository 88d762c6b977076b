"""Rules without some rights: what is left when the dangerous ones are taken out.

A ``*`` is spelled out where that is exact: verbs always, the resources of a group where Kubernetes
alone fills it. All groups, or the resources of a group of somebody else, stand in no table.
"""

from collections.abc import Iterable, Iterator
from itertools import product

import msgspec

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.known import resources_like, verbs_of
from k8sharden.analysis.rbac.merged import merged
from k8sharden.analysis.rbac.policy import Rules
from k8sharden.model import objects as o


class TooWide(ValueError):
    """A rule says ``*`` where single words would be needed to take something out of it."""


def without(rules: Iterable[o.PolicyRule], requests: Iterable[Request]) -> Rules:
    """Return the rules with everything in them but these requests. Raises `TooWide`."""
    unwanted = tuple(requests)
    return merged(
        each for rule in rules for spelled in _spelled(rule) for each in _left(spelled, unwanted)
    )


def spelled_out(rules: Iterable[o.PolicyRule]) -> Rules:
    """Return rules that say the same, with every ``*`` in words where that is exact."""
    return without(rules, ())


def _spelled(rule: o.PolicyRule) -> Iterator[o.PolicyRule]:
    """Yield a rule for each of its resources, in words as far as that is exact."""
    if rule.non_resource_urls:
        yield rule
        return
    for group, word in product(rule.api_groups or (), rule.resources or ()):
        for resource in resources_like(group, word) or (word,):
            known = verbs_of(group, resource) if "*" in (rule.verbs or ()) else None
            verbs = list(known) if known else rule.verbs
            yield o.PolicyRule(verbs, [group], [resource], rule.resource_names)


def _left(rule: o.PolicyRule, unwanted: tuple[Request, ...]) -> Iterator[Request]:
    """Yield what is left of the rule of one resource, request by request."""
    nameless = msgspec.structs.replace(rule, resource_names=None)
    out = {each for each in unwanted if allows(nameless, each)}
    words = (*(rule.verbs or ()), *(rule.api_groups or ()), *(rule.resources or ()))
    if out and any(word.startswith("*") for word in words):
        raise TooWide(", ".join(rule.resources or ()))
    for each in requests_in(rule):
        if each._replace(name="") not in out:
            yield each


def requests_in(rule: o.PolicyRule) -> Iterator[Request]:
    """Yield every request that a rule names, ``*`` as itself."""
    for verb in rule.verbs or ():
        yield from (Request(verb, path=path) for path in rule.non_resource_urls or ())
        for group in rule.api_groups or ():
            for resource in rule.resources or ():
                for name in rule.resource_names or ("",):
                    yield Request(verb, group, resource, name=name)


def asked_in(rules: Iterable[o.PolicyRule], namespace: str) -> tuple[Request, ...]:
    """Return what rules allow in a namespace, as requests."""
    return tuple(each._replace(namespace=namespace) for rule in rules for each in requests_in(rule))
