"""What is said of a swap at review, beside where its roles come from."""

from collections.abc import Iterator

from k8sharden.analysis.rbac.bindings import who
from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.patterns import words
from k8sharden.analysis.rbac.policy import Grant
from k8sharden.analysis.rbac.subjects import service_account
from k8sharden.analysis.rbac.used import used
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory
from remediations.rbac.guesses import in_power
from remediations.rbac.moves import Move, allows_everything


def kept_dangers(grant: Grant, moves: list[Move], inventory: Inventory) -> Iterator[str]:
    """Say which dangerous rights stay, since the log shows them used."""
    subjects = [move.subject for move in moves]
    left = [each for move in moves for each in move.kept]
    kinds_left = {(each.verb, each.group, each.resource) for each in left}
    for power in POWERS.values():
        requests = [
            each
            for each in in_power(power, grant, inventory)
            if (each.verb, each.group, each.resource) in kinds_left
        ]
        seen = used(grant.binding, subjects, requests, inventory) if requests else None
        if seen and seen.times:
            yield f"What stays: {who(subjects)} {power.said} ({words(requests)}). {seen.words}"


def whoever_applies(grant: Grant, moves: list[Move]) -> Iterator[str]:
    """Say what becomes of whoever applies this, where everything is taken from people."""
    people = [m.subject for m in moves if service_account(m.subject, grant.namespace) is None]
    if people and not grant.namespace and allows_everything(grant):
        yield (
            f"Make sure that somebody else holds every right: if {who(people)} is who applies "
            "this, they cannot take it back afterwards."
        )


def unread(spaces: list[str], inventory: Inventory) -> Iterator[str]:
    """Say what was not seen, and could be in the way."""
    for kind in (kinds.ROLES, kinds.ROLE_BINDINGS):
        dark = [space for space in spaces if space and not inventory.entry(kind).covers(space)]
        if dark:
            yield (
                f"{kind.kind}s of {', '.join(dark)} could not be read: one of the same name there "
                "would stop this before anything is written."
            )
    if not inventory.entry(kinds.NAMESPACES).complete and any(spaces):
        yield "Not all namespaces could be read: others may need such a Role too."
