"""What a swap makes: a role and a binding for each namespace, shared by those who get the same."""

from collections.abc import Iterable

from k8sharden.analysis.rbac.parts import Part, creations, least_name
from k8sharden.analysis.rbac.policy import Grant, policy_of
from k8sharden.model import objects as o
from k8sharden.model.change import Create
from k8sharden.model.inventory import Inventory
from remediations.rbac.moves import Move


def created(moves: Iterable[Move], grant: Grant, inventory: Inventory) -> tuple[Create, ...]:
    """Return what is made; those who get the same share it."""
    reserved = _reserved(grant, inventory)
    several = len({_same(move) for move in moves if move.rules}) > 1
    made: dict[str, list[Move]] = {}
    for move in moves:
        if move.rules:
            made.setdefault(_same(move), []).append(move)
    created: list[Create] = []
    for some in made.values():
        first = some[0]
        name = first.name or least_name(
            f"{grant.binding.name}-{_plain_name(first.subject)}" if several else grant.binding.name
        )
        part = Part(
            tuple(move.subject for move in some), name, first.rules, dict(first.annotations),
            first.role,
        )  # fmt: skip
        fresh = creations(part, inventory, reserved)
        created += fresh
        reserved |= {write.ref.name for write in fresh}
    return tuple(created)


def _same(move: Move) -> str:
    return repr((move.rules, move.annotations, move.name, move.role))


def _plain_name(subject: o.Subject) -> str:
    """Return a subject's name as a part of an object's name."""
    known = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in subject.name)
    return known.lower().strip("-.") or "subject"


def _reserved(grant: Grant, inventory: Inventory) -> set[str]:
    """Return the names that swaps of RoleBindings want, which a cluster-wide one leaves to them."""
    if grant.namespace:
        return set()
    refs = policy_of(inventory).bindings
    return {
        least_name(ref.name) for ref in refs if ref.namespace and ref.name == grant.binding.name
    }
