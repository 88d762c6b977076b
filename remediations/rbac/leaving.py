"""What answers the items about whom a binding names: they leave it, and nobody else does.

Where nobody else stands in the binding, it goes as a whole.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from k8sharden.analysis.rbac.bindings import who
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.analysis.rbac.standing import Judge
from k8sharden.analysis.system import is_bootstrap_rbac
from k8sharden.model import objects as o
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Delete,
    Listing,
    Named,
    NoChange,
    Patch,
    RemoveField,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref

GONE = "The binding is gone or names others by now: scan again."


def leave(
    finding: Finding,
    inventory: Inventory,
    fault: Judge,
    *,
    warnings: Iterable[str] = (),
    rests_on: tuple[Listing, ...] = (),
) -> Change | NoChange:
    """Take those out of a binding who should not be there, or say why that is not done."""
    ref = finding.resource
    binding = policy_of(inventory).bindings.get(ref)
    wrong = fault(ref, binding, inventory) if binding else None
    if binding is None or wrong is None:
        return NoChange(GONE)
    write = without(ref, binding, wrong.subjects)
    if isinstance(write, Patch):
        kind, title = ChangeKind.PATCH, f"Take {who(wrong.subjects)} out of {ref.label}"
    elif is_bootstrap_rbac(binding.metadata):
        return NoChange(
            f"The API server makes this binding anew at every start: take what was added out of "
            f"{binding.role_ref.kind} {binding.role_ref.name} by hand."
        )
    else:
        kind, title = ChangeKind.DELETE, f"Delete {ref.label}"
    return Change(kind, title, Risk.ACCESS, (write,), rests_on=rests_on, warnings=tuple(warnings))


def without(ref: Ref, binding: o.Binding, gone: Collection[o.Subject]) -> Write:
    """Return the write that takes subjects out of a binding, or all of it where nobody stays."""
    subjects = binding.subjects or []
    stay = [each for each in subjects if each not in gone]
    if not stay:
        return Delete(ref)
    names = Counter(each.name for each in subjects)
    if any(names[each.name] > 1 for each in gone):
        # A subject's name alone does not tell it from its namesakes.
        return Patch(ref, (SetField(("subjects",), [plain(each) for each in stay]),))
    paths = (("subjects", Named("name", each.name)) for each in gone)
    return Patch(ref, tuple(RemoveField(path) for path in paths))


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """Write a part of an object as the API does, without what is not set."""
    return {key: each for key, each in msgspec.to_builtins(value).items() if each is not None}
