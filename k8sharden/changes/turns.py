"""The rights that a plan changes, one change after the other: what is asked after each of them."""

import msgspec

from k8sharden.analysis.rbac.in_turn import in_turn, still
from k8sharden.analysis.rbac.policy import Changed, policy_of
from k8sharden.changes.plan import Plan, Planned
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Inventory, SourceKind

Still = tuple[tuple[Impact, ...], ...]


def asked_in_turn(plan: Plan, inventory: Inventory) -> tuple[Plan, Still]:
    """Return the plan with the questions of each change as they stand at its turn.

    Beside it, for each change, what still gives at the end of the plan what it was to take away.
    An undo asks for the answers of before, which the journal knows. An odd object leaves all as it
    was foretold of each change alone.
    """
    first = policy = policy_of(inventory)
    changes: list[Planned] = []
    try:
        for planned in plan.changes:
            turned = planned
            if mine := rbac_of(planned):
                after = policy.changed(mine)
                if not planned.undoes:
                    change = in_turn(planned.change, policy, after)
                    turned = msgspec.structs.replace(planned, change=change)
                if takes_effect(plan, planned):
                    policy = after
            changes.append(turned)
    except msgspec.ValidationError:
        return plan, tuple(() for _ in plan.changes)
    left = tuple(
        tuple(Impact(ImpactKind.PERMISSIONS, 0, said) for said in still(each.change, first, policy))
        for each in changes
    )
    return msgspec.structs.replace(plan, changes=tuple(changes)), left


def rbac_of(planned: Planned) -> Changed:
    """Return the roles and bindings that a change writes, as it leaves them."""
    return {each.ref: each.after for each in planned.bound if "rbac" in each.ref.api_version}


def takes_effect(plan: Plan, planned: Planned) -> bool:
    """Whether later changes of the plan meet what this one leaves.

    Files are their own source: whoever owns the objects, all of the plan goes into them.
    """
    return planned.applies or plan.source.kind is SourceKind.MANIFESTS
