"""Calls: who calls whom in a cluster, from everything that shows it, and what nothing shows."""

from collections.abc import Callable, Iterable, Iterator
from typing import cast

from k8sharden.analysis.network.calls.config import from_config
from k8sharden.analysis.network.calls.control_plane import from_control_plane
from k8sharden.analysis.network.calls.dns import from_dns
from k8sharden.analysis.network.calls.exposed import from_exposed
from k8sharden.analysis.network.calls.found import Found
from k8sharden.analysis.network.calls.monitors import from_monitors
from k8sharden.analysis.network.calls.observed import from_flows
from k8sharden.analysis.network.calls.routes import from_routes
from k8sharden.analysis.network.calls.untold import callerless, peers, strangers
from k8sharden.analysis.network.edges import Calls, Edge, End, Evidence, EvidenceKind, Untold
from k8sharden.model.inventory import Inventory

_SOURCES: tuple[Callable[[Inventory], Iterable[Found]], ...] = (
    from_routes,
    from_monitors,
    from_control_plane,
    from_exposed,
    from_dns,
    from_config,
    strangers,
    from_flows,
)
_MOST_EVIDENCE = 10


def calls_of(inventory: Inventory) -> Calls:
    """Return who calls whom, as far as anything tells; derived once from an inventory."""
    if "calls" not in inventory.cache:
        found = (each for source in _SOURCES for each in source(inventory))
        calls = merged(found)
        more = (*callerless(calls.edges, inventory), *peers(calls.edges, inventory))
        untold = tuple(sorted((*calls.untold, *more), key=_order))
        inventory.cache["calls"] = Calls(calls.edges, untold)
    return cast("Calls", inventory.cache["calls"])


def merged(found: Iterable[Found]) -> Calls:
    """Return what was found, each edge once with all that shows it, the surest first."""
    known: dict[tuple[End, End, int, str], dict[Evidence, None]] = {}
    untold: dict[Untold, None] = {}
    for each in found:
        if isinstance(each, Untold):
            untold[each] = None
        else:
            key = (each.source, each.target, each.port, each.protocol)
            known.setdefault(key, {}).update(dict.fromkeys(each.evidence))
    return Calls(tuple(_edges(known)), tuple(sorted(untold, key=_order)))


def _edges(known: dict[tuple[End, End, int, str], dict[Evidence, None]]) -> Iterator[Edge]:
    for key in sorted(known, key=lambda key: (_end(key[0]), _end(key[1]), *key[2:])):
        evidence = sorted(known[key], key=lambda each: (_RANK[each.kind], each.said))
        yield Edge(*key, tuple(evidence[:_MOST_EVIDENCE]))


_RANK = {kind: number for number, kind in enumerate(EvidenceKind)}


def _end(end: End) -> tuple[str, ...]:
    ref = end.ref
    where = (ref.namespace, ref.kind, ref.name) if ref else ("", "", "")
    return (end.kind, *where, end.address, end.host)


def _order(each: Untold) -> tuple[str, ...]:
    about = each.about
    return (about.namespace, about.kind, about.name, each.said)
