"""The words that cases are written in: steps, sent to each cluster in a namespace of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from k8sharden.cluster.transport import JSON, JSON_PATCH
from tests.contract.clusters import APPLY_PATCH, MERGE_PATCH, at, config_map, deployment

RBAC = "rbac.authorization.k8s.io"
REVIEWS = "/apis/authorization.k8s.io/v1"


@dataclass(frozen=True)
class Step:
    """One request; ``{ns}`` in its path or body is the case's namespace."""

    method: str
    path: str
    body: Any = None
    content_type: str = JSON
    user: str = "admin"
    query: dict[str, str] = field(default_factory=dict)
    accept: str = JSON


@dataclass(frozen=True)
class Case:
    """Steps in a namespace with these labels.

    Without ``sentences`` only status and reason of a refusal are compared: the server's sentence
    then quotes Go structs or positions that nobody reads.
    """

    name: str
    steps: tuple[Step, ...]
    labels: dict[str, str] = field(default_factory=dict)
    sentences: bool = True


def post(kind: str, body: Any, *, user: str = "admin", **query: str) -> Step:
    """Create an object in the case's namespace."""
    return Step("POST", at(kind, "{ns}"), body, user=user, query=query)


def get(kind: str, name: str = "", **query: str) -> Step:
    """Read an object, or a list, in the case's namespace."""
    return Step("GET", at(kind, "{ns}", name), query=query)


def delete(kind: str, name: str, body: Any = None, **query: str) -> Step:
    """Delete an object in the case's namespace."""
    return Step("DELETE", at(kind, "{ns}", name), body, query=query)


def patch(kind: str, name: str, *operations: Any, **query: str) -> Step:
    """Send a JSON Patch to an object in the case's namespace."""
    query = {"fieldValidation": "Strict", **query}
    return Step("PATCH", at(kind, "{ns}", name), list(operations), JSON_PATCH, query=query)


def merge(kind: str, name: str, body: Any, **query: str) -> Step:
    """Send a merge patch to an object in the case's namespace."""
    return Step("PATCH", at(kind, "{ns}", name), body, MERGE_PATCH, query=query)


def apply(kind: str, name: str, body: Any, manager: str, **query: str) -> Step:
    """Send a server-side apply to an object in the case's namespace."""
    query = {"fieldManager": manager, **query}
    return Step("PATCH", at(kind, "{ns}", name), body, APPLY_PATCH, query=query)


def to(path: str, value: Any) -> dict[str, Any]:
    """A JSON Patch operation that sets a value."""
    return {"op": "add", "path": path, "value": value}


def made(kind: str, body: Any) -> Case:
    """A case that creates an object and reads it back."""
    name = body["metadata"]["name"]
    steps = (post(kind, body, dryRun="All"), post(kind, body), get(kind, name), get(kind))
    return Case(f"create {kind} {name}", steps)


CONFIG = post("configmaps", config_map(x="1"))
WEB = post("deployments.apps", deployment())


def refused(kind: str, name: str, body: Any, *, sentences: bool = True) -> Case:
    """A case that creates an object which is refused."""
    return Case(
        f"{kind}: {name}", (post(kind, {"metadata": {"name": "z"}, **body}),), sentences=sentences
    )
