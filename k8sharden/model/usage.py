"""Usage: what an audit log shows that somebody asked for, and how much of a log that was.

Source: kubernetes.io, Auditing (audit.k8s.io/v1). Denied requests are no use.
"""

from collections.abc import Iterable, Mapping

import msgspec


class Use(msgspec.Struct, frozen=True):
    """One kind of request by one user, as often as it was seen.

    ``resource`` has its subresource with it: ``pods/log``; ``path`` is set for a URL instead. An
    empty ``namespace`` is the whole cluster, an empty ``name`` a list, a new object, or more names
    than were kept. ``allowed`` and ``denied`` count requests; ``first`` and ``last`` are in seconds
    since 1970.
    """

    user: str
    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    allowed: int = 0
    denied: int = 0
    first: float = 0.0
    last: float = 0.0


class Reading(msgspec.Struct, frozen=True):
    """How reading a log went, in counts of lines; ``events`` is what was understood.

    ``files`` names what was read, ``broken`` those of them whose end cannot be unpacked or read.
    ``malformed`` lines hold no event, ``truncated`` ones end too soon or begin too late,
    ``interleaved`` ones hold more than one, ``foreign`` ones are other JSON, ``oversized`` ones are
    longer than any event. ``dropped`` counts requests that were understood and not kept.
    """

    files: tuple[str, ...] = ()
    events: int = 0
    malformed: int = 0
    truncated: int = 0
    interleaved: int = 0
    foreign: int = 0
    oversized: int = 0
    dropped: int = 0
    broken: tuple[str, ...] = ()


class Usage(msgspec.Struct, frozen=True):
    """What a log shows. ``first`` and ``last`` bound its window, in seconds since 1970.

    ``groups`` are those that each user was in. ``uids`` (of service accounts, by user), ``objects``
    (uids of other objects) and ``clusters`` (names, where an export has one) tell one cluster from
    another. ``blind`` says, in a sentence each, what the log cannot show.
    """

    uses: tuple[Use, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}
    uids: Mapping[str, tuple[str, ...]] = {}
    objects: frozenset[str] = frozenset()
    clusters: tuple[str, ...] = ()
    first: float = 0.0
    last: float = 0.0
    reading: Reading = Reading()
    blind: tuple[str, ...] = ()

    def of(self, user: str) -> tuple[Use, ...]:
        """Return what one user asked for."""
        return tuple(use for use in self.uses if use.user == user)

    @property
    def names_groups(self) -> bool:
        """Whether it names the groups of anybody: what GKE exports does not."""
        return any(self.groups.values())


def has_reads(uses: Iterable[Use]) -> bool:
    """Whether anybody is seen reading objects: many audit policies leave reads out.

    A watch is no sign of it: what leaves out get and list only, as kube-audit-admin on AKS, may
    keep watches. Nor is a URL, such as /healthz.
    """
    return any(use.verb in ("get", "list") and not use.path for use in uses)
