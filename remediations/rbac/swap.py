"""The swap: a binding gets smaller roles in place of its own, by what is used or by a guess.

A role that a binding refers to cannot be changed in place, so this is a group of writes: the new
roles, bindings to them, and the old binding's end, or the old binding with those who stay. Whatever
items found of one binding, the answer is the same one. What the server has to say of it afterwards
is foretold by the evaluator, and asked.
"""

from typing import Any, cast

from k8sharden.analysis.rbac.after import changed_by
from k8sharden.analysis.rbac.bindings import who
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.foretold import Expected, Foretold, foretell
from k8sharden.analysis.rbac.narrowed import asked_in
from k8sharden.analysis.rbac.needs import needed
from k8sharden.analysis.rbac.parts import FROM_LOG, plain
from k8sharden.analysis.rbac.patterns import words
from k8sharden.analysis.rbac.policy import RBAC, Grant, policy_of
from k8sharden.analysis.rbac.rights import TooManyRights, rights_by, rights_in, uncovered
from k8sharden.analysis.rbac.subjects import identity
from k8sharden.analysis.rbac.used import used
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import (
    Change,
    ChangeKind,
    Delete,
    NoChange,
    Patch,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.finding import Finding
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from remediations.rbac.evidence import shown
from remediations.rbac.guesses import dangerous, guessed, in_power
from remediations.rbac.made import created
from remediations.rbac.moves import Move, Stay, granted, stays
from remediations.rbac.told import kept_dangers, unread, whoever_applies

_MOST_RIGHTS = 5_000

_SPECIAL = "kube-system"
"""Where what is dangerous is most so: asked about beside the namespaces of a swap."""


def swap(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Return the smaller roles and the old binding's end, or why there is no such change."""
    if finding.system:
        return NoChange("It belongs to the cluster's own parts: ask whoever installed them.")
    grant = granted(finding.resource, policy_of(inventory))
    need = needed(finding.check, grant.binding, inventory) if grant else ""
    if need:
        return NoChange(
            f"It looks like {need}, which often needs this: give an audit log with --audit-log, "
            "and its role is made from what it uses. Or bind its role only in the namespaces that "
            "it serves, or name the objects in it."
        )
    answers = cast("dict[Ref, Change | NoChange]", inventory.cache.setdefault("rbac-swaps", {}))
    ref = finding.resource
    if ref not in answers:
        gone = NoChange("The binding is gone or grants less by now: scan again.")
        answers[ref] = _swapped(grant, inventory) if grant else gone
    return answers[ref]


def _swapped(grant: Grant, inventory: Inventory) -> Change | NoChange:
    binding = policy_of(inventory).bindings[grant.binding]
    if _is_from_log(grant, inventory) and inventory.facts.usage is None:
        return NoChange(
            "Its role was made from an audit log that showed all of this used: give a newer one "
            "with --audit-log."
        )
    if _is_endless(grant):
        return NoChange(
            "Its role names more rights than anybody could look through: write one by hand that "
            "holds what is needed."
        )
    answers = [_answer(subject, grant, inventory) for subject in binding.subjects or ()]
    moves = [answer for answer in answers if isinstance(answer, Move)]
    stay = [answer for answer in answers if isinstance(answer, Stay)]
    if not moves:
        return NoChange(next((each.why for each in stay if each.why), "Nobody is to be moved."))
    if not any(_narrows(move, grant) for move in moves):
        return NoChange(_all_used(grant, binding, inventory))
    writes = (*created(moves, grant, inventory), _end(grant.binding, stay))
    policy = policy_of(inventory)
    after = policy.changed(changed_by(writes, policy))
    expected = [_expected(move, grant, inventory) for move in moves]
    told = foretell(expected, policy, after)
    if told.missing:
        return NoChange(
            f"The new role would not keep {words(told.missing[:3])}, which is used: change it by "
            "hand."
        )
    return _change(grant, moves, stay, writes, told, inventory)


def _answer(subject: o.Subject, grant: Grant, inventory: Inventory) -> Move | Stay:
    whatever = stays(subject, grant, policy_of(inventory))
    if whatever is not None:
        return whatever
    usage = inventory.facts.usage
    if usage is None or not usage.uses:
        return guessed(subject, grant, inventory)
    return shown(subject, grant, usage, inventory)


def _is_endless(grant: Grant) -> bool:
    """Whether a role, as nobody writes it by chance, would take for ever to take apart."""
    try:
        return len(rights_by([grant])) > _MOST_RIGHTS
    except TooManyRights:
        return True


def _is_from_log(grant: Grant, inventory: Inventory) -> bool:
    role = policy_of(inventory).roles.get(grant.role)
    return role is not None and FROM_LOG in role.metadata.annotation


def _narrows(move: Move, grant: Grant) -> bool:
    """Whether somebody holds less after than before, by this binding alone."""
    if move.role is not None:
        return True
    after = [
        each
        for space, rules in move.rules.items()
        for rule in rules
        for each in rights_in(rule, space)
    ]
    return bool(uncovered(rights_by([grant]), after))


def _all_used(grant: Grant, binding: o.Binding, inventory: Inventory) -> str:
    """Say why nothing can be taken out."""
    seen = used(grant.binding, binding.subjects or (), dangerous(grant, inventory), inventory)
    if seen is None and inventory.facts.usage is not None:
        return "Its role allows nothing but what the log shows as used."
    if seen is None:
        return (
            "Nothing more can be taken out of its role without an audit log, which shows what is "
            "used: give one with --audit-log."
        )
    return f"Its role allows nothing but what is used. {seen.words}"


def _end(ref: Ref, stay: list[Stay]) -> Write:
    """Delete the binding, or leave those in it that are not moved."""
    if not stay:
        return Delete(ref)
    return Patch(ref, (SetField(("subjects",), [plain(each.subject) for each in stay]),))


def _expected(move: Move, grant: Grant, inventory: Inventory) -> Expected:
    """Return what one subject is to keep, and what of the old binding is to be gone."""
    bad = [each._replace(namespace=grant.namespace) for each in dangerous(grant, inventory)]
    spaces = [] if grant.namespace else [*filter(None, move.rules), _SPECIAL]
    powers = [in_power(power, grant, inventory)[:1] for power in POWERS.values()]
    there = [each._replace(namespace=space) for space in spaces for some in powers for each in some]
    old = asked_in(grant.rules, grant.namespace)
    stars = [each for each in old if "*" in (each.verb, each.resource, each.path)]
    gone = (*stars, *bad, *there, *old)
    return Expected(identity(move.subject, grant.namespace), move.kept, gone)


def _change(
    grant: Grant,
    moves: list[Move],
    stay: list[Stay],
    writes: tuple[Write, ...],
    told: Foretold,
    inventory: Inventory,
) -> Change:
    moved = [move.subject for move in moves]
    spaces = sorted({space for move in moves for space in move.rules})
    said = (
        *(sentence for move in moves for sentence in move.said),
        *kept_dangers(grant, moves, inventory),
        *whoever_applies(grant, moves),
        *unread(spaces, inventory),
        *(each.why for each in stay if each.why),
        *told.said,
    )
    return Change(
        ChangeKind.GROUP,
        _title(moved, spaces, grant),
        Risk.ACCESS,
        writes,
        basis=_basis(grant, spaces, inventory),
        rests_on=kinds.listings((*RBAC, kinds.NAMESPACES, *kinds.WORKLOADS)),
        warnings=tuple(dict.fromkeys(said)),
        reviews=told.reviews,
        shadowed=told.shadowed,
    )


def _title(moved: list[o.Subject], spaces: list[str], grant: Grant) -> str:
    if not spaces:
        return f"Take {who(moved)} out of {grant.binding.label}"
    return f"Give {who(moved)} smaller roles in place of {grant.binding.label}"


def _basis(grant: Grant, spaces: list[str], inventory: Inventory) -> dict[str, Any]:
    """Return what the change rests on beside the objects that it writes."""
    usage = inventory.facts.usage
    basis: dict[str, Any] = {
        "role": grant.role.label,
        "rules": [plain(rule) for rule in grant.rules],
        "namespaces": spaces,
    }
    if usage is not None:
        basis["log"] = {"first": usage.first, "last": usage.last, "events": usage.reading.events}
        basis["widen"] = list(inventory.facts.widen)
    return basis
