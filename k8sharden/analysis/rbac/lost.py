"""What a change of roles or bindings takes from whom: effective rights before and after.

A subject's rights are those of every binding that names it, or a group that it surely is in.
"""

from collections.abc import Iterable

import msgspec

from k8sharden.analysis.rbac.policy import RBAC, Changed, Grant, Policy, policy_of, role_of
from k8sharden.analysis.rbac.replay import replay
from k8sharden.analysis.rbac.rights import Held, Right, TooManyRights, by_namespace, rights_by
from k8sharden.analysis.rbac.subjects import MASTERS, identity, key
from k8sharden.model import objects as o
from k8sharden.model.decoding import uncollected
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

_KINDS = {kind.kind for kind in RBAC}
_SHOWN = 3


def lost_access(
    changed: Changed, inventory: Inventory, earlier: Changed | None = None
) -> tuple[Impact, ...]:
    """Return what each subject loses by a change of roles and bindings; nothing for other changes.

    ``earlier`` holds what earlier changes of the plan made of roles and bindings.
    Where roles or bindings could not be read, what is left cannot be told, and that is said. With
    an audit log, its requests are replayed, too.
    """
    mine = {ref: value for ref, value in changed.items() if ref.kind in _KINDS}
    if not mine:
        return ()
    gaps = [kind.key for kind in RBAC if not inventory.entry(kind).complete]
    if gaps:
        said = f"Cannot tell who loses which rights: {', '.join(gaps)} could not all be read."
        return (Impact(ImpactKind.PERMISSIONS, None, said),)
    try:
        before = policy_of(inventory).changed(earlier or {})
        after = before.changed(mine)
    except msgspec.ValidationError:
        said = "Cannot tell who loses which rights: a role or binding of the change is odd."
        return (Impact(ImpactKind.PERMISSIONS, None, said),)
    with uncollected():
        subjects = affected(mine, before, after)
        told = [_told(label, subject, before, after) for label, subject in subjects.items()]
    lost = tuple(impact for impact in told if impact is not None)
    if inventory.facts.usage is None or not subjects:
        return lost
    again = replay(inventory, before, after, frozenset(subjects))
    return (*lost, Impact(ImpactKind.REPLAY, again.lost, again.words))


def affected(changed: Changed, before: Policy, after: Policy) -> dict[str, o.Subject]:
    """Return the subjects of every binding that changes, or whose role does, by their keys."""
    roles = _other_roles(before, after)
    found: dict[str, o.Subject] = {}
    for policy in (before, after):
        # Without another role only the bindings themselves have to be looked at.
        for ref in policy.bindings if roles else changed.keys() & policy.bindings.keys():
            binding = policy.bindings[ref]
            if ref in changed or role_of(ref, binding) in roles:
                for subject in binding.subjects or ():
                    label = key(subject, ref.namespace)
                    found[label] = msgspec.structs.replace(
                        subject, namespace=subject.namespace or ref.namespace or None
                    )
    return dict(sorted(found.items()))


def _other_roles(before: Policy, after: Policy) -> set[Ref]:
    """Return the roles that grant something else afterwards, aggregated ones among them."""
    if before.roles is after.roles:
        return set()
    known = before.roles.keys() | after.roles.keys()
    return {ref for ref in known if before.rules(ref) != after.rules(ref)}


def _told(label: str, subject: o.Subject, before: Policy, after: Policy) -> Impact | None:
    """Say what one subject loses, and what it keeps; None where it loses nothing."""
    who = identity(subject)
    if MASTERS in who.groups:
        return None
    kept = {grant.binding: grant for grant in after.grants(who)}
    # A binding that stays as it was keeps all that it gave.
    gone = [grant for grant in before.grants(who) if kept.get(grant.binding) != grant]
    try:
        lost, has = _lost(gone, kept.values()), _count(kept.values())
    except TooManyRights as role:
        said = f"Cannot tell what {one_line(label, 200)} loses: {role} gives too many rights."
        return Impact(ImpactKind.PERMISSIONS, None, said)
    if not lost:
        return None
    words = list(dict.fromkeys(right.words for right in lost))
    rest = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    shown = one_line(", ".join(words[:_SHOWN]), 300) + rest
    rights = "1 right" if len(lost) == 1 else f"{len(lost)} rights"
    left = f"{has} {'is' if has == 1 else 'are'} left" if has else "none is left"
    return Impact(
        ImpactKind.PERMISSIONS,
        len(lost),
        f"{one_line(label, 200)} loses {rights}: {shown}; {left}.",
    )


def _lost(gone: Iterable[Grant], kept: Iterable[Grant]) -> list[Right]:
    """Return the rights that no kept binding covers, one namespace after the other."""
    before, after = by_namespace(gone), by_namespace(kept)
    everywhere = Held(rights_by(after.pop("", ())))
    found: list[Right] = []
    for space in sorted(before):
        here = Held(rights_by(after.get(space, ())))
        found += sorted(
            right
            for right in rights_by(before[space])
            if not everywhere.covers(right) and not here.covers(right)
        )
    return found


def _count(grants: Iterable[Grant]) -> int:
    """Count the rights of bindings; thousands of namespaces may bind the same roles."""
    known: dict[tuple[bool, frozenset[Ref]], int] = {}
    total = 0
    for space, some in by_namespace(grants).items():
        alike = (bool(space), frozenset(grant.role for grant in some))
        if alike not in known:
            known[alike] = len(rights_by(some))
        total += known[alike]
    return total
