"""The paths that hold no objects: the version, metrics, flags, health and discovery.

Source: k8s.io/apiserver and k8s.io/component-base, v1.36, and the answers of a real server.
"""

from collections.abc import Callable, Mapping

from k8sharden.cluster.memory.failures import Failure, method_not_allowed, no_resource
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.transport import FLAGZ
from k8sharden.model.kinds import ResourceType

_HEALTH = ("/healthz", "/livez", "/readyz")


class Paths:
    """Answers them; ``metrics`` and ``flags`` are asked each time."""

    def __init__(
        self,
        version: str,
        metrics: Callable[[], str],
        flags: Callable[[], Mapping[str, str] | None],
    ) -> None:
        self._version = version
        self._metrics = metrics
        self._flags = flags

    def answer(self, call: Call) -> tuple[int, Object | bytes]:
        """Answer a GET of such a path."""
        path = call.request.path.rstrip("/")
        if call.request.method != "GET":
            raise method_not_allowed()
        if path in _HEALTH:
            return 200, b"ok"
        if path == "/metrics":
            return 200, self._metrics().encode()
        known: dict[str, Callable[[], Object]] = {
            "/version": self._about,
            "/flagz": lambda: self._flagz(call),
            "/api": lambda: {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": lambda: _groups(call.served),
        }
        if path in known:
            return 200, known[path]()
        return 200, _resources(path, call.served)

    def _about(self) -> Object:
        major, minor, _ = self._version.removeprefix("v").split(".", 2)
        return {"major": major, "minor": minor, "gitVersion": self._version}

    def _flagz(self, call: Call) -> Object:
        """Answer the flags, in the one machine-readable form."""
        flags = self._flags()
        if flags is None:
            raise no_resource()
        if call.request.accept.replace(" ", "") != FLAGZ:
            raise Failure(406, "NotAcceptable", "406: Not Acceptable")
        return {
            "kind": "Flagz",
            "apiVersion": "config.k8s.io/v1beta1",
            "metadata": {"name": "apiserver"},
            "flags": dict(flags),
        }


def _groups(served: tuple[ResourceType, ...]) -> Object:
    names = sorted({(kind.group, kind.version) for kind in served if kind.group})
    groups = []
    for name, version in names:
        words = {"groupVersion": f"{name}/{version}", "version": version}
        groups.append({"name": name, "versions": [words], "preferredVersion": words})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def _resources(path: str, served: tuple[ResourceType, ...]) -> Object:
    """List the resource types of a group, where the path is that of one."""
    version = path.removeprefix("/apis/") if path != "/api/v1" else "v1"
    found = [
        {
            "name": kind.plural,
            "singularName": kind.kind.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": ["create", "delete", "get", "list", "patch", "update"],
        }
        for kind in served
        if kind.api_version == version
    ]
    if not found:
        raise no_resource()
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": found,
    }
