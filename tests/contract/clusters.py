"""What a contract test holds in its hands: one cluster, whichever it is."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from k8sharden.cluster.api import Api
from k8sharden.cluster.transport import JSON, JSON_PATCH, Request, Transport

MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
Object = dict[str, Any]
BOOKKEEPING = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "deletionTimestamp")
SETTLED_SECONDS = 10.0
T = TypeVar("T")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with its body decoded."""

    status: int
    body: Any
    warnings: tuple[str, ...]

    def expect(self, status: int) -> Any:
        """The body, if the answer has this status; otherwise fail with what was said."""
        if self.status != status:
            raise AssertionError(f"answered {self.status}, not {status}: {self.body}")
        return self.body

    @property
    def reason(self) -> str:
        """The reason of a `Status`."""
        return str(self.body.get("reason", ""))

    @property
    def message(self) -> str:
        """The sentence of a `Status`."""
        return str(self.body.get("message", ""))

    @property
    def causes(self) -> list[Object]:
        """The causes of a `Status`."""
        found: list[Object] = (self.body.get("details") or {}).get("causes") or []
        return found


class Cluster:
    """A cluster that may be shared: every test works in namespaces and names of its own."""

    def __init__(self, transport: Callable[[str], Transport], *, is_real: bool) -> None:
        self.transport = transport
        self.is_real = is_real

    def api(self, user: str = "admin") -> Api:
        """That user's client."""
        return Api(self.transport(user))

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        user: str = "admin",
        **query: str,
    ) -> Answer:
        """Send one request; bytes are sent as they stand, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(method, path, query, b"" if body is None else data, content_type, accept)
        response = self.transport(user).send(request)
        try:
            decoded = json.loads(response.body)
        except ValueError:
            decoded = response.body
        return Answer(response.status, decoded, response.warnings)

    def get(self, path: str, **options: Any) -> Answer:
        """Send a GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, body: object, **options: Any) -> Answer:
        """Send a POST."""
        return self.send("POST", path, body, **options)

    def delete(self, path: str, body: object = None, **options: Any) -> Answer:
        """Send a DELETE."""
        return self.send("DELETE", path, body, **options)

    def patch(self, path: str, *operations: object, **options: Any) -> Answer:
        """Send a JSON Patch."""
        return self.send("PATCH", path, list(operations), content_type=JSON_PATCH, **options)

    def merge(self, path: str, patch: object, **options: Any) -> Answer:
        """Send a merge patch."""
        return self.send("PATCH", path, patch, content_type=MERGE_PATCH, **options)

    def apply(self, path: str, manifest: object, manager: str, **options: Any) -> Answer:
        """Send a server-side apply."""
        options = {"fieldManager": manager, **options}
        return self.send("PATCH", path, manifest, content_type=APPLY_PATCH, **options)

    def until(self, ask: Callable[[], T], holds: Callable[[T], bool]) -> T:
        """What was answered once it holds: a real authorizer learns of bindings a moment later."""
        deadline = time.monotonic() + SETTLED_SECONDS
        while not holds(found := ask()):
            if not self.is_real or time.monotonic() > deadline:
                raise AssertionError(f"it stays {found}")
            time.sleep(0.02)
        return found

    def namespace(self, **labels: str) -> str:
        """Create a namespace for one test, and return its name."""
        name = unique("contract")
        body = {"metadata": {"name": name, "labels": labels}}
        self.post("/api/v1/namespaces", body).expect(201)
        return name


def unique(stem: str) -> str:
    """A name that no other test has."""
    return f"{stem}-{next(_numbers)}"


def at(kind: str, namespace: str = "", name: str = "") -> str:
    """The path of a collection such as ``deployments.apps``, or of one object in it."""
    plural, _, group = kind.partition(".")
    root = f"/apis/{group}/v1" if group else "/api/v1"
    return f"{root}{namespace and f'/namespaces/{namespace}'}/{plural}{name and f'/{name}'}"


def plain(value: Object) -> Object:
    """An object without the server's bookkeeping."""
    metadata = {k: v for k, v in value.get("metadata", {}).items() if k not in BOOKKEEPING}
    return value | {"metadata": metadata}


def deployment(name: str = "web", **pod: Any) -> Object:
    """A small Deployment; ``pod`` goes into the pod's spec."""
    spec = {"containers": [{"name": "web", "image": "registry.test/web:1.8"}], **pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


def pod(name: str = "web", **spec: Any) -> Object:
    """A small Pod."""
    containers = [{"name": "web", "image": "registry.test/web:1.8"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": containers, **spec},
    }


def config_map(name: str = "settings", **data: str) -> Object:
    """A small ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
