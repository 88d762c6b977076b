"""What the kinds of step are worked out from: one seat, its rights, the policy and the world."""

from typing import NamedTuple

from k8sharden.analysis.rbac.paths.holdings import Hold, Holdings, Roles
from k8sharden.analysis.rbac.paths.places import Ask, Need, Seat
from k8sharden.analysis.rbac.paths.world import World
from k8sharden.analysis.rbac.policy import Policy


class Ways(NamedTuple):
    """A seat and what it may do."""

    seat: Seat
    held: Holdings
    roles: Roles
    policy: Policy
    world: World

    def need(self, wanted: tuple[Ask, ...], namespace: str = "", name: str = "") -> Need | None:
        """Return what gives any of these rights on an object; None where nothing does.

        Without a name it has to hold for every name, or for a new object.
        """
        for hold, need in self.held.by_binding(wanted):
            if hold.covers(name, namespace):
                return need
        return None


def scope_of(one: Hold, other: Hold) -> str | None:
    """Return where two rights hold together; empty for everywhere, None for nowhere."""
    if one.namespace and other.namespace and one.namespace != other.namespace:
        return None
    return one.namespace or other.namespace
