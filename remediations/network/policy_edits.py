"""Policies as the API writes them: what the items on policies share."""

from collections.abc import Mapping
from typing import Any

import msgspec

from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Edit
from k8sharden.model.edits import edited
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref


def policy_at(ref: Ref, inventory: Inventory) -> n.NetworkPolicy | None:
    """Return the policy that a finding is about; None where it is gone."""
    known = inventory.of(kinds.NETWORK_POLICIES, n.NetworkPolicy)
    wanted = (ref.namespace, ref.name)
    return next((each for each in known if (each.namespace, each.name) == wanted), None)


def changed_by(policy: n.NetworkPolicy, *edits: Edit) -> Mapping[Ref, Mapping[str, Any]]:
    """Return a policy as edits leave it, under its reference."""
    metadata = {"name": policy.name, "namespace": policy.namespace}
    manifest = {"metadata": metadata, "spec": as_written(policy.spec)}
    ref = kinds.NETWORK_POLICIES.ref(policy.namespace, policy.name)
    return {ref: edited(manifest, edits)}


def as_written(part: msgspec.Struct) -> Any:
    """Return a part of a policy as a manifest has it: what is missing stays so."""
    return _bare(msgspec.to_builtins(part))


def _bare(value: Any) -> Any:
    # The API tells a selector that is missing from an empty one, so that nulls may not stay.
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if each is not None}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def counted(number: int, what: str) -> str:
    """Return ``1 pod``, ``2 pods``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
