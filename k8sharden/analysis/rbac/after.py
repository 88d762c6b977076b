"""Roles and bindings as the writes of a change will leave them."""

from collections.abc import Iterable

from k8sharden.analysis.left import left_by
from k8sharden.analysis.rbac.policy import Changed, Policy
from k8sharden.model.change import Write


def changed_by(writes: Iterable[Write], policy: Policy) -> Changed:
    """Return what writes make of roles and bindings; those of other objects are left out.

    Raises `EditConflict` where an edit does not fit what was read.
    """
    left = left_by(writes, lambda ref: policy.roles.get(ref) or policy.bindings.get(ref))
    return {ref: value for ref, value in left.items() if "rbac" in ref.api_version}
