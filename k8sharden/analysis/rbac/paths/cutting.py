"""The cheapest cut: which single change breaks a path, and what survives it.

A subject leaves a binding, or the rights that a step takes leave the role of one binding, which
for that gets a role of its own. What is changed is put into the policy and the search runs again.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from k8sharden.analysis.rbac.asked import users_of, uses_by_user
from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.bindings import is_own
from k8sharden.analysis.rbac.narrowed import TooWide, without
from k8sharden.analysis.rbac.paths.graph import Graph
from k8sharden.analysis.rbac.paths.path import Cost, Cut, Path
from k8sharden.analysis.rbac.paths.places import Anywhere, Ask, Need, Seat
from k8sharden.analysis.rbac.paths.search import Trail, path_of
from k8sharden.analysis.rbac.policy import Changed, Policy, Rules
from k8sharden.analysis.rbac.rights import Right, rights_in
from k8sharden.analysis.rbac.subjects import key
from k8sharden.analysis.system import is_bootstrap_rbac
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.usage import Use

_VERBS, _RESOURCES = 8, 60
"""About how many verbs and resources a star stands for in a cluster without extensions."""

_KEPT = "kubeadm:cluster-admins"
"""The way in for emergencies, which nobody is advised to close."""

_NEW = "k8sharden-cut"
"""The name of the role that a binding gets in the prediction; nothing is written."""


class Option(NamedTuple):
    """A change that could break a path: what it makes of the policy, and what it takes."""

    said: str
    binding: Ref
    changed: Changed
    cost: Cost
    subject: str = ""
    rights: tuple[str, ...] = ()


Find = Callable[[Graph], Trail | None]
"""Looks for a way again, under another policy."""


def cheapest_cut(
    graph: Graph, start: Anywhere, trail: Trail, inventory: Inventory, find: Find
) -> Cut | None:
    """Return the cheapest change that leaves nothing as strong, or at least breaks this way.

    None where no right that people gave leads along it, as through a privileged container.
    """
    path = path_of(start, trail)
    best: tuple[Option, Path | None] | None = None
    for option in sorted(_options(graph, trail, inventory), key=lambda each: each.cost):
        left = survivor(graph, start, option, find)
        if left is None or left.reach.scope.rank > path.reach.scope.rank:
            return _cut(option, left, ends=True)
        if best is None and left.said != path.said:
            best = option, left
    return _cut(*best, ends=False) if best else None


def survivor(graph: Graph, start: Anywhere, option: Option, find: Find) -> Path | None:
    """Return the path that is found once the change was made; None where none is."""
    subjects = graph.policy.bindings[option.binding].subjects or ()
    touched = frozenset(key(each, option.binding.namespace) for each in subjects)
    left = find(graph.changed(graph.policy.changed(option.changed), touched))
    return path_of(start, left) if left else None


def _cut(option: Option, left: Path | None, *, ends: bool) -> Cut:
    return Cut(
        option.said,
        option.binding,
        option.changed,
        option.cost,
        ends,
        option.subject,
        option.rights,
        left,
    )


def _options(graph: Graph, trail: Trail, inventory: Inventory) -> Iterator[Option]:
    for hop in trail:
        for need in hop.fan.needs:
            binding = graph.policy.bindings.get(need.grant.binding)
            # The API server puts back what it made itself.
            if binding is None or is_bootstrap_rbac(binding.metadata):
                continue
            whole = need.asks + tuple(_beside(graph, hop.before, need))
            for asks in dict.fromkeys((need.asks, whole)) if need.asks else ():
                each = Need(need.grant, tuple(dict.fromkeys(asks)))
                yield from _narrower(graph.policy, each, binding, inventory)
            if isinstance(hop.before, Seat):
                yield from _smaller(need, binding, hop.before, inventory)


def _beside(graph: Graph, place: Anywhere, need: Need) -> Iterator[Ask]:
    """Yield all that the same binding gives for other ways on: one may go where another is cut."""
    for fan in graph.fans(place):
        for other in fan.needs:
            if other.grant.binding == need.grant.binding:
                yield from other.asks


def _narrower(
    policy: Policy, need: Need, binding: o.Binding, inventory: Inventory
) -> Iterator[Option]:
    """Yield the binding with a role of its own, without the rights that lead on."""
    ref, rules = need.grant.binding, policy.rules(need.grant.role) or ()
    unwanted = [Request(ask.verb, ask.group, ask.resource) for ask in need.asks]
    try:
        left = without(rules, unwanted)
    except TooWide:
        return
    kind = kinds.ROLES if ref.namespace else kinds.CLUSTER_ROLES
    name = f"{_NEW}-{ref.name}"
    role = {
        "metadata": {"name": name, "namespace": ref.namespace or None},
        "rules": msgspec.to_builtins(left),
    }
    bound = msgspec.to_builtins(binding) | {"roleRef": {"kind": kind.kind, "name": name}}
    subjects = binding.subjects or []
    taken = _taken(rules, left, ref.namespace)
    words = tuple(f"{each.verb} {each.resource}" for each in unwanted)
    yield Option(
        f"take {_some(words)} out of {need.grant.role.label} for {ref.label}",
        ref,
        {kind.ref(ref.namespace, name): role, ref: bound},
        _cost(taken, subjects, ref, inventory),
        rights=words,
    )


def _smaller(need: Need, binding: o.Binding, seat: Seat, inventory: Inventory) -> Iterator[Option]:
    """Yield the binding without the subject that the step goes by."""
    ref, own = need.grant.binding, frozenset(seat.who.subjects())
    going = [each for each in binding.subjects or () if key(each, ref.namespace) in own]
    staying = [each for each in binding.subjects or () if each not in going]
    if all(is_own(each, ref.namespace) or each.name == _KEPT for each in going):
        return
    bound = msgspec.to_builtins(binding) | {"subjects": msgspec.to_builtins(staying)}
    names = _some([key(each, ref.namespace) for each in going])
    taken = tuple(right for rule in need.grant.rules for right in rights_in(rule, ref.namespace))
    yield Option(
        f"take {names} out of {ref.label}",
        ref,
        {ref: bound if staying else None},
        _cost(taken, going, ref, inventory),
        subject=names,
    )


def _taken(before: Rules, after: Rules, namespace: str) -> tuple[Right, ...]:
    left = {right for rule in after for right in rights_in(rule, namespace)}
    had = dict.fromkeys(right for rule in before for right in rights_in(rule, namespace))
    return tuple(right for right in had if right not in left)


def _cost(
    taken: Iterable[Right], subjects: Iterable[o.Subject], ref: Ref, inventory: Inventory
) -> Cost:
    """Return what taking these rights from these subjects costs."""
    rights, known = tuple(taken), list(subjects)
    denied = {
        (user, use.namespace, use.verb, use.group, use.resource, use.path)
        for subject in known
        for user in users_of(subject, ref.namespace, inventory)
        for use in uses_by_user(inventory)[user]
        if use.allowed and any(right.covers(_needed(use)) for right in rights)
    }
    return Cost(len(denied), sum(map(_width, rights)) * len(known), len(known))


def _needed(use: Use) -> Right:
    return Right(use.namespace, use.verb, use.group, use.resource, use.name, use.path)


def _width(right: Right) -> int:
    """Return for how many rights one counts."""
    verbs = _VERBS if right.verb == "*" else 1
    return verbs * (_RESOURCES if right.resource == "*" else 1)


def _some(words: Iterable[str]) -> str:
    known = list(words)
    rest = f" and {len(known) - 3} more" if len(known) > 3 else ""  # noqa: PLR2004 - as shown
    return one_line(", ".join(known[:3]), 300) + rest
