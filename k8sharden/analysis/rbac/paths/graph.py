"""The ways on from each place, under one policy, and the places that they lead to.

Identities are the nodes; what leads to many at once (any account of a namespace) is a hub, so that
ten thousand bindings make about as many ways and not a hundred million.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from k8sharden.analysis.rbac.paths.certificates import by_certificates, by_nodes_proxy, by_webhooks
from k8sharden.analysis.rbac.paths.granting import by_binding, by_escalating, by_everything
from k8sharden.analysis.rbac.paths.holdings import Roles
from k8sharden.analysis.rbac.paths.impersonating import by_impersonation
from k8sharden.analysis.rbac.paths.places import (
    EVERYTHING,
    Anywhere,
    Fan,
    Hub,
    Inside,
    OnNode,
    Seat,
    Whole,
    only,
)
from k8sharden.analysis.rbac.paths.pods import UNREAD, by_entering, by_pods, by_templates
from k8sharden.analysis.rbac.paths.tokens import by_namesakes, by_secrets, by_tokens
from k8sharden.analysis.rbac.paths.ways import Ways
from k8sharden.analysis.rbac.paths.world import World, why_node, world_of
from k8sharden.analysis.rbac.policy import Policy, policy_of
from k8sharden.analysis.rbac.subjects import (
    ACCOUNTS,
    AUTHENTICATED,
    UNAUTHENTICATED,
    ServiceAccount,
    identity_of,
)
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.model.inventory import Inventory

_STEPS: tuple[Callable[[Ways], Iterator[Fan]], ...] = (
    by_impersonation,
    by_tokens,
    by_binding,
    by_escalating,
    by_pods,
    by_templates,
    by_entering,
    by_secrets,
    by_namesakes,
    by_nodes_proxy,
    by_certificates,
    by_webhooks,
)


Known = dict[Anywhere, tuple[Fan, ...]]


class Graph:
    """Who becomes whom under one policy; worked out as far as it is asked for."""

    def __init__(self, policy: Policy, world: World, known: Known | None = None) -> None:
        self.policy = policy
        self.world = world
        self.roles = Roles(policy)
        self._fans: dict[Anywhere, tuple[Fan, ...]] = known or {}
        self._members: dict[Hub, tuple[Anywhere, ...]] = {}

    def changed(self, policy: Policy, touched: frozenset[str]) -> "Graph":
        """Return the same cluster where the bindings of these subjects, by key, have changed.

        What was worked out for others is kept, unless it depends on bindings as such.
        """
        kept = {place: fans for place, fans in self._fans.items() if _stays(place, fans, touched)}
        return Graph(policy, self.world, kept)

    def gains(self, seat: Seat) -> bool:
        """Whether somebody was given more than everybody has, or more on the way that leads on.

        What counts for some requests only is worth what it leads to.
        """
        if seat.through is not None:
            return False
        if seat.extra:
            return any(not hold.grant.binding.name for hold in self.roles.holdings(seat).all)
        who = seat.who
        broad = (f"Group {name}" for name in (AUTHENTICATED, UNAUTHENTICATED, ACCOUNTS))
        return any(map(self.policy.names, set(who.principals()) - set(broad)))

    def fans(self, place: Anywhere) -> tuple[Fan, ...]:
        """Return the ways on from a place, the strongest first."""
        if place not in self._fans:
            self._fans[place] = tuple(self._onward(place))
        return self._fans[place]

    def members(self, hub: Hub) -> tuple[Anywhere, ...]:
        """Return the places of a hub, in order."""
        if hub not in self._members:
            self._members[hub] = tuple(_MEMBERS[hub.kind](self, hub))
        return self._members[hub]

    def _onward(self, place: Anywhere) -> Iterator[Fan]:
        match place:
            case Seat():
                held = self.roles.holdings(place)
                yield from _steps(Ways(place, held, self.roles, self.policy, self.world))
            case Inside():
                yield from self._from_container(place)
            case OnNode():
                yield from self._from_node(place)
            case Whole(namespace=namespace):
                yield Fan(Hub("accounts", namespace), "runs a pod as", " ")
                if not namespace:
                    yield Fan(Hub("people"), "asks as", " ")
                if not namespace or namespace in self.world.open:
                    sure = not namespace or self.world.open[namespace]
                    may, so = "runs a privileged pod", ", so it takes over "
                    yield Fan(Hub("nodes"), may, so, note="" if sure else UNREAD)

    def _from_container(self, place: Inside) -> Iterator[Fan]:
        workload = self.world.workloads.get(place.workload)
        if workload is None:
            return
        if self.world.has_token(workload):
            seat = Seat(identity_of(account_under(workload)))
            yield Fan(only(seat), "holds a token of", " ")
        why = why_node(workload)
        nodes = frozenset(self.world.nodes_of(place.workload))
        if why and nodes:
            yield Fan(Hub("nodes", names=nodes), why, ", so whoever is inside takes over ")

    def _from_node(self, place: OnNode) -> Iterator[Fan]:
        if place.name in self.world.control_plane:
            yield Fan(only(EVERYTHING), "holds the control plane's keys and with them", " ")
        yield Fan(Hub("running", names=frozenset({place.name})), "runs a pod of", " ")


def _steps(ways: Ways) -> Iterator[Fan]:
    """Yield the ways of somebody; whoever has everything needs no other."""
    whole = tuple(by_everything(ways))
    yield from whole
    if not any(fan.to.place == EVERYTHING for fan in whole):
        for step in _STEPS:
            yield from step(ways)


def _stays(place: Anywhere, fans: tuple[Fan, ...], touched: frozenset[str]) -> bool:
    if not isinstance(place, Seat):
        return True
    return touched.isdisjoint(place.keys) and not any(fan.policy for fan in fans)


def _accounts(graph: Graph, hub: Hub) -> Iterator[Anywhere]:
    """Yield the accounts of a namespace, or of all; those that a binding names come first."""
    known = graph.world.accounts
    spaces = [hub.namespace] if hub.namespace else sorted(known)
    found = [
        account
        for space in spaces
        for account in known.get(space, ())
        if hub.names is None or account[1] in hub.names
    ]
    return map(_seat, found)


def _missing(graph: Graph, hub: Hub) -> Iterator[Anywhere]:
    """Yield the accounts that bindings name and that are not there."""
    there = {account for some in graph.world.accounts.values() for account in some}
    gone = sorted(graph.roles.accounts - there)
    return (_seat(account) for account in gone if hub.namespace in ("", account[0]))


def _running(graph: Graph, hub: Hub) -> Iterator[Anywhere]:
    """Yield the accounts of what runs on the nodes of these names, or on any."""
    names = hub.names if hub.names is not None else [node.name for node in graph.world.nodes]
    found = {account_under(work) for name in names for work in graph.world.on(name)}
    return map(_seat, sorted(found))


def _seat(account: ServiceAccount) -> Seat:
    return Seat(identity_of(account))


def _nodes(graph: Graph, hub: Hub) -> Iterator[Anywhere]:
    return (node for node in graph.world.nodes if hub.names is None or node.name in hub.names)


def _pods(graph: Graph, hub: Hub) -> Iterator[Anywhere]:
    return graph.world.inside(hub.namespace, hub.names)


def _pods_on(graph: Graph, hub: Hub) -> Iterator[Anywhere]:
    names = hub.names if hub.names is not None else [node.name for node in graph.world.nodes]
    found = {work.ref for name in names for work in graph.world.on(name)}
    return map(Inside, sorted(found))


def _people(graph: Graph, hub: Hub) -> Iterator[Anywhere]:
    """Yield the users that bindings name, and the groups where ``names`` does not say otherwise."""
    return (Seat(who) for who in graph.roles.people if who.user or hub.names is None)


def _wholes(graph: Graph, hub: Hub) -> Iterator[Anywhere]:  # noqa: ARG001 - as the others
    return (Whole(space) for space in sorted(graph.world.accounts))


def _place(graph: Graph, hub: Hub) -> Iterable[Anywhere]:  # noqa: ARG001 - as the others
    return (hub.place,) if hub.place is not None else ()


_MEMBERS: Mapping[str, Callable[[Graph, Hub], Iterable[Anywhere]]] = {
    "place": _place,
    "accounts": _accounts,
    "missing": _missing,
    "running": _running,
    "nodes": _nodes,
    "pods": _pods,
    "pods-on": _pods_on,
    "people": _people,
    "namespaces": _wholes,
}


def graph_of(inventory: Inventory) -> Graph:
    """Return the graph of what was read."""
    if "rbac-graph" not in inventory.cache:
        inventory.cache["rbac-graph"] = Graph(policy_of(inventory), world_of(inventory))
    return cast("Graph", inventory.cache["rbac-graph"])
