"""What a change of roles or bindings takes from whom: effective rights before and after.

A subject's rights are those of every binding that names it, or a group that it surely is in.
"""

import msgspec

from k8sharden.analysis.rbac.policy import RBAC, Changed, Policy, policy_of, role_of
from k8sharden.analysis.rbac.rights import rights_of, uncovered
from k8sharden.analysis.rbac.subjects import identity, key
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.text import one_line

_KINDS = {kind.kind for kind in RBAC}
_SHOWN = 3


def lost_access(
    changed: Changed, inventory: Inventory, earlier: Changed | None = None
) -> tuple[Impact, ...]:
    """Return what each subject loses by a change of roles and bindings; nothing for other changes.

    ``earlier`` holds what earlier changes of the plan made of roles and bindings.
    Where roles or bindings could not be read, what is left cannot be told, and that is said.
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
    subjects = affected(mine, before, after)
    told = (_told(label, subject, before, after) for label, subject in subjects.items())
    return tuple(impact for impact in told if impact is not None)


def affected(changed: Changed, *policies: Policy) -> dict[str, o.Subject]:
    """Return the subjects of every binding that changes, or whose role does, by their keys."""
    found: dict[str, o.Subject] = {}
    aggregated = any(ref.kind == kinds.CLUSTER_ROLES.kind for ref in changed)
    for policy in policies:
        for ref, binding in policy.bindings.items():
            role = role_of(ref, binding)
            # A ClusterRole may be filled from one that changes, whatever its own name.
            if ref in changed or role in changed or (aggregated and role.namespace == ""):
                for subject in binding.subjects or ():
                    label = key(subject, ref.namespace)
                    found[label] = msgspec.structs.replace(
                        subject, namespace=subject.namespace or ref.namespace or None
                    )
    return dict(sorted(found.items()))


def _told(label: str, subject: o.Subject, before: Policy, after: Policy) -> Impact | None:
    """Say what one subject loses, and what it keeps; None where it loses nothing."""
    who = identity(subject)
    had, has = rights_of(who, before), rights_of(who, after)
    lost = uncovered(had, has)
    if not lost:
        return None
    words = list(dict.fromkeys(right.words for right in lost))
    rest = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    shown = one_line(", ".join(words[:_SHOWN]), 300) + rest
    rights = "1 right" if len(lost) == 1 else f"{len(lost)} rights"
    left = f"{len(has)} {'is' if len(has) == 1 else 'are'} left" if has else "none is left"
    return Impact(
        ImpactKind.PERMISSIONS,
        len(lost),
        f"{one_line(label, 200)} loses {rights}: {shown}; {left}.",
    )
