"""From where to look: every subject that runs something or is bound, and the paths of all."""

from collections.abc import Iterable, Iterator
from typing import cast

import msgspec

from k8sharden.analysis.rbac.paths.cutting import cheapest_cut
from k8sharden.analysis.rbac.paths.field import Field
from k8sharden.analysis.rbac.paths.graph import Graph, graph_of
from k8sharden.analysis.rbac.paths.holdings import seat_keys
from k8sharden.analysis.rbac.paths.path import Cut, Path
from k8sharden.analysis.rbac.paths.places import Anywhere, Inside, Seat, Whole
from k8sharden.analysis.rbac.paths.search import Trail, best_trail, path_of, trail_to
from k8sharden.analysis.rbac.paths.world import world_of
from k8sharden.analysis.rbac.policy import RBAC, Policy
from k8sharden.analysis.rbac.subjects import (
    MASTERS,
    Identity,
    account_of,
    by_key,
    identity,
    identity_of,
)
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.analysis.system import is_system_namespace, is_system_subject
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import workloads

MOST_CUTS = 20
"""Paths of an overview that get their cut: each is tried on the whole policy."""

_NEEDED = (*RBAC, kinds.SERVICE_ACCOUNTS, kinds.SECRETS, *kinds.WORKLOADS, kinds.NAMESPACES,
           kinds.NODES)  # fmt: skip


class Escalation(msgspec.Struct, frozen=True):
    """The best path of one start, and the cheapest cut; None where no change of RBAC ends it.

    ``namespace`` is that of a service account or a workload, empty for users and groups. A cut is
    only looked for where ``tried``.
    """

    path: Path
    namespace: str = ""
    system: bool = False
    cut: Cut | None = None
    tried: bool = True


def starts(inventory: Inventory, *, system: bool = False) -> Iterator[Identity]:
    """Yield every subject that is bound, and every account that something runs under, in order.

    The cluster's own parts only with ``system``; the group system:masters never, since the API
    server lets it pass without asking.
    """
    found = {by_key(label) for label in seat_keys(graph_of(inventory).policy)}
    found |= {identity_of(account_under(each)) for each in workloads(inventory)}
    for who in sorted(found, key=lambda who: who.label):
        if MASTERS not in who.groups and (system or not is_system(who)):
            yield who


def is_system(who: Identity) -> bool:
    """Whether somebody is one of the cluster's own parts."""
    account = account_of(who.user)
    if account:
        return is_system_namespace(account[0])
    return is_system_subject(who.user or min(who.own, default=""))


def shortest(who: Identity, inventory: Inventory) -> Path | None:
    """Return the best path of a subject, cached; None where it becomes nobody."""
    known = cast("dict[Identity, Path | None]", inventory.cache.setdefault("rbac-paths", {}))
    if who not in known:
        trail = _field(inventory).best_trail(Seat(who))
        known[who] = path_of(Seat(who), trail) if trail else None
    return known[who]


def path_through(ref: Ref, subjects: Iterable[o.Subject], inventory: Inventory) -> Path | None:
    """Return the worst of the subjects' best paths that goes by a binding; None where none does."""
    known = (shortest(identity(each, ref.namespace), inventory) for each in subjects)
    through = [path for path in known if path and any(ref in step.bindings for step in path.steps)]
    return min(through, key=lambda path: path.order, default=None)


def _field(inventory: Inventory) -> Field:
    """Return how far everybody is from everything, worked out once for all."""
    if "rbac-field" not in inventory.cache:
        seats = map(Seat, starts(inventory, system=True))
        inventory.cache["rbac-field"] = Field(graph_of(inventory), seats)
    return cast("Field", inventory.cache["rbac-field"])


def worst_paths(inventory: Inventory, *, system: bool = False) -> tuple[Path, ...]:
    """Return the best path of each start, the strongest reach first and then the shortest."""
    found = (shortest(who, inventory) for who in starts(inventory, system=system))
    return tuple(sorted((path for path in found if path), key=lambda path: path.order))


def escalation(
    start: Identity | Ref, inventory: Inventory, goal: Identity | str | None = None
) -> Escalation | None:
    """Return the best path of a subject or workload with its cut, or that to one goal.

    ``goal`` is a namespace's name, empty for everything in the cluster, or somebody.
    """
    place: Anywhere = Inside(start) if isinstance(start, Ref) else Seat(start)
    trail = _trail(graph_of(inventory), place, goal)
    return _escalation(start, place, trail, inventory, goal) if trail else None


def path_under(policy: Policy, start: Identity, inventory: Inventory) -> Path | None:
    """Return the best path of a subject under other roles and bindings than were read."""
    trail = best_trail(Graph(policy, world_of(inventory)), Seat(start))
    return path_of(Seat(start), trail) if trail else None


def _escalation(
    start: Identity | Ref,
    place: Anywhere,
    trail: Trail,
    inventory: Inventory,
    goal: Identity | str | None,
    *,
    cut: bool = True,
) -> Escalation:
    def again(changed: Graph) -> Trail | None:
        return _trail(changed, place, goal)

    graph = graph_of(inventory)
    found = cheapest_cut(graph, place, trail, inventory, again) if cut else None
    return Escalation(path_of(place, trail), _home(start), _own(start), found, cut)


def _trail(graph: Graph, place: Anywhere, goal: Identity | str | None) -> Trail | None:
    if goal is None:
        return best_trail(graph, place)
    if isinstance(goal, str):
        return trail_to(graph, place, lambda each: each == Whole(goal))
    return trail_to(graph, place, lambda each: each == Seat(goal))


def _home(start: Identity | Ref) -> str:
    if isinstance(start, Ref):
        return start.namespace
    account = account_of(start.user)
    return account[0] if account else ""


def _own(start: Identity | Ref) -> bool:
    return is_system_namespace(start.namespace) if isinstance(start, Ref) else is_system(start)


def unread(inventory: Inventory) -> tuple[str, ...]:
    """Return the resource types that paths lead through and that could not all be read.

    Nodes stand in no manifest, and none is missed there.
    """
    files = inventory.source.kind is SourceKind.MANIFESTS
    wanted = [kind for kind in _NEEDED if kind is not kinds.NODES or not files]
    gaps = [kind.key for kind in wanted if not inventory.entry(kind).complete]
    odd = {each.ref.kind for each in inventory.odd}
    return tuple(dict.fromkeys(gaps + [kind.key for kind in _NEEDED if kind.kind in odd]))


def escalations(
    found: Iterable[Identity], inventory: Inventory, goal: Identity | str | None = None
) -> tuple[Escalation, ...]:
    """Return the paths of these starts, one each, worst first; the first ones with their cut."""
    graph = graph_of(inventory)
    ahead = _field(inventory).best_trail if goal is None else None
    seats = [(who, Seat(who)) for who in found]
    trails = [
        (who, seat, trail)
        for who, seat in seats
        if (trail := ahead(seat) if ahead else _trail(graph, seat, goal))
    ]
    ordered = sorted(trails, key=lambda each: path_of(each[1], each[2]).order)
    return tuple(
        _escalation(who, seat, trail, inventory, goal, cut=number < MOST_CUTS)
        for number, (who, seat, trail) in enumerate(ordered)
    )
