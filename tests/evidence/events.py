"""Events of audit logs for tests, as the API server writes them (audit.k8s.io/v1)."""

import json
from collections.abc import Mapping
from typing import Any

PIPELINE = "system:serviceaccount:ci:pipeline"
UID = "625187ac-b512-562f-9160-33859c8d455d"

_EVENT: dict[str, Any] = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "8c604d8d-368c-4294-9cfa-e361b4cbbefa",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/pods/web-0",
    "verb": "get",
    "user": {
        "username": PIPELINE,
        "uid": UID,
        "groups": ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"],
    },
    "sourceIPs": ["192.0.2.7"],
    "userAgent": 'kubectl/v1.36.2 "quoted" {braces}',
    "objectRef": {"resource": "pods", "namespace": "shop", "name": "web-0", "apiVersion": "v1"},
    "responseStatus": {"metadata": {}, "code": 200},
    "requestReceivedTimestamp": "2026-11-16T08:00:00.100000Z",
    "stageTimestamp": "2026-11-16T08:00:00.200000Z",
    "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
}


def event(**changes: Any) -> dict[str, Any]:
    """Return an event with these fields in place of its own; None takes one away."""
    changed = _EVENT | changes
    return {key: value for key, value in changed.items() if value is not None}


def about(resource: str, **rest: str) -> Mapping[str, str]:
    """Return an objectRef."""
    return {"resource": resource, **rest}


def line(**changes: Any) -> bytes:
    """Return an event as a line of a log."""
    return json.dumps(event(**changes), separators=(",", ":")).encode() + b"\n"


def at(hour: int, day: int = 16) -> str:
    """Return a time."""
    return f"2026-11-{day:02}T{hour:02}:00:00.000000Z"
