"""How far everybody is from everything, worked out for all starts at once.

From each start alone the same places would be walked again and again. So all ways are laid out
once, and the distance is counted backwards from the goals.
"""

from collections import defaultdict, deque
from collections.abc import Iterable

from k8sharden.analysis.rbac.paths.graph import Graph
from k8sharden.analysis.rbac.paths.places import EVERYTHING, Anywhere, Hub, Whole
from k8sharden.analysis.rbac.paths.search import Hop, Trail, first_gain, ordered

_Distances = dict[Anywhere, int]


class Field:
    """All places that some starts lead to, and how far each is from the strongest reaches."""

    def __init__(self, graph: Graph, starts: Iterable[Anywhere]) -> None:
        self._graph = graph
        self._into: defaultdict[Hub, list[Anywhere]] = defaultdict(list)
        self._hubs_of: defaultdict[Anywhere, list[Hub]] = defaultdict(list)
        self._lay_out(starts)
        spaces = [place for place in self._hubs_of if isinstance(place, Whole) and place.namespace]
        self._distances = (self._back_from([EVERYTHING]), self._back_from(spaces))
        self._next: tuple[dict[Anywhere, Hop], ...] = ({}, {})

    def _lay_out(self, starts: Iterable[Anywhere]) -> None:
        queue = deque(dict.fromkeys(starts))
        seen = set(queue)
        while queue:
            place = queue.popleft()
            if place == EVERYTHING:
                continue
            for hub in dict.fromkeys(fan.to for fan in self._graph.fans(place)):
                if hub not in self._into:
                    for after in self._graph.members(hub):
                        self._hubs_of[after].append(hub)
                        if after not in seen:
                            seen.add(after)
                            queue.append(after)
                self._into[hub].append(place)

    def _back_from(self, goals: Iterable[Anywhere]) -> _Distances:
        queue = deque(goals)
        found = dict.fromkeys(queue, 0)
        hubs = set()
        while queue:
            place = queue.popleft()
            for hub in self._hubs_of.get(place, ()):
                # A place that is nearer has already counted all ways into this hub.
                if hub not in hubs:
                    hubs.add(hub)
                    for before in self._into[hub]:
                        if before not in found:
                            found[before] = found[place] + 1
                            queue.append(before)
        return found

    def best_trail(self, start: Anywhere) -> Trail | None:
        """Return the shortest way to the strongest reach, as `search.best_trail` does."""
        for distances, known in zip(self._distances, self._next, strict=True):
            if distances.get(start):
                return self._follow(start, distances, known)
        return first_gain(self._graph, start)

    def _follow(self, start: Anywhere, distances: _Distances, known: dict[Anywhere, Hop]) -> Trail:
        trail = [self._hop(start, distances, known)]
        while distances[trail[-1].after]:
            trail.append(self._hop(trail[-1].after, distances, known))
        return tuple(trail)

    def _hop(self, place: Anywhere, distances: _Distances, known: dict[Anywhere, Hop]) -> Hop:
        """Return the first step of a shortest way, one that rests on nothing unread if it can."""
        if place not in known:
            wanted = distances[place] - 1
            known[place] = next(
                Hop(place, fan, after)
                for fan in ordered(self._graph.fans(place))
                for after in self._graph.members(fan.to)
                if distances.get(after) == wanted
            )
        return known[place]
