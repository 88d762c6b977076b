"""CiliumNetworkPolicies and CiliumClusterwideNetworkPolicies as clauses, and as doubts.

What is modelled: endpoints by labels, entities, CIDRs, ports, HTTP and DNS rules as a note, deny
rules, enableDefaultDeny, several specs. Everything else makes the answer unknown, by name.

Source: Cilium's documentation (Policy Enforcement Modes, Rule Basics).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.network.cilium_rules import rules_of
from k8sharden.analysis.network.cilium_selectors import NotModelled, scope_of
from k8sharden.analysis.network.clauses import Clause, Direction, Doubt, LabelSelector, Scope
from k8sharden.model.decoding import convert
from k8sharden.model.network import Loose
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

_KNOWN = frozenset(
    (
        *("endpointSelector", "nodeSelector", "ingress", "egress", "ingressDeny", "egressDeny"),
        *("enableDefaultDeny", "description", "labels", "log"),
    )
)


def cilium_clauses(ref: Ref, policy: Loose) -> Iterator[Clause | Doubt]:
    """Yield what one of Cilium's policies says, and what of it is not modelled."""
    for spec in (*((policy.spec,) if policy.spec else ()), *(policy.specs or ())):
        ways = tuple(way for way in Direction if _rules(spec, way) or _rules(spec, way, "Deny"))
        if odd := _odd(spec):
            yield Doubt(_said(ref, odd), ref=ref, scope=Scope(ref.namespace))
            continue
        if spec.get("endpointSelector") is None and spec.get("nodeSelector") is not None:
            yield Doubt(_said(ref, "nodeSelector"), ways, ref=ref, hosts=True)
            continue
        try:
            scope = _scope(spec, ref)
        except NotModelled as found:
            yield Doubt(_said(ref, str(found)), ways, Scope(ref.namespace), ref)
            continue
        unknown = sorted(key for key, value in spec.items() if key not in _KNOWN and value)
        if unknown:
            yield Doubt(_said(ref, ", ".join(unknown)), ways, scope, ref)
            continue
        for way in ways:
            yield _clause(ref, spec, way, scope)
            if _requires(spec, way):
                yield Doubt(_said(ref, "fromRequires and toRequires"), (way,), scope, ref)


def _odd(spec: Mapping[str, Any]) -> str:
    """Return a section of another type than it has to be, which a file may hold; empty for none."""
    lists = [f"{way.value}{suffix}" for way in Direction for suffix in ("", "Deny")]
    wrong = [key for key in lists if not isinstance(spec.get(key) or [], list)]
    asked = spec.get("enableDefaultDeny") or {}
    fits = isinstance(asked, dict) and all(
        isinstance(value, bool | None) for value in asked.values()
    )
    return next(iter(wrong), "" if fits else "enableDefaultDeny")


def _scope(spec: Mapping[str, Any], ref: Ref) -> Scope:
    """Return the pods it is about. Raises NotModelled where that cannot be said."""
    try:
        chosen = convert(spec.get("endpointSelector") or {}, LabelSelector)
        return scope_of(chosen, ref.namespace, fixed=bool(ref.namespace))
    except msgspec.ValidationError:
        raise NotModelled("endpointSelector") from None
    except NotModelled as found:
        raise NotModelled(f"endpointSelector with {found}") from None


def _requires(spec: Mapping[str, Any], way: Direction) -> bool:
    """Whether a rule has requirements, which limit what all others allow."""
    both = [*_rules(spec, way), *_rules(spec, way, "Deny")]
    keys = {key for rule in both if isinstance(rule, dict) for key, value in rule.items() if value}
    return not keys.isdisjoint(("fromRequires", "toRequires"))


def _clause(ref: Ref, spec: Mapping[str, Any], way: Direction, scope: Scope) -> Clause:
    asked = spec.get("enableDefaultDeny")
    isolates = asked.get(way.value) if isinstance(asked, dict) else None
    return Clause(
        ref,
        way,
        scope,
        rules_of(_rules(spec, way), way, ref.namespace),
        rules_of(_rules(spec, way, "Deny"), way, ref.namespace),
        isolates is not False,
    )


def _rules(spec: Mapping[str, Any], way: Direction, suffix: str = "") -> list[Any]:
    found = spec.get(f"{way.value}{suffix}")
    return found if isinstance(found, list) else []


def _said(ref: Ref, what: str) -> str:
    return f"{ref.label} is not modelled: {one_line(what, 200)}"
