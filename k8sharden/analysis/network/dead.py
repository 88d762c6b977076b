"""Dead selectors: those of a policy that choose no pod, and what was probably meant.

A peer without a namespace selector is looked for in the policy's own namespace. An empty selector
chooses everything and is never dead, be there nothing yet.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec

from k8sharden.analysis.network.labelled import Labels, namespace_labels, pod_labels
from k8sharden.analysis.network.policies import Direction, directions
from k8sharden.analysis.selectors import Selector, chooses, is_empty
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory

_NEAR = 0.8
"""How alike two words are that one was probably meant for the other, 1.0 for the same."""


class Dead(msgspec.Struct, frozen=True):
    """A selector that chooses nothing: the policy's own, or the one of a peer.

    ``way``, ``rule`` and ``peer`` say where it stands (indexes), and are empty for the policy's
    own. ``field`` is podSelector or namespaceSelector. ``meant`` holds every selector with one
    label changed that would choose something. ``elsewhere`` where namespaces decide about it, so
    that all of them have to be known.
    """

    field: str
    selector: Selector
    meant: tuple[Selector, ...]
    way: Direction | None = None
    rule: int = -1
    peer: int = -1
    elsewhere: bool = False

    @property
    def is_slip(self) -> bool:
        """Whether only one selector can be meant, so that a slip of the pen is likely."""
        return len(self.meant) == 1

    @property
    def path(self) -> str:
        """Where it stands: ``spec.ingress[0].from[1].podSelector``."""
        if self.way is None:
            return f"spec.{self.field}"
        peers = "from" if self.way is Direction.INGRESS else "to"
        return f"spec.{self.way}[{self.rule}].{peers}[{self.peer}].{self.field}"

    @property
    def said(self) -> str:
        """``app=gatway``, for people."""
        return show_selector(self.selector)


def dead_selectors(policy: n.NetworkPolicy, inventory: Inventory) -> Iterator[Dead]:
    """Yield the selectors of a policy that choose no pod; only those that count for it."""
    own = policy.spec.pod_selector or {}
    here = pod_labels(inventory).get(policy.namespace, ())
    if _is_dead(own, here):
        yield Dead("podSelector", own, meant_by(own, here))
    for way in directions(policy):
        rules = policy.spec.ingress if way is Direction.INGRESS else policy.spec.egress
        for number, rule in enumerate(rules or ()):
            peers = rule.from_ if way is Direction.INGRESS else rule.to
            for place, peer in enumerate(peers or ()):
                yield from (
                    msgspec.structs.replace(dead, way=way, rule=number, peer=place)
                    for dead in _of_peer(peer, policy.namespace, inventory)
                )


def _of_peer(peer: n.Peer, namespace: str, inventory: Inventory) -> Iterator[Dead]:
    """Yield what is dead of a peer: the namespaces it names, or else the pods in them."""
    spaces = namespace_labels(inventory)
    chosen = peer.namespace_selector
    if chosen is not None and _is_dead(chosen, spaces.values()):
        found = meant_by(chosen, spaces.values())
        yield Dead("namespaceSelector", chosen, found, elsewhere=True)
        return
    inside = [namespace] if chosen is None else _names(chosen, spaces)
    there = [labels for name in inside for labels in pod_labels(inventory).get(name, ())]
    wanted = peer.pod_selector or {}
    if _is_dead(wanted, there):
        found = meant_by(wanted, there)
        yield Dead("podSelector", wanted, found, elsewhere=chosen is not None)


def _names(selector: Selector, spaces: Mapping[str, Labels]) -> list[str]:
    return [name for name, labels in spaces.items() if chooses(selector, labels)]


def _is_dead(selector: Selector, known: Iterable[Labels]) -> bool:
    return not is_empty(selector) and not any(chooses(selector, labels) for labels in known)


def meant_by(selector: Selector, known: Iterable[Labels]) -> tuple[Selector, ...]:
    """Return the selectors that differ in one label, by a slip, and choose something."""
    labels = list(known)
    wanted = selector.get("matchLabels") or {}
    found: list[Selector] = []
    for key, value in wanted.items():
        for other in sorted({pair for each in labels for pair in each.items()}):
            kept = {k: v for k, v in wanted.items() if k != key}
            changed = {**selector, "matchLabels": {**kept, other[0]: other[1]}}
            slip = _is_slip((key, value), other)
            if slip and changed not in found and not _is_dead(changed, labels):
                found.append(changed)
    return tuple(found)


def _is_slip(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether a label was probably meant to be the other one: its key or its value is near."""
    (key, value), (key_there, value_there) = one, other
    if key == key_there:
        return _is_near(value, value_there)
    # `name: shop` was never a label that the API server sets; the one with its own prefix is.
    return value == value_there and (
        key_there.endswith((f"/{key}", f".{key}")) or _is_near(key, key_there)
    )


def _is_near(one: str, other: str) -> bool:
    """Whether two words are alike, and differ in more than their digits: v1 is not meant for v2."""
    alike = SequenceMatcher(None, one, other, autojunk=False).ratio() >= _NEAR
    return alike and re.sub(r"\d", "", one) != re.sub(r"\d", "", other)


def show_selector(selector: Selector) -> str:
    """Write a selector as kubectl takes it: ``app=web,tier in (a, b)``."""
    labels: Mapping[str, str] = selector.get("matchLabels") or {}
    expressions: Sequence[Mapping[str, object]] = selector.get("matchExpressions") or ()
    parts = [f"{key}={value}" for key, value in labels.items()]
    return ",".join([*parts, *map(_expression, expressions)]) or "everything"


def _expression(expression: Mapping[str, object]) -> str:
    values = expression.get("values") or ()
    among = f" ({', '.join(map(str, values))})" if isinstance(values, list) else ""
    return f"{expression.get('key')} {expression.get('operator')}{among}"


def told_by_files(dead: Iterable[Dead]) -> list[Dead]:
    """Return those that files alone show: what none of them holds may stand somewhere else.

    A slip of the pen shows all the same.
    """
    return [each for each in dead if each.is_slip]
