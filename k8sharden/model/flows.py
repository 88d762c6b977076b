"""Flows: connections that somebody observed, and how reading them went.

Source: Hubble's flow API (observer.proto); dropped connections are no use of the network.
"""

import msgspec


class FlowEnd(msgspec.Struct, frozen=True, order=True):
    """One end of a flow, as its source names it; each field is empty where it was not said.

    ``workload`` is ``Kind/name``. ``identity`` is a reserved one of Cilium's: world, host,
    remote-node, kube-apiserver, health, unmanaged; or ``cluster/NAME`` for an end in another
    cluster of a mesh. ``host`` is a DNS name.
    """

    namespace: str = ""
    pod: str = ""
    workload: str = ""
    address: str = ""
    identity: str = ""
    host: str = ""


class Flow(msgspec.Struct, frozen=True, order=True):
    """Connections of one source to one port of one target, as often as they were seen.

    ``forwarded`` and ``dropped`` count them; ``paths`` are HTTP paths, each once, with ``*`` for
    each part that is no word and may be a secret. ``first`` and ``last`` are in seconds since 1970,
    0 where no time was given.
    """

    source: FlowEnd
    target: FlowEnd
    port: int
    protocol: str = "TCP"
    forwarded: int = 0
    dropped: int = 0
    paths: tuple[str, ...] = ()
    first: float = 0.0
    last: float = 0.0


class FlowReading(msgspec.Struct, frozen=True):
    """How reading went, in counts of lines; ``flows`` is what was understood and used.

    ``replies`` and ``other`` were understood and are no new connection. ``malformed`` lines hold no
    flow, ``foreign`` ones are other JSON. ``lost`` flows Hubble itself says that it lost.
    ``dropped`` counts those that were understood and not kept, for there are too many kinds.
    """

    files: tuple[str, ...] = ()
    flows: int = 0
    replies: int = 0
    other: int = 0
    malformed: int = 0
    foreign: int = 0
    lost: int = 0
    dropped: int = 0
    broken: tuple[str, ...] = ()


class Flows(msgspec.Struct, frozen=True):
    """What was observed. ``first`` and ``last`` bound its window, 0 where no time was given.

    ``blind`` says, in a sentence each, what it cannot show.
    """

    flows: tuple[Flow, ...] = ()
    first: float = 0.0
    last: float = 0.0
    clusters: tuple[str, ...] = ()
    reading: FlowReading = FlowReading()
    blind: tuple[str, ...] = ()
