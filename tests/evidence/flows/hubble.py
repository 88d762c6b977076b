"""Hubble's flows for tests, as its observer prints them (api/v1/flow/flow.proto)."""

import json
from collections.abc import Iterable
from typing import Any

from k8sharden.evidence.flows.read import read_flow_chunks
from k8sharden.model.flows import Flow, Flows

WEB: dict[str, Any] = {
    "ID": 1817,
    "identity": 51_230,
    "cluster_name": "books",
    "namespace": "shop",
    "labels": ["k8s:app=web", "k8s:io.cilium.k8s.policy.cluster=books"],
    "pod_name": "web-7c9d8f6b5-x2x4z",
    "workloads": [{"name": "web", "kind": "Deployment"}],
}
LEDGER: dict[str, Any] = {
    "identity": 9044,
    "namespace": "payments",
    "labels": ["k8s:app=ledger", "k8s:io.cilium.k8s.policy.cluster=books"],
    "pod_name": "ledger-0",
    "workloads": [{"name": "ledger", "kind": "StatefulSet"}],
}
WORLD: dict[str, Any] = {"identity": 2, "labels": ["reserved:world"]}
SYN: dict[str, Any] = {"SYN": True}

_FLOW: dict[str, Any] = {
    "time": "2026-11-22T08:15:30.123456789Z",
    "uuid": "ce1a3c58-1f0e-4d0a-9c58-0a4c1d2e3f40",
    "verdict": "FORWARDED",
    "ethernet": {"source": "3e:f3:66:76:a6:33", "destination": "62:90:fa:03:ca:00"},
    "IP": {"source": "10.0.1.17", "destination": "10.0.2.9", "ipVersion": "IPv4"},
    "l4": {"TCP": {"source_port": 43_210, "destination_port": 5432, "flags": SYN}},
    "source": WEB,
    "destination": LEDGER,
    "Type": "L3_L4",
    "node_name": "books/worker-1",
    "event_type": {"type": 4, "sub_type": 0},
    "traffic_direction": "INGRESS",
    "trace_observation_point": "TO_ENDPOINT",
    "is_reply": False,
    "Summary": "TCP Flags: SYN",
}


def flow(**changes: Any) -> dict[str, Any]:
    """Return a flow with these fields in place of its own; None takes one away."""
    changed = _FLOW | changes
    return {key: value for key, value in changed.items() if value is not None}


def line(**changes: Any) -> bytes:
    """Return a flow as a line of the observer."""
    return dumped({"flow": flow(**changes), "node_name": "books/worker-1"})


def dumped(value: Any) -> bytes:
    """Return a value as a line of JSON."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def tcp(port: int = 5432, source: int = 43_210, **flags: bool) -> dict[str, Any]:
    """Return the ports of a connection over TCP."""
    return {"TCP": {"source_port": source, "destination_port": port, "flags": flags}}


def read(*parts: bytes) -> Flows:
    """Read these bytes."""
    return read_flow_chunks([b"".join(parts)], "test")


def only(parts: Iterable[bytes]) -> Flow:
    """Read these bytes, which hold one kind of flow."""
    (found,) = read(*parts).flows
    return found
