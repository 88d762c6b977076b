"""Unproven passes: where policies are not enforced, none of them protects anybody.

A check that says what policies allow or forbid calls `proven`. Checks of Services, of Ingresses
and of host networks do not: what they look at holds whatever the network plug-in does.
"""

from collections.abc import Iterable, Iterator

from k8sharden.analysis.network.cni import Enforcement, State, enforcement
from k8sharden.analysis.unknown import cannot_tell
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item


def proven(item: Item, found: Iterable[Finding], inventory: Inventory) -> Iterator[Finding]:
    """Yield what a check found; where that is a pass which nothing enforces, one unknown instead.

    Nothing is added where files are judged, nor where something fails or is unknown already.
    """
    given = list(found)
    yield from given
    known = enforcement(inventory)
    if known is None or known.state is State.ENFORCED:
        return
    if not any(each.counts or each.status is Status.UNKNOWN for each in given):
        yield unproven(item, known, inventory)


def unproven(item: Item, known: Enforcement, inventory: Inventory) -> Finding:
    """Return the finding that says why a pass proves nothing."""
    return cannot_tell(
        item,
        inventory,
        f"Unproven: {known.said}",
        "enforcement",
        {"plugin": known.plugin, "state": str(known.state), "mode": known.mode},
    )
