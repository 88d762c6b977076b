"""Roles and bindings as the writes of a change will leave them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from k8sharden.analysis.rbac.policy import Changed, Policy
from k8sharden.model.change import Create, Delete, Patch, Write
from k8sharden.model.edits import edited
from k8sharden.model.ref import Ref


def changed_by(writes: Iterable[Write], policy: Policy) -> Changed:
    """Return what writes make of roles and bindings; those of other objects are left out.

    Raises `EditConflict` where an edit does not fit what was read.
    """
    changed: dict[Ref, dict[str, Any] | None] = {}
    for write in writes:
        known = policy.roles.get(write.ref) or policy.bindings.get(write.ref)
        match write:
            case Create(ref=ref, manifest=manifest):
                changed[ref] = manifest
            case Delete(ref=ref):
                changed[ref] = None
            case Patch(ref=ref, edits=edits) if known is not None:
                changed[ref] = edited(msgspec.to_builtins(known), edits)
            case _:
                pass
    return {ref: value for ref, value in changed.items() if "rbac" in ref.api_version}
