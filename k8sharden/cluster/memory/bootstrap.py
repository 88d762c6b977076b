"""What a new cluster holds, and how objects come in without the checks of a write.

The roles and bindings beside this file are those that kube-apiserver v1.36 makes at its start, as
one answers them; a test compares them with a real server's.
"""

import json
from importlib import resources
from typing import Any

from k8sharden.cluster.memory import decode
from k8sharden.cluster.memory.requests import SERVED
from k8sharden.cluster.memory.schema import Undecodable
from k8sharden.cluster.memory.store import Object, new_uid, now
from k8sharden.model.kinds import EVENTS, ResourceType, find
from k8sharden.model.text import one_line

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def bootstrap() -> list[Object]:
    """Return the namespaces, roles and bindings of a new cluster."""
    file = resources.files(__package__).joinpath("bootstrap.json")
    roles: list[Object] = json.loads(file.read_text())
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in _NAMESPACES
    ]
    return namespaces + roles


def loaded(value: Object, served: tuple[ResourceType, ...] = SERVED) -> tuple[ResourceType, Object]:
    """Return an object with defaults and identity, and its type, which is one of ``served``.

    Raises ValueError for a kind that is not served, or a field of another type.
    """
    name = (str(value.get("apiVersion")), str(value.get("kind")))
    kind = EVENTS if name == (EVENTS.api_version, EVENTS.kind) else find(*name)
    if kind is None or kind not in served:
        raise ValueError(f"{one_line(' '.join(name), 200)} is not served by the cluster in memory.")
    try:
        read, _ = decode.typed(kind, json.loads(json.dumps(value)))
    except Undecodable as error:
        raise ValueError(f"{kind.kind} cannot be loaded: {error}") from error
    metadata: dict[str, Any] = read["metadata"]
    if not kind.namespaced:
        metadata.pop("namespace", None)
    elif not metadata.get("namespace"):
        metadata["namespace"] = "default"
    metadata.setdefault("uid", new_uid())
    metadata.setdefault("creationTimestamp", now())
    return kind, read
