"""Policies as the writes of a change will leave them."""

from collections.abc import Iterable

from k8sharden.analysis.left import left_by
from k8sharden.analysis.network.policies import Policies
from k8sharden.model.change import Write


def policies_after(writes: Iterable[Write], policies: Policies) -> Policies:
    """Return the policies as writes leave them; those of other objects are left out.

    Raises `EditConflict` where an edit does not fit what was read, and msgspec.ValidationError
    where what is left is odd.
    """
    return policies.changed(left_by(writes, policies.known))
