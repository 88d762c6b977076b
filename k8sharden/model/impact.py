"""Impact: what a change does to pods and to rights, each in a count and a sentence."""

from enum import StrEnum

import msgspec


class ImpactKind(StrEnum):
    """What is counted."""

    RESTART = "restart"
    """Pods that are replaced."""
    REFUSED = "refused"
    """Running pods that Pod Security would not admit again."""
    PERMISSIONS = "permissions"
    """Rights that a subject loses: one verb on one resource in one namespace, or in all."""
    REPLAY = "replay"
    """Requests in an audit log that would have been denied."""
    TRAFFIC = "traffic"
    """Connections that something shows to be needed and that policies would cut."""


class Impact(msgspec.Struct, frozen=True):
    """One effect of a change.

    ``count`` is exact for what was read, and None where it cannot be told; ``downtime`` is set
    where nothing may be left to answer for a while, and ``blind`` where only a scan would tell, and
    there was none. ``about`` names each connection that a sentence on traffic is about.
    """

    kind: ImpactKind
    count: int | None
    said: str
    downtime: bool = False
    blind: bool = False
    about: tuple[str, ...] = ()

    @property
    def cuts(self) -> int:
        """How many connections it cuts that something shows to be needed."""
        return (self.count or 0) if self.kind is ImpactKind.TRAFFIC else 0
