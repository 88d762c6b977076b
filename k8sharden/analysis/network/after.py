"""Policies as the writes of a change will leave them."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.left import left_by
from k8sharden.analysis.network.policies import Policies
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.change import Write
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref


def policies_after(writes: Iterable[Write], policies: Policies) -> Policies:
    """Return the policies as writes leave them; those of other objects are left out.

    Raises `EditConflict` where an edit does not fit what was read, and msgspec.ValidationError
    where what is left is odd.
    """
    return policies.changed(left_by(writes, policies.known))


_KINDS = (kinds.NETWORK_POLICIES, kinds.CILIUM_POLICIES, kinds.CILIUM_CLUSTERWIDE_POLICIES)
POLICY_KINDS = frozenset((kind.api_version, kind.kind) for kind in _KINDS)
"""The kinds of policies that changes write."""


def with_policies(inventory: Inventory, left: Mapping[Ref, Mapping[str, Any] | None]) -> Inventory:
    """Return the inventory with its policies as writes leave them; other objects stay as they were.

    One that is odd afterwards stays as it was.
    """
    objects = dict(inventory.objects)
    for kind in _KINDS:
        mine = {ref: value for ref, value in left.items() if _is_of(ref, kind)}
        if mine:
            objects[kind.key] = _replaced(kind, objects.get(kind.key, ()), mine)
    return msgspec.structs.replace(inventory, objects=objects, cache={})


def _is_of(ref: Ref, kind: kinds.ResourceType) -> bool:
    return (ref.api_version, ref.kind) == (kind.api_version, kind.kind)


def _replaced(
    kind: kinds.ResourceType,
    items: tuple[o.Object, ...],
    left: Mapping[Ref, Mapping[str, Any] | None],
) -> tuple[o.Object, ...]:
    struct = n.NetworkPolicy if kind is kinds.NETWORK_POLICIES else n.Loose
    found: dict[Ref, o.Object] = {kind.ref(each.namespace, each.name): each for each in items}
    for ref, value in left.items():
        if value is None:
            found.pop(ref, None)
            continue
        with contextlib.suppress(msgspec.ValidationError):
            found[ref] = convert(dict(value), struct)
    return tuple(found.values())
