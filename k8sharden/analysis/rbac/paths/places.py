"""Where somebody stands on an escalation path: as whom, in which container, on which node."""

from typing import TypeAlias

import msgspec

from k8sharden.analysis.rbac.policy import Grant
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line


class Place(msgspec.Struct, frozen=True, cache_hash=True):
    """Base of all places; two are the same where they say the same."""


class Seat(Place, frozen=True, cache_hash=True):
    """Somebody's rights.

    ``mode`` and ``through`` are set under constrained impersonation: what is done counts only where
    ``through`` may do it on behalf of others. ``extra`` are roles that were bound on the way.
    """

    who: Identity
    mode: str = ""
    through: Identity | None = None
    extra: tuple[Ref, ...] = ()
    scope: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all subjects whose bindings count here."""
        through = self.through.subjects() if self.through else ()
        return frozenset((*self.who.subjects(), *through))

    @property
    def label(self) -> str:
        """``ServiceAccount ci/pipeline``, ``User ada with ClusterRole edit in shop``."""
        if not self.extra:
            return one_line(self.who.label, 200)
        some = " and ".join(role.label for role in self.extra[:2])
        rest = f" and {len(self.extra) - 2} more" if len(self.extra) > 2 else ""  # noqa: PLR2004 - as shown
        return f"{one_line(self.who.label, 200)} with {some}{rest}{where(self.scope)}"


class Inside(Place, frozen=True, cache_hash=True):
    """A container of a workload."""

    workload: Ref

    @property
    def label(self) -> str:
        """``a container of Deployment shop/web``."""
        return f"a container of {self.workload.label}"


class OnNode(Place, frozen=True, cache_hash=True):
    """Root on a node; in manifests, which know of none, on some node."""

    name: str

    @property
    def label(self) -> str:
        """``node worker-1``."""
        return f"node {one_line(self.name, 200)}" if self.name else "a node"


class Whole(Place, frozen=True, cache_hash=True):
    """Everything in a namespace, or in the cluster where ``namespace`` is empty."""

    namespace: str = ""

    @property
    def label(self) -> str:
        """``everything in the cluster``."""
        return f"everything in {place_of(self.namespace)}"


Anywhere: TypeAlias = Seat | Inside | OnNode | Whole

EVERYTHING = Whole()


def place_of(namespace: str) -> str:
    """Return ``namespace shop`` or ``the cluster``."""
    return f"namespace {one_line(namespace, 100)}" if namespace else "the cluster"


def where(namespace: str) -> str:
    """Return `` in shop`` or `` in every namespace``."""
    return f" in {one_line(namespace, 100)}" if namespace else " in every namespace"


class Need(msgspec.Struct, frozen=True):
    """What one binding gives that a step takes: any of ``asks`` would do, each on its own.

    Without any it is the whole role.
    """

    grant: Grant
    asks: tuple["Ask", ...] = ()


class Ask(msgspec.Struct, frozen=True, cache_hash=True):
    """A verb on a resource, subresource included."""

    verb: str
    resource: str
    group: str = ""


class Fan(msgspec.Struct, frozen=True):
    """A way on: what is allowed, by which bindings, and the places that it leads to.

    ``may`` goes on from whoever stands here, ``so`` leads to the label of where one gets to, and
    is empty where ``may`` has said it. ``note`` is what the step rests on and nobody could read.
    ``policy`` is set where it depends on the bindings of others.
    """

    to: "Hub"
    may: str
    so: str = ""
    needs: tuple[Need, ...] = ()
    note: str = ""
    policy: bool = False


class Hub(msgspec.Struct, frozen=True, cache_hash=True):
    """Places that are reached together; ``kind`` says how they are found, see `world.members`.

    ``names`` limits them, None does not.
    """

    kind: str
    namespace: str = ""
    names: frozenset[str] | None = None
    place: Anywhere | None = None
    seat: Seat | None = None


def only(place: Anywhere) -> Hub:
    """Return the hub of one place."""
    return Hub("place", place=place)
