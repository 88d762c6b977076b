"""The search: from a place over what it may do to the strongest reach, the shortest way first.

Breadth first, over identities and the few other places; each is entered once, so that cycles end.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from k8sharden.analysis.rbac.paths.graph import Graph
from k8sharden.analysis.rbac.paths.path import Path, Reach, Scope, Step
from k8sharden.analysis.rbac.paths.places import EVERYTHING, Anywhere, Fan, Seat, Whole
from k8sharden.model.text import one_line, sentence

MOST_PLACES = 20_000
"""Places that one search enters at most."""


class Hop(NamedTuple):
    """One step of a search: the way that was taken, and from where."""

    before: Anywhere
    fan: Fan
    after: Anywhere


Trail = tuple[Hop, ...]


def trail_to(graph: Graph, start: Anywhere, wanted: Callable[[Anywhere], bool]) -> Trail | None:
    """Return the shortest way to a place that is wanted; None where there is none."""
    came: dict[Anywhere, Hop] = {}
    for hop in _visited(graph, start):
        came[hop.after] = hop
        if wanted(hop.after):
            return _back(hop, came, start)
    return None


def first_gain(graph: Graph, start: Anywhere) -> Trail | None:
    """Return the shortest way to anybody who holds more than the start."""
    return trail_to(graph, start, lambda place: _rank(graph, start, place) is not None)


def ordered(fans: Iterable[Fan]) -> list[Fan]:
    """Return ways with those first that rest on nothing unread."""
    return sorted(fans, key=lambda fan: bool(fan.note))


def best_trail(graph: Graph, start: Anywhere) -> Trail | None:
    """Return the shortest way to the strongest reach that is more than the start itself.

    A subject that holds nothing of its own is no gain.
    """
    came: dict[Anywhere, Hop] = {}
    best: tuple[int, Hop] | None = None
    for hop in _visited(graph, start):
        came[hop.after] = hop
        # Once somebody is reached, only more than somebody is of interest.
        worth = best is None or isinstance(hop.after, Whole)
        rank = _rank(graph, start, hop.after) if worth else None
        if rank is not None and (best is None or rank < best[0]):
            best = rank, hop
        if hop.after == EVERYTHING:
            break
    return _back(best[1], came, start) if best else None


def _visited(graph: Graph, start: Anywhere) -> Iterator[Hop]:
    """Yield the first hop into each place, nearest first."""
    seen: set[Anywhere] = {start}
    hubs = set()
    queue: deque[Anywhere] = deque([start])
    while queue and len(seen) < MOST_PLACES:
        place = queue.popleft()
        for fan in ordered(graph.fans(place)):
            if fan.to in hubs:
                continue
            hubs.add(fan.to)
            for after in graph.members(fan.to):
                if after not in seen:
                    seen.add(after)
                    queue.append(after)
                    yield Hop(place, fan, after)


def _rank(graph: Graph, start: Anywhere, place: Anywhere) -> int | None:
    """Return how strong a place is, None where it is no gain."""
    match place:
        case Whole(namespace=namespace):
            return (Scope.NAMESPACE if namespace else Scope.CLUSTER).rank
        case Seat():
            same = isinstance(start, Seat) and start.who == place.who and not place.extra
            return Scope.SUBJECT.rank if graph.gains(place) and not same else None
    return None


def _back(last: Hop, came: dict[Anywhere, Hop], start: Anywhere) -> Trail:
    trail = [last]
    while trail[-1].before != start:
        trail.append(came[trail[-1].before])
    return tuple(trail[::-1])


def path_of(start: Anywhere, trail: Trail) -> Path:
    """Return a way as it is shown."""
    end = trail[-1].after
    clauses = [_clause(hop) for hop in trail]
    said = start.label
    for number, clause in enumerate(clauses):
        said += f"{_joint(trail[number - 1].after) if number else ' '}{clause}"
    steps = tuple(_step(hop, clause) for hop, clause in zip(trail, clauses, strict=True))
    return Path(start.label, _reach(end), steps, sentence(f"{said}."))


def _joint(place: Anywhere) -> str:
    return ", where it " if isinstance(place, Whole) else ", which "


def _step(hop: Hop, clause: str) -> Step:
    bindings = tuple(dict.fromkeys(need.grant.binding for need in hop.fan.needs))
    said = f"{hop.before.label} {clause}."
    return Step(
        hop.before.label, hop.after.label, sentence(said), bindings, one_line(hop.fan.note, 400)
    )


def _clause(hop: Hop) -> str:
    """Return what is done, by which bindings, and what it makes of whoever does it."""
    labels = dict.fromkeys(need.grant.binding.label for need in hop.fan.needs)
    by = f" ({' and '.join(labels)})" if labels else ""
    goal = f"{hop.fan.so}{hop.after.label}" if hop.fan.so else ""
    return one_line(f"{hop.fan.may}{by}{goal}", 800)


def _reach(place: Anywhere) -> Reach:
    match place:
        case Whole(namespace=namespace):
            return Reach(Scope.NAMESPACE if namespace else Scope.CLUSTER, one_line(namespace, 100))
    return Reach(Scope.SUBJECT, place.label)
