"""A company whose cluster was filled by somebody who wants to drive the terminal of its admin.

`python -m tests.e2e.hostile_app STATE KUBECONFIG NAME [training]` starts the app on it.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from k8sharden.cluster.api import Api
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.training import objects
from k8sharden.cluster.training.running import SERVED
from k8sharden.cluster.transport import Request, Response
from k8sharden.places.cluster import ClusterPlace
from screens.app import run_app

PARTS = (
    "\x1b]0;PWNED\x07",
    "\x1b]52;c;UFdORUQ=\x07",
    "\x1b]8;;https://pwned.example\x07",
    "\x1b[31337m",
    "\x9b31m",
    "\x9d0;PWNED\x9c",
    "[@click=app.quit]xxxxxxxx[/]",
    "[/nope][red]",
    "\u202egnp.\u2066\u200b",
    "\r\n",
)
PAYLOAD = "".join(PARTS)
NAME = PAYLOAD.replace("/", "|")
"""The same as the name of an RBAC object, which may hold anything but a slash and a percent."""

LONG = PAYLOAD + "A" * 1_000_000
REFUSED = "refused"
"""While a file of this name lies in the state folder, the server answers with the status in it."""

DRIFTED = "drifted"
"""Once a file of this name lies there, somebody has spoilt what was written to the namespaces."""

_WRITTEN = "pod-security.kubernetes.io/"


def hostile_kubeconfig(folder: Path) -> str:
    """Write a kubeconfig whose every name is hostile, and return its path."""
    path = folder / "config"
    name = {"name": PAYLOAD}
    context = {"cluster": PAYLOAD, "user": PAYLOAD, "namespace": PAYLOAD}
    path.write_text(
        json.dumps(
            {
                "current-context": PAYLOAD,
                "clusters": [name | {"cluster": {"server": f"https://127.0.0.1:1/{PAYLOAD}"}}],
                "users": [name | {"user": {"token": "t"}}],
                "contexts": [
                    name | {"context": context},
                    {"name": LONG, "context": {"cluster": LONG, "user": LONG, "namespace": LONG}},
                ],
            }
        )
    )
    return str(path)


def hostile_objects() -> list[dict[str, Any]]:
    """Return the training cluster's objects, spoilt wherever a text can be put."""
    found = objects()
    for each in found:
        metadata = each["metadata"]
        metadata["annotations"] = (metadata.get("annotations") or {}) | {"hostile": PAYLOAD}
        if each["kind"] == "ClusterRoleBinding":
            _spoil_binding(each)
        if each["kind"] == "Deployment" and metadata["namespace"] in ("shop", "office"):
            _spoil_workload(each)
    return found


def _spoil_binding(binding: dict[str, Any]) -> None:
    binding["metadata"]["name"] += NAME
    for subject in binding.get("subjects") or ():
        if subject["kind"] != "ServiceAccount":
            subject["name"] += LONG


def _spoil_workload(workload: dict[str, Any]) -> None:
    template = workload["spec"]["template"]
    workload["metadata"]["annotations"]["long"] = LONG
    template["metadata"]["annotations"] = {"hostile": PAYLOAD}
    template["metadata"]["labels"]["hostile"] = PAYLOAD
    for container in template["spec"]["containers"]:
        container["image"] += PAYLOAD
        container["args"] = [LONG]
        container["env"] = [*container.get("env", []), {"name": PAYLOAD, "value": PAYLOAD}]
        if workload["metadata"]["name"] == "web":
            container["name"] += PAYLOAD


class Refusing:
    """A server that says hostile things: with each answer, and where it refuses."""

    fingerprint = "hostile"

    def __init__(self, cluster: MemoryCluster, state: Path) -> None:
        self._cluster = cluster
        self._inner = cluster.transport()
        self._file = state / REFUSED
        self._drifted = state / DRIFTED
        self.server = "https://hostile.example" + PAYLOAD

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Answer as the cluster in memory does, or refuse."""
        if self._file.exists():
            status = int(self._file.read_text())
            said = {"kind": "Status", "message": LONG, "reason": PAYLOAD, "code": status}
            return Response(status, json.dumps(said).encode(), (PAYLOAD,))
        if self._drifted.exists():
            self._cluster.load(_drifted(self._cluster.objects()))
        answer = self._inner.send(request, timeout=timeout)
        return Response(answer.status, answer.body, (*answer.warnings, PAYLOAD))


def _drifted(found: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the namespaces, their Pod Security labels spoilt."""
    for each in found:
        if each["kind"] == "Namespace":
            labels = each["metadata"].get("labels") or {}
            labels |= {name: LONG for name in labels if name.startswith(_WRITTEN)}
            yield each


class HostilePlace(ClusterPlace):
    """That cluster, under a hostile name."""

    def __init__(self, state: Path, name: str, *, training: bool) -> None:
        self.training = training
        cluster = MemoryCluster(hostile_objects(), served=SERVED)
        super().__init__(Api(Refusing(cluster, state)), name, options=("--context", name))


def main() -> None:
    """Run the app until it is left."""
    state, kubeconfig, name = sys.argv[1:4]
    place = HostilePlace(Path(state), name, training="training" in sys.argv[4:])
    run_app(Path(state), way=lambda: place, kubeconfig=Path(kubeconfig))


if __name__ == "__main__":
    main()
