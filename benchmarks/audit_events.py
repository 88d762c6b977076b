"""Generates audit logs to measure with: lines as a busy cluster writes them, always the same."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_BEGIN = datetime(2026, 11, 16, tzinfo=UTC)
_LINES = 20_000
"""Lines that differ; a longer log repeats them, as clusters do, with other names and times."""

_RESOURCES = (
    ("", "pods"), ("", "pods/log"), ("", "configmaps"), ("", "secrets"), ("", "services"),
    ("apps", "deployments"), ("apps", "replicasets"), ("batch", "jobs"),
    ("coordination.k8s.io", "leases"), ("discovery.k8s.io", "endpointslices"),
)  # fmt: skip
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")


def blocks() -> Iterator[bytes]:
    """Yield about 25 MB of lines at a time, without an end."""
    chance = random.Random(7)  # noqa: S311 - what is wanted is the same each time
    made = [_line(chance, number) for number in range(_LINES)]
    hour = 0
    while True:
        day = (_BEGIN + timedelta(hours=hour)).strftime("%Y-%m-%dT%H").encode()
        yield b"".join(made).replace(b"2026-11-16T00", day)
        hour += 1


def write(path: str, size: int) -> None:
    """Write a log of this many bytes; it ends with a whole line."""
    with open(path, "wb") as file:  # noqa: PTH123 - a path of the benchmark's own
        for block in blocks():
            left = size - file.tell()
            if len(block) >= left:
                file.write(block[: block.rfind(b"\n", 0, left) + 1])
                return
            file.write(block)


def _line(chance: random.Random, number: int) -> bytes:
    namespace = f"team-{chance.randrange(40)}"
    account = f"controller-{chance.randrange(60)}"
    group, resource = chance.choice(_RESOURCES)
    verb = chance.choice(_VERBS)
    kind, _, part = resource.partition("/")
    name = "" if verb in ("list", "watch") else f"{kind}-{chance.randrange(400)}"
    prefix = f"/apis/{group}/v1" if group else "/api/v1"
    second = number % 3600
    when = f"2026-11-16T00:{second // 60:02}:{second % 60:02}.{chance.randrange(10**6):06}Z"
    denied = chance.random() < 0.02  # a share that looks like a real one
    reason = (
        ""
        if denied
        else f'RBAC: allowed by ClusterRoleBinding "{account}" of ClusterRole "{account}" to '
        f'ServiceAccount "{account}/{namespace}"'
    )
    event = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"{chance.getrandbits(128):032x}",
        "stage": "ResponseComplete",
        "requestURI": f"{prefix}/namespaces/{namespace}/{resource}/{name}?timeout=10s",
        "verb": verb,
        "user": {
            "username": f"system:serviceaccount:{namespace}:{account}",
            "uid": f"{chance.getrandbits(128):032x}"[:8] + "-0000-4000-8000-000000000000",
            "groups": [
                "system:serviceaccounts",
                f"system:serviceaccounts:{namespace}",
                "system:authenticated",
            ],
            "extra": {
                "authentication.kubernetes.io/pod-name": [f"{account}-{chance.getrandbits(32):x}"],
                "authentication.kubernetes.io/pod-uid": [f"{chance.getrandbits(128):032x}"],
            },
        },
        "sourceIPs": [f"10.{chance.randrange(256)}.{chance.randrange(256)}.7"],
        "userAgent": f"{account}/v1.4.2 (linux/amd64) kubernetes/4f1e3c2/{account}-manager",
        "objectRef": {
            "resource": kind,
            "namespace": namespace,
            **({"name": name} if name else {}),
            **({"apiGroup": group} if group else {}),
            "apiVersion": "v1",
            **({"subresource": part} if part else {}),
        },
        "responseStatus": {"metadata": {}, "code": 403 if denied else 200},
        "requestReceivedTimestamp": when,
        "stageTimestamp": when,
        "annotations": {
            "authorization.k8s.io/decision": "forbid" if denied else "allow",
            "authorization.k8s.io/reason": reason,
        },
    }
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"
