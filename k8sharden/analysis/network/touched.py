"""Which of the expected connections a written object can make any difference to.

A plan of hundreds of changes asks this of each of its writes; all else stays as it was.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from k8sharden.analysis.network.edges import Calls, Edge, End
from k8sharden.analysis.network.ends import parties_of
from k8sharden.analysis.restarts import template
from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

Manifest = Mapping[str, Any]

_TYPES = (
    kinds.NETWORK_POLICIES, kinds.CILIUM_POLICIES, kinds.CILIUM_CLUSTERWIDE_POLICIES,
    kinds.CLUSTER_NETWORK_POLICIES, kinds.ADMIN_NETWORK_POLICIES,
    kinds.BASELINE_ADMIN_NETWORK_POLICIES, kinds.CALICO_POLICIES, kinds.CALICO_GLOBAL_POLICIES,
)  # fmt: skip

POLICIES = frozenset((kind.api_version, kind.kind) for kind in _TYPES)
"""The kinds of policies, by API version and kind."""

_NATIVE = (kinds.NETWORK_POLICIES.api_version, kinds.NETWORK_POLICIES.kind)


class Written(msgspec.Struct, frozen=True):
    """An object before and after a write; None where there is none."""

    ref: Ref
    before: Manifest | None
    after: Manifest | None


def relabels(written: Written) -> bool:
    """Whether policies see a workload's next pods as others: labels, or the node's network."""
    if not written.before or not written.after:
        return False
    return _seen(template(written.before)) != _seen(template(written.after))


def _seen(pod: Manifest) -> tuple[Manifest, bool]:
    spec = pod.get("spec")
    return _labels(pod), isinstance(spec, Mapping) and bool(spec.get("hostNetwork"))


def _labels(value: Manifest) -> Manifest:
    metadata = value.get("metadata")
    found = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def touched(written: Written, calls: Calls, inventory: Inventory) -> Iterator[Edge]:
    """Yield the expected connections that a write may open or cut."""
    ref = written.ref
    if (ref.api_version, ref.kind) == _NATIVE:
        yield from _selected(written, calls, inventory)
    elif (ref.api_version, ref.kind) in POLICIES:
        yield from _in_namespace(ref.namespace, calls, inventory) if ref.namespace else calls.edges
    elif ref.kind != kinds.NAMESPACES.kind:
        yield from (edge for edge in calls.edges if ref in (edge.source.ref, edge.target.ref))
    elif _labels(written.before or {}) != _labels(written.after or {}):
        yield from _in_namespace(ref.name, calls, inventory)


def _selected(written: Written, calls: Calls, inventory: Inventory) -> Iterator[Edge]:
    """Yield the connections of the pods that a NetworkPolicy chooses, before or after."""
    selectors = [_selector(each) for each in (written.before, written.after) if each is not None]
    known: dict[End, bool] = {}

    def is_chosen(end: End) -> bool:
        if end.ref is None or end.ref.namespace != written.ref.namespace:
            return False
        if end not in known:
            labels = [party.labels for party in parties_of(end, inventory)]
            # One that was not read may be anything.
            known[end] = not labels or any(chooses(s, each) for s in selectors for each in labels)
        return known[end]

    for edge in _in_namespace(written.ref.namespace, calls, inventory):
        if is_chosen(edge.source) or is_chosen(edge.target):
            yield edge


def _selector(policy: Manifest) -> dict[str, Any] | None:
    spec = policy.get("spec")
    found = spec.get("podSelector") if isinstance(spec, Mapping) else None
    return found if isinstance(found, dict) else None


def _in_namespace(namespace: str, calls: Calls, inventory: Inventory) -> tuple[Edge, ...]:
    if "calls-by-namespace" not in inventory.cache:
        found: dict[str, list[Edge]] = {}
        for edge in calls.edges:
            ends = (edge.source.ref, edge.target.ref)
            for name in dict.fromkeys(ref.namespace for ref in ends if ref is not None):
                found.setdefault(name, []).append(edge)
        inventory.cache["calls-by-namespace"] = {name: tuple(each) for name, each in found.items()}
    known = cast("Mapping[str, tuple[Edge, ...]]", inventory.cache["calls-by-namespace"])
    return known.get(namespace, ())
