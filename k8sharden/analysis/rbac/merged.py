"""Rules from requests: as few and as readable as they can be, and nothing more than was asked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.known import VERBS
from k8sharden.analysis.rbac.policy import Rules
from k8sharden.model import objects as o

_Place = tuple[str, str]
"""A group and a resource."""


def merged(requests: Iterable[Request]) -> Rules:
    """Return rules that allow exactly these requests, wherever they are bound.

    A request without a name stands for every name. The order says nothing, so that equal requests
    give equal rules.
    """
    asked = frozenset(requests)
    urls = [each for each in asked if each.path]
    return (*_resource_rules(each for each in asked if not each.path), *_url_rules(urls))


def in_order(verbs: Iterable[str]) -> list[str]:
    """Return verbs as people write them: reading first, deleting last, others by letter."""
    known = {verb: place for place, verb in enumerate(VERBS)}
    return sorted(set(verbs), key=lambda verb: (known.get(verb, len(known)), verb))


def _resource_rules(requests: Iterable[Request]) -> Iterator[o.PolicyRule]:
    everywhere: defaultdict[_Place, set[str]] = defaultdict(set)
    named: defaultdict[tuple[_Place, str], set[str]] = defaultdict(set)
    for each in requests:
        place = each.group, each.resource
        if each.name:
            named[place, each.name].add(each.verb)
        else:
            everywhere[place].add(each.verb)
    names: defaultdict[tuple[_Place, tuple[str, ...]], set[str]] = defaultdict(set)
    for (place, name), verbs in named.items():
        more = verbs - everywhere[place]
        if more:
            names[place, tuple(in_order(more))].add(name)
    # Group, verbs and names that are the same make one rule for all their resources.
    rules: defaultdict[tuple[str, tuple[str, ...], tuple[str, ...]], set[str]] = defaultdict(set)
    for (group, resource), verbs in everywhere.items():
        if verbs:
            rules[group, tuple(in_order(verbs)), ()].add(resource)
    for ((group, resource), some), found in names.items():
        rules[group, some, tuple(sorted(found))].add(resource)
    for (group, some, found_names), resources in sorted(rules.items(), key=_sorting):
        yield o.PolicyRule(list(some), [group], sorted(resources), list(found_names) or None)


def _sorting(
    item: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], set[str]],
) -> tuple[object, ...]:
    (group, verbs, names), resources = item
    return group, sorted(resources), names, verbs


def _url_rules(requests: Iterable[Request]) -> Iterator[o.PolicyRule]:
    verbs: defaultdict[str, set[str]] = defaultdict(set)
    for each in requests:
        verbs[each.path].add(each.verb)
    paths: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for path, some in sorted(verbs.items()):
        paths[tuple(in_order(some))].append(path)
    for some_verbs, found in sorted(paths.items(), key=lambda item: item[1]):
        yield o.PolicyRule(list(some_verbs), non_resource_urls=found)
