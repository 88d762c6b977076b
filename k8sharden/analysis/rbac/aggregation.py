"""Aggregated ClusterRoles: filled with the rules of others, which may be filled the same way.

A controller does so one role after the other, until no role changes any more. It replaces what a
role held with what the others hold at that moment. Where these hold nothing it takes back what it
wrote itself, and leaves what somebody else did: it applies from the server's side.

Source: kubernetes.io, Using RBAC Authorization; k8s.io/kubernetes,
pkg/controller/clusterroleaggregation, v1.36.
"""

from collections.abc import Container, Iterable, Mapping
from itertools import chain
from typing import Any

import msgspec

from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

Rules = tuple[o.PolicyRule, ...]
Roles = Mapping[Ref, o.Role]
Held = Mapping[Ref, Rules]
"""What roles hold, those of aggregated ones among them."""

Sources = Mapping[Ref, tuple[Ref, ...]]
"""The ClusterRoles that each aggregated one is filled from."""


class Book:
    """What every role grants.

    With ``read`` the roles were read from a cluster: what an aggregated one holds there counts,
    also where the role that it came from is not known.
    """

    def __init__(self, roles: Roles, *, read: bool = False) -> None:
        held, found = _own(roles), sources(roles)
        self._write(found, held, unexplained(found, held) if read else {}, held)

    def _write(self, found: Sources, held: Held, besides: Held, alone: Held) -> None:
        filled_ = filled(found, held, besides, alone)
        self.rules: Held = {**held, **filled_}
        self._besides = besides
        self._alone = {
            ref: alone[ref]
            for ref, others in found.items()
            if ref in alone and not any(self.rules[each] for each in others)
        }

    def changed(self, roles: Roles, anew: Container[Ref]) -> "Book":
        """Return the book of these roles: this one's, but for those that are written anew."""
        book = Book.__new__(Book)
        found, own = sources(roles), _own(roles)
        kept = [ref for ref in found if ref not in anew]
        before = {ref: self.rules[ref] for ref in kept}
        besides = {ref: self._besides[ref] for ref in kept if ref in self._besides}
        alone = {ref: self._alone.get(ref, ()) for ref in kept}
        book._write(found, own | before, besides, own | alone)  # noqa: SLF001 - of its own class
        return book


def _own(roles: Roles) -> dict[Ref, Rules]:
    return {ref: tuple(role.rules or ()) for ref, role in roles.items()}


def sources(roles: Roles) -> Sources:
    """Return what the aggregated ClusterRoles are filled from, each in order."""
    known = {
        ref: role for ref, role in sorted(roles.items()) if ref.kind == kinds.CLUSTER_ROLES.kind
    }
    labelled: dict[tuple[str, str], list[Ref]] = {}
    for ref, role in known.items():
        for label in role.metadata.label.items():
            labelled.setdefault(label, []).append(ref)
    found = {}
    for ref, role in known.items():
        if role.aggregation_rule is not None:
            selectors = role.aggregation_rule.cluster_role_selectors or ()
            chosen = chain.from_iterable(_chosen(each, known, labelled) for each in selectors)
            found[ref] = tuple(dict.fromkeys(other for other in chosen if other != ref))
    return found


def _chosen(
    selector: Mapping[str, Any], roles: Roles, labelled: Mapping[tuple[str, str], list[Ref]]
) -> Iterable[Ref]:
    """Return the roles that a selector chooses; a label that it wants leads to them."""
    if not _is_sound(selector):
        return ()
    first = next(iter((selector.get("matchLabels") or {}).items()), None)
    candidates = roles if first is None else labelled.get(first, ())
    return (ref for ref in candidates if chooses(selector, roles[ref].metadata.label))


def _is_sound(selector: Mapping[str, Any]) -> bool:
    """Whether a server would take a selector: in a manifest anything may stand there."""
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    return (
        isinstance(labels or {}, Mapping)
        and all(isinstance(value, str) for value in (labels or {}).values())
        and isinstance(expressions or [], list)
        and all(isinstance(each, Mapping) for each in expressions or ())
    )


def filled(found: Sources, held: Held, besides: Held, alone: Held) -> Held:
    """Return what the aggregated roles hold once the controller has nothing more to do.

    ``held`` is what every role holds before, ``besides`` what aggregated ones keep although none of
    their sources is known to hold it, and ``alone`` what they keep while there is nothing to fill
    them with. Roles that are filled from each other in a ring may never come to rest: then it ends
    after as many rounds as there are such roles.
    """
    now = {ref: held.get(ref, ()) for ref in found}
    for _ in range(len(found) + 1):
        before = dict(now)
        for ref, others in found.items():
            gathered = chain.from_iterable(now.get(each, held.get(each, ())) for each in others)
            now[ref] = once(chain(gathered, besides.get(ref, ()))) or alone.get(ref, ())
        if now == before:
            break
    return now


def unexplained(found: Sources, held: Held) -> Held:
    """Return what aggregated roles hold that none of their known sources does.

    It comes from a role that could not be read, or the controller has not got so far yet.
    """
    left = {}
    for ref, others in found.items():
        known = {_key(rule) for each in others for rule in held.get(each, ())}
        left[ref] = tuple(rule for rule in held.get(ref, ()) if _key(rule) not in known)
    return left


def once(rules: Iterable[o.PolicyRule]) -> Rules:
    """Return rules in their order, each once."""
    return tuple({_key(rule): rule for rule in rules}.values())


def _key(rule: o.PolicyRule) -> bytes:
    """Return what tells a rule from others; a list that is null is as good as an empty one."""
    return msgspec.json.encode([each or () for each in msgspec.structs.astuple(rule)])
