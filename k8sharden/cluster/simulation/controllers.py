"""The controllers together: what is due is done, moment by moment, up to now."""

import math
from collections.abc import Callable

from k8sharden.cluster.memory.admission import Admission
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.cluster.simulation import (
    daemonsets,
    deployments,
    garbage,
    kubelet,
    replicasets,
    statefulsets,
    times,
)
from k8sharden.cluster.simulation.images import Images
from k8sharden.cluster.simulation.world import World
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

_MOMENTS = 500
_ROUNDS = 20

_CONTROLLERS: tuple[tuple[ResourceType, Callable[[World, Object], None]], ...] = (
    (kinds.DEPLOYMENTS, deployments.roll),
    (kinds.REPLICA_SETS, replicasets.keep),
    (kinds.STATEFUL_SETS, statefulsets.keep),
    (kinds.DAEMON_SETS, daemonsets.keep),
)


class Controllers:
    """Brings the objects of a store to where controllers and kubelets would have them.

    ``clock`` gives the time in seconds since 1970, and ``images`` what programs do.
    """

    def __init__(
        self, store: Store, admission: Admission, images: Images, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._admission = admission
        self._images = images
        self._clock = clock
        self._version = -1
        self._due = self._refresh = math.inf
        # What was kept goes on from the last thing that happened in it, not from today.
        self._at = min(_latest(store), int(clock()))

    def act(self) -> None:
        """Do all that is due by now. Call it before each request, and with its lock held."""
        now = max(self._at, int(self._clock()))
        if self._version != self._store.version:
            # What was written since was written when this was last called.
            self._moment(self._at)
        for _ in range(_MOMENTS):
            if self._due > now:
                break
            self._moment(int(self._due))
        if self._refresh <= now:
            self._moment(now)
        self._version = self._store.version
        self._at = now

    def _moment(self, at: int) -> None:
        """Let everybody act at one moment, until nobody has anything left to do."""
        for _ in range(_ROUNDS):
            before = self._store.version
            world = World(self._store, self._admission, self._images, at)
            # The pods first: a rollout that waited for them has moved on, and is not late.
            kubelet.run(world)
            for kind, act in _CONTROLLERS:
                for value in self._store.of(kind):
                    if "deletionTimestamp" not in value["metadata"]:
                        act(world, value)
            garbage.collect(world)
            self._due, self._refresh = world.due, world.refresh
            if self._store.version == before:
                return


def _latest(store: Store) -> int:
    """Return when something last happened in a cluster: something was made, or got on."""
    found = [0]
    for kind, _ in (*_CONTROLLERS, (kinds.PODS, None)):
        for value in store.of(kind):
            found.append(times.read(value["metadata"].get("creationTimestamp") or ""))
            for each in (value.get("status") or {}).get("conditions") or ():
                found.append(times.read(each.get("lastUpdateTime") or ""))
                found.append(times.read(each.get("lastTransitionTime") or ""))
    return max(found)
