"""What answers the items about whom a binding names: they leave it, and nobody else does.

Where nobody else stands in the binding, it goes as a whole.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from k8sharden.analysis.rbac.after import changed_by
from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.bindings import who
from k8sharden.analysis.rbac.foretold import Expected, Foretold, foretell
from k8sharden.analysis.rbac.parts import plain
from k8sharden.analysis.rbac.policy import RBAC, policy_of
from k8sharden.analysis.rbac.rights import TooManyRights, rights_by
from k8sharden.analysis.rbac.standing import Judge
from k8sharden.analysis.rbac.subjects import MASTERS, identity
from k8sharden.analysis.system import is_bootstrap_rbac
from k8sharden.model import kinds
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
    told = foretold((write,), _losing(ref, wrong.subjects, inventory), inventory)
    return Change(
        kind,
        title,
        Risk.ACCESS,
        (write,),
        basis={ref.label: _given(ref, inventory)},
        rests_on=tuple(sorted({*kinds.listings(RBAC), *rests_on})),
        warnings=(*warnings, *told.said),
        reviews=told.reviews,
        shadowed=told.shadowed,
    )


def _given(ref: Ref, inventory: Inventory) -> dict[str, Any]:
    """Return what a binding gives, which is shown as what is lost."""
    grant = policy_of(inventory).grant(ref)
    return {"role": grant.role.label, "rules": [plain(rule) for rule in grant.rules]}


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


def foretold(
    writes: Iterable[Write], expected: Iterable[Expected], inventory: Inventory
) -> Foretold:
    """Return what the API server has to say of rights once these writes are made."""
    policy = policy_of(inventory)
    return foretell(tuple(expected), policy, policy.changed(changed_by(writes, policy)))


def given_by(ref: Ref, inventory: Inventory) -> tuple[Request, ...]:
    """Return what a binding gives, as questions; none where nobody could ask them all."""
    try:
        rights = rights_by([policy_of(inventory).grant(ref)])
    except TooManyRights:
        return ()
    return tuple(
        Request(each.verb, each.group, each.resource, each.namespace, each.name, each.path)
        for each in sorted(rights)
    )


def _losing(ref: Ref, subjects: Iterable[o.Subject], inventory: Inventory) -> Iterator[Expected]:
    """Yield what leaves a binding's subjects; nothing ever leaves system:masters."""
    requests = given_by(ref, inventory)
    for each in subjects:
        leaver = identity(each, ref.namespace)
        if MASTERS not in leaver.groups:
            yield Expected(leaver, (), requests)
