"""Whether one policy closes what another one opens, by their manifests alone.

An undo asks this from a shell, where nobody has read which pods there are: two selectors that could
choose the same pod are taken to do so.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8sharden.analysis.network.touched import POLICIES

Manifest = Mapping[str, Any]

_SELECTORS = ("podSelector", "endpointSelector")
_WAYS = (("Ingress", "ingress"), ("Egress", "egress"))


def closes_on(policy: Manifest, opener: Manifest) -> bool:
    """Whether a policy may isolate pods in a direction in which another lets something through."""
    if not all((each.get("apiVersion"), each.get("kind")) in POLICIES for each in (policy, opener)):
        return False
    one, two = _spec(policy), _spec(opener)
    opened = {way for way in _ways(two) if two.get(way)}
    return bool(opened & set(_ways(one))) and _may_meet(_selector(one), _selector(two))


def _spec(value: Manifest) -> Manifest:
    found = value.get("spec")
    return found if isinstance(found, Mapping) else {}


def _ways(spec: Manifest) -> Iterator[str]:
    """Yield the directions that a policy isolates: those it names, or has rules for."""
    named = spec.get("policyTypes")
    for word, field in _WAYS:
        by_rules = field in spec or (field == "ingress" and "podSelector" in spec)
        if (word in named) if named else by_rules:
            yield field


def _selector(spec: Manifest) -> Manifest:
    found = next((spec[name] for name in _SELECTORS if name in spec), None)
    labels = found.get("matchLabels") if isinstance(found, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}


def _may_meet(one: Manifest, two: Manifest) -> bool:
    return all(two[key] == value for key, value in one.items() if key in two)
