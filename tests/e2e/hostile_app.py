"""A company whose cluster was filled by somebody who wants to drive the terminal of its admin.

`python -m tests.e2e.hostile_app STATE KUBECONFIG NAME [training]` starts the app on it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from k8sharden.cluster.api import Api
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.training import objects
from k8sharden.cluster.transport import Request, Response, Transport
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

    def __init__(self, inner: Transport, state: Path) -> None:
        self._inner = inner
        self._file = state / REFUSED
        self.server = "https://hostile.example" + PAYLOAD

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:
        """Answer as the cluster in memory does, or refuse."""
        if self._file.exists():
            status = int(self._file.read_text())
            said = {"kind": "Status", "message": LONG, "reason": PAYLOAD, "code": status}
            return Response(status, json.dumps(said).encode(), (PAYLOAD,))
        answer = self._inner.send(request, timeout=timeout)
        return Response(answer.status, answer.body, (*answer.warnings, PAYLOAD))


class HostilePlace(ClusterPlace):
    """That cluster, under a hostile name."""

    def __init__(self, state: Path, name: str, *, training: bool) -> None:
        self.training = training
        cluster = MemoryCluster(hostile_objects())
        super().__init__(
            Api(Refusing(cluster.transport(), state)), name, options=("--context", name)
        )


def main() -> None:
    """Run the app until it is left."""
    state, kubeconfig, name = sys.argv[1:4]
    place = HostilePlace(Path(state), name, training="training" in sys.argv[4:])
    run_app(Path(state), way=lambda: place, kubeconfig=Path(kubeconfig))


if __name__ == "__main__":
    main()
