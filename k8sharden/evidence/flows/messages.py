"""The messages of Hubble's observer: only the fields that say who called whom.

Sources: cilium/cilium, api/v1/flow/flow.proto and api/v1/observer/observer.proto.
"""

import msgspec


class Workload(msgspec.Struct, frozen=True, gc=False):
    """What made a pod."""

    name: str = ""
    kind: str = ""


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """One end: a pod, or in ``identity`` what else it is; ``labels`` stay as they were written."""

    namespace: str | None = None
    pod_name: str | None = None
    identity: int | None = None
    cluster_name: str | None = None
    labels: msgspec.Raw = msgspec.Raw()
    workloads: list[Workload] | None = None


class IP(msgspec.Struct, frozen=True, gc=False):
    """The addresses of both ends."""

    source: str | None = None
    destination: str | None = None


class Flags(msgspec.Struct, frozen=True, gc=False, rename="upper"):
    """Those of TCP's flags that tell who began."""

    syn: bool = False
    ack: bool = False


class Ports(msgspec.Struct, frozen=True, gc=False):
    """The ports of both ends; over TCP also the flags."""

    source_port: int = 0
    destination_port: int = 0
    flags: Flags | None = None


class Layer4(msgspec.Struct, frozen=True, gc=False, rename="upper"):
    """The protocol, by the field that there is."""

    tcp: Ports | None = None
    udp: Ports | None = None
    sctp: Ports | None = None


class HTTP(msgspec.Struct, frozen=True, gc=False):
    """A request, or its answer."""

    url: str | None = None


class Layer7(msgspec.Struct, frozen=True, gc=False):
    """What a proxy saw; ``type`` is REQUEST or RESPONSE."""

    type: str | int | None = None
    http: HTTP | None = None


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """A time, as the first versions printed it."""

    seconds: int | str = 0


class Bool(msgspec.Struct, frozen=True, gc=False):
    """A wrapped truth, as the first versions printed it."""

    value: bool = False


class Flow(msgspec.Struct, frozen=True, gc=False):
    """A flow."""

    verdict: str | int | None = None
    ip: IP | None = msgspec.field(name="IP", default=None)
    l4: Layer4 | None = None
    l7: Layer7 | None = None
    source: Endpoint | None = None
    destination: Endpoint | None = None
    destination_names: list[str] | None = None
    source_names: list[str] | None = None
    is_reply: bool | Bool | None = None
    reply: bool | None = None
    traffic_direction: str | int | None = None
    node_name: str | None = None
    time: str | Stamp | None = None


class Losing(msgspec.Struct, frozen=True, gc=False):
    """How many events were lost."""

    num_events_lost: int | str = 0


class Line(Flow, frozen=True, gc=False):
    """A response of the observer; a bare flow has its fields here."""

    flow: Flow | None = None
    lost_events: Losing | None = None
    node_status: msgspec.Raw = msgspec.Raw()
    agent_event: msgspec.Raw = msgspec.Raw()
    debug_event: msgspec.Raw = msgspec.Raw()
