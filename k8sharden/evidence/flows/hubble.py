"""Reads Hubble's flows: what ``hubble observe -o json`` prints, and what its exporter writes.

Sources: cilium/cilium, api/v1/flow/flow.proto and api/v1/observer/observer.proto (the messages;
``is_reply`` is absent where it is not known); pkg/identity/numericidentity.go (the numbers of
reserved identities, and the ranges of those for CIDRs and for nodes); Protocol Buffers, ProtoJSON
(numbers of 64 bits are texts). Its first versions printed bare flows, with numbers for words.
"""

import msgspec

from k8sharden.evidence.flows.messages import (
    IP,
    Bool,
    Endpoint,
    Flow,
    Layer4,
    Line,
    Ports,
    Stamp,
    Workload,
)
from k8sharden.evidence.flows.paths import path_of
from k8sharden.evidence.flows.seen import LONGEST, PORTS, Foreign, Lost, Other, Reply, Seen
from k8sharden.evidence.flows.table import host_of
from k8sharden.evidence.tally import seconds
from k8sharden.model.decoding import decode
from k8sharden.model.flows import FlowEnd

_FORWARDED = ("FORWARDED", "REDIRECTED", "AUDIT", 1, 4, 5)
"""What went through: also to Cilium's proxy, and what a policy only audits."""
_DROPPED = ("DROPPED", 2)
_REQUEST, _RESPONSE = ("REQUEST", 1), ("RESPONSE", 2)

_RESERVED = {
    1: "host",
    2: "world",
    3: "unmanaged",
    4: "health",
    5: "init",
    6: "remote-node",
    7: "kube-apiserver",
    8: "ingress",
    9: "world",
    10: "world",
}
_CIDRS, _NODES = range(1 << 24, 1 << 25), range(1 << 25, 1 << 26)
"""Identities that a node gives to addresses outside, and to other nodes."""
_API_SERVER = b'"reserved:kube-apiserver"'
_CLUSTER = b'"k8s:io.cilium.k8s.policy.cluster='

_LASTING = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job")
"""Kinds of Kubernetes' own that make pods: the pods come and go, and their names are not kept."""

_EPHEMERAL = 32_768
"""The first of the ports from which Linux lets clients call (net.ipv4.ip_local_port_range)."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What one line says: a connection, the clusters that it names and the node that saw it."""

    seen: Seen
    clusters: tuple[str, ...]
    node: str


def told(value: bytes) -> Told:
    """Return what one value of JSON says.

    Raises `Reply`, `Other`, `Lost` or `Foreign` for what is no connection, and msgspec.MsgspecError
    for what is no JSON, or other JSON.
    """
    line = decode(value, Line)
    flow = line.flow or line
    if flow.ip is None or flow.verdict is None:
        _explain(line)
    if flow.verdict not in _FORWARDED and flow.verdict not in _DROPPED:
        raise Other
    ports, protocol = _ports(flow.l4)
    if not ports.destination_port and flow.l7 is None:
        raise Other
    if _is_reply(flow, ports):
        raise Reply
    return _told(flow, ports, protocol, line)


def _explain(line: Line) -> None:
    """Raise what it is that is no flow between addresses."""
    if line.lost_events is not None:
        raise Lost(_number(line.lost_events.num_events_lost))
    if line.flow is None and not (line.node_status or line.agent_event or line.debug_event):
        raise Foreign
    raise Other


def _ports(layer: Layer4 | None) -> tuple[Ports, str]:
    """Return the ports. Raises `Other` for what has none, such as ICMP."""
    if layer is not None:
        if layer.tcp is not None:
            return layer.tcp, "TCP"
        if layer.udp is not None:
            return layer.udp, "UDP"
        if layer.sctp is not None:
            return layer.sctp, "SCTP"
    raise Other


def _is_reply(flow: Flow, ports: Ports) -> bool:
    """Whether it is an answer. Raises `Other` where nothing tells."""
    told = flow.is_reply.value if isinstance(flow.is_reply, Bool) else flow.is_reply
    if told is not None:
        return told
    if flow.reply:
        return True
    if flow.l7 is not None and flow.l7.type in (*_REQUEST, *_RESPONSE):
        return flow.l7.type in _RESPONSE
    if ports.flags is not None:
        if ports.flags.syn:
            return ports.flags.ack
        raise Other  # In the middle of a connection: either end may have begun it.
    above = ports.source_port >= _EPHEMERAL, ports.destination_port >= _EPHEMERAL
    if not ports.source_port or above[0] == above[1]:
        raise Other
    return above[1]


def _told(flow: Flow, ports: Ports, protocol: str, line: Line) -> Told:
    clusters = _cluster(flow.source), _cluster(flow.destination)
    node = flow.node_name or line.node_name or ""
    home = _home(flow, clusters, node)
    addresses = flow.ip or IP()
    if ports.destination_port not in PORTS:
        raise Other
    seen = Seen(
        _end(flow.source, addresses.source, flow.source_names, clusters[0], home),
        _end(flow.destination, addresses.destination, flow.destination_names, clusters[1], home),
        ports.destination_port,
        protocol,
        flow.verdict in _FORWARDED,
        1,
        _when(flow.time or line.time),
        path_of(flow.l7.http.url or "") if flow.l7 is not None and flow.l7.http else "",
    )
    return Told(seen, tuple(filter(None, clusters)) or (home,), node)


def _home(flow: Flow, clusters: tuple[str, str], node: str) -> str:
    """Return the cluster in which it was seen, as its node says, or the end that is there."""
    name, slash, _ = node.partition("/")
    if slash:
        return name
    if clusters[0] == clusters[1]:
        return clusters[0]
    inward = flow.traffic_direction in ("INGRESS", 1)
    return (clusters[1] or clusters[0]) if inward else (clusters[0] or clusters[1])


def _end(
    end: Endpoint | None,
    address: str | None,
    names: list[str] | None,
    cluster: str,
    home: str,
) -> FlowEnd:
    if end is None:
        return FlowEnd(address=_short(address), host=_host(names))
    if cluster and home and cluster != home:
        return FlowEnd(address=_short(address), identity=f"cluster/{cluster}"[:LONGEST])
    if not end.namespace:
        return FlowEnd(address=_short(address), identity=_identity(end), host=_host(names))
    work = end.workloads[0] if end.workloads and len(end.workloads) == 1 else Workload()
    if work.kind in _LASTING and work.name:
        return FlowEnd(end.namespace[:LONGEST], workload=f"{work.kind}/{work.name}"[:LONGEST])
    return FlowEnd(end.namespace[:LONGEST], _short(end.pod_name))


def _identity(end: Endpoint) -> str:
    number = end.identity or 0
    if _API_SERVER in bytes(end.labels):
        return "kube-apiserver"
    if number in _CIDRS:
        return "world"
    return "remote-node" if number in _NODES else _RESERVED.get(number, "")


def _cluster(end: Endpoint | None) -> str:
    """Return the name of an end's cluster; only pods have one."""
    if end is None or not end.namespace:
        return ""
    if end.cluster_name:
        return end.cluster_name[:LONGEST]
    _, found, rest = bytes(end.labels).partition(_CLUSTER)
    return rest.partition(b'"')[0][:LONGEST].decode("utf-8", "replace") if found else ""


def _host(names: list[str] | None) -> str:
    """Return the name of an address; where it has several nobody knows which one was asked for."""
    return host_of(names[0]) if names and len(names) == 1 else ""


def _short(text: str | None) -> str:
    return text[:LONGEST] if text else ""


def _when(time: str | Stamp | None) -> float:
    if isinstance(time, Stamp):
        return float(_number(time.seconds))
    return seconds(time) if time else 0.0


def _number(value: int | str) -> int:
    """Return a number, which may stand there as a text; 0 for what is none, or below it."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 - digits that a float holds
