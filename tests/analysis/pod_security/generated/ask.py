"""What a real API server says of many pods: one namespace that enforces a level, and dry runs."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import urllib3

from k8sharden.analysis.pod_security import PREFIX, Level
from tests.servers.client import JSON, STRATEGIC_PATCH
from tests.servers.control_plane import ControlPlane

Json = dict[str, Any]

IMAGE = "registry.kestrel.example/shop/web:1.8"
CONNECTIONS = 4
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Said:
    """What the server says of a pod: refused in these words, or no pod at all, or neither."""

    refusal: str = ""
    invalid: str = ""


def ask(
    server: ControlPlane, pods: Sequence[Json], level: Level, version: str = LATEST
) -> list[Said]:
    """Return what the server says of each pod in a namespace that enforces a level.

    Nothing is created but what is needed to ask of ephemeral containers, which come to pods that
    run already: these are made before the level is enforced.
    """
    place = _Place(server, level, version)
    with ThreadPoolExecutor(CONNECTIONS) as workers:
        made = dict(zip(map(_name, pods), workers.map(place.prepare, pods), strict=True))
        place.enforce()
        return list(workers.map(lambda pod: place.said(pod, made[_name(pod)]), pods))


class _Place:
    """A namespace in which pods are asked about."""

    def __init__(self, server: ControlPlane, level: Level, version: str) -> None:
        self._server, self._level = server, level
        self._labels = {f"{PREFIX}enforce": str(level), f"{PREFIX}enforce-version": version}
        self._namespace = server.create_namespace()
        self._path = f"/api/v1/namespaces/{self._namespace}/pods"
        self._http = _connections(server)

    def prepare(self, pod: Json) -> str:
        """Create the pod that ephemeral containers will come to; say why it cannot be."""
        if not pod["spec"].get("ephemeralContainers"):
            return ""
        spec = {key: value for key, value in pod["spec"].items() if key != "ephemeralContainers"}
        answer = self._send("POST", self._path, runnable({**pod, "spec": spec}))
        return _said(answer).invalid

    def enforce(self) -> None:
        """Begin to enforce the level, and wait until the server does."""
        body = {"metadata": {"labels": self._labels}}
        answer = self._send("PATCH", f"/api/v1/namespaces/{self._namespace}", body, STRATEGIC_PATCH)
        assert answer.status == 200, answer.data
        if self._level is Level.PRIVILEGED:
            return
        bad = {
            "metadata": {"name": "bad"},
            "spec": {"containers": [{"name": "c"}], "hostPID": True},
        }
        self._server.wait_until(lambda: bool(self.said(bad, "").refusal), "the level is enforced")

    def said(self, pod: Json, invalid: str) -> Said:
        """Return what the server says of one pod."""
        if invalid:
            return Said(invalid=invalid)
        late = [{"image": IMAGE, **each} for each in pod["spec"].get("ephemeralContainers") or ()]
        if not late:
            return _said(
                self._send("POST", f"{self._path}?dryRun=All&fieldValidation=Strict", runnable(pod))
            )
        path = f"{self._path}/{_name(pod)}/ephemeralcontainers?dryRun=All"
        body = {"spec": {"ephemeralContainers": late}}
        return _said(self._send("PATCH", path, body, STRATEGIC_PATCH))

    def _send(
        self, method: str, path: str, body: Json, content_type: str = JSON
    ) -> urllib3.BaseHTTPResponse:
        return _send(self._http, self._server, method, path, body, content_type)


def runnable(pod: Json) -> Json:
    """Return a pod with the images that every container must have."""
    spec = dict(pod["spec"])
    for place in ("initContainers", "containers"):
        if spec.get(place):
            spec[place] = [{"image": IMAGE, **each} for each in spec[place]]
    return {**pod, "spec": spec}


def _name(pod: Json) -> str:
    return str(pod["metadata"]["name"])


def _connections(server: ControlPlane) -> urllib3.PoolManager:
    return urllib3.PoolManager(ca_certs=str(server.ca_file), maxsize=CONNECTIONS, retries=False)


def _send(
    http: urllib3.PoolManager,
    server: ControlPlane,
    method: str,
    path: str,
    body: Json,
    content_type: str = JSON,
) -> urllib3.BaseHTTPResponse:
    headers = {"Authorization": f"Bearer {server.admin_token}", "Content-Type": content_type}
    return http.request(method, server.url + path, body=json.dumps(body), headers=headers)


def _said(answer: urllib3.BaseHTTPResponse) -> Said:
    if answer.status in {200, 201}:
        return Said()
    message = str(answer.json()["message"])
    assert answer.status in {403, 422}, message
    if answer.status == 422:
        return Said(invalid=message)
    # After: violates PodSecurity "restricted:latest":
    return Said(refusal=message.partition("violates PodSecurity")[2].partition(": ")[2])
