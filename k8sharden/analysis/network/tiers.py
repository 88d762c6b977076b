"""Policies of administrators, and Calico's: what their presence leaves open.

They may decide before or after NetworkPolicies do. Which pods they are about is read; what their
rules say is not, so the answer is unknown where they could change it.

Source: network-policy-api.sigs.k8s.io (API overview); docs.tigera.io (Network policy).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from k8sharden.analysis.network.clauses import Direction, Doubt, Scope, Selector, checked
from k8sharden.model import kinds
from k8sharden.model.network import Loose
from k8sharden.model.ref import Ref

_BASELINE = kinds.BASELINE_ADMIN_NETWORK_POLICIES.kind
_GRANTS, _DENIES, _PASSES = ("Accept", "Allow"), "Deny", "Pass"


def tier_doubts(ref: Ref, policy: Loose) -> Iterator[Doubt]:
    """Yield what a ClusterNetworkPolicy or one of its forerunners may change, by direction."""
    spec = policy.spec or {}
    baseline = ref.kind == _BASELINE or spec.get("tier") == "Baseline"
    for way in Direction:
        actions = _actions(spec.get(way.value))
        denies, grants = _DENIES in actions, not actions.isdisjoint(_GRANTS)
        if denies or (grants and not baseline):
            yield Doubt(
                f"{ref.label} is not modelled: its {way.value} rules",
                (way,),
                _subject(spec.get("subject")),
                ref,
                grants=grants and not baseline,
                denies=denies and not baseline,
                isolates=denies,
            )


def _actions(rules: Any) -> set[str]:
    """Return what some rules do; what cannot be read may do anything."""
    if rules is not None and not isinstance(rules, list):
        return {*_GRANTS, _DENIES}
    found: set[str] = set()
    for rule in rules or ():
        action = _get(rule, "action")
        known = isinstance(action, str) and action in (*_GRANTS, _DENIES, _PASSES)
        found |= {action} if known else {*_GRANTS, _DENIES}
    return found


def calico_doubts(ref: Ref, policy: Loose) -> Iterator[Doubt]:
    """Yield what one of Calico's policies may change."""
    spec = policy.spec or {}
    types = [kind for kind in _list(spec.get("types")) if isinstance(kind, str)]
    if not types:
        egress, ingress = spec.get("egress"), spec.get("ingress")
        types = [*(["Ingress"] if ingress or not egress else []), *(["Egress"] if egress else [])]
    ways = tuple(way for way in Direction if way.type in types)
    yield Doubt(f"{ref.label} of Calico is not modelled", ways, Scope(ref.namespace), ref)


def _subject(raw: Any) -> Scope:
    """Return the pods a policy is about; everybody where that cannot be read."""
    pods = _get(raw, "pods")
    spaces = _get(pods, "namespaceSelector") if pods else _get(raw, "namespaces")
    return Scope("", _selector(spaces), _selector(_get(pods, "podSelector")))


def _selector(raw: Any) -> Selector | None:
    try:
        return checked(raw)
    except msgspec.ValidationError:
        return None


def _get(raw: Any, key: str) -> Any:
    return raw.get(key) if isinstance(raw, dict) else None


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []
