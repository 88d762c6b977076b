"""Plays the kubelet: reports pods as running or failing, on a control plane that has no nodes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.servers.client import STRATEGIC_PATCH, Request

ROLL_OUT_SECONDS = 30.0
POLL_SECONDS = 0.05
RESTARTS = 3
Object = dict[str, Any]


class Play(Protocol):
    """Makes up the status of a pod."""

    def __call__(self, pod: Object) -> Object:
        """Make up the status."""
        ...


def running(pod: Object) -> Object:
    """A pod whose containers all run and are ready."""
    return _status(pod, "Running", ready=True, container=_running_container)


@dataclass(frozen=True, slots=True)
class Failing:
    """A pod whose containers wait for a reason such as CrashLoopBackOff."""

    reason: str
    message: str = ""

    def __call__(self, pod: Object) -> Object:
        """Make up the status."""
        phase = "Running" if self._has_run else "Pending"
        return _status(pod, phase, ready=False, container=self._container)

    @property
    def _has_run(self) -> bool:
        # Configuration and image errors keep a container from ever starting.
        return self.reason == "CrashLoopBackOff"

    def _container(self, spec: Object) -> Object:
        waiting = {"reason": self.reason, "message": self.message}
        status = _container(spec) | {
            "ready": False,
            "started": False,
            "state": {"waiting": waiting},
        }
        if self._has_run:
            ended = {"exitCode": 1, "reason": "Error", "startedAt": _now(), "finishedAt": _now()}
            status |= {"restartCount": RESTARTS, "lastState": {"terminated": ended}}
        else:
            status["imageID"] = ""
        return status


CRASH_LOOP = Failing("CrashLoopBackOff", "back-off 40s restarting failed container")
CONFIG_ERROR = Failing("CreateContainerConfigError", "container has runAsNonRoot and runs as root")


class Kubelet:
    """The nodes' part, played through the API with the rights of whoever sends the requests."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def report(self, namespace: str, play: Play = running) -> int:
        """Report every pod of a namespace that is not so yet; say how many were."""
        pods = self._request("GET", f"/api/v1/namespaces/{namespace}/pods").expect(200).json()
        return sum(self._report_pod(pod, play) for pod in pods["items"])

    def _report_pod(self, pod: Object, play: Play) -> bool:
        path = "/api/v1/namespaces/{namespace}/pods/{name}".format(**pod["metadata"])
        if "deletionTimestamp" in pod["metadata"]:
            # A pod on a node stays until its kubelet confirms that it is gone.
            self._request("DELETE", path, {"gracePeriodSeconds": 0}).expect(200, 404)
            return True
        status = play(pod)
        if _looks_like(pod["status"], status):
            return False
        answer = self._request(
            "PATCH", f"{path}/status", {"status": status}, content_type=STRATEGIC_PATCH
        )
        answer.expect(200, 404)  # deleted since it was listed
        return True

    def roll_out(self, namespace: str, deployment: str, play: Play = running) -> None:
        """Report pods until the deployment is rolled out."""
        deadline = time.monotonic() + ROLL_OUT_SECONDS
        while not self._is_rolled_out(namespace, deployment):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{namespace}/{deployment} is not rolled out")
            self.report(namespace, play)
            time.sleep(POLL_SECONDS)

    def _is_rolled_out(self, namespace: str, name: str) -> bool:
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        found = self._request("GET", path).expect(200).json()
        status, wanted = found["status"], found["spec"]["replicas"]
        counts = (status.get(f"{kind}eplicas", 0) for kind in ("r", "updatedR", "availableR"))
        seen: bool = status.get("observedGeneration") == found["metadata"]["generation"]
        return seen and all(count == wanted for count in counts)

    @contextmanager
    def at_work(self, namespace: str, play: Play = running) -> Iterator[None]:
        """Report pods in the background while the code under test waits for a rollout."""
        done = threading.Event()
        errors: list[Exception] = []

        def work() -> None:
            while not done.wait(POLL_SECONDS):
                try:
                    self.report(namespace, play)
                except Exception as error:  # noqa: BLE001 - raised where the block ends
                    errors.append(error)
                    return

        thread = threading.Thread(target=work, name=f"kubelet of {namespace}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        if errors:
            raise errors[0]


def image_id(image: str) -> str:
    """The full name with digest that a node reports for an image; made up, but always the same."""
    name, _, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # that colon was a registry's port
        repository = name
    host, slash, _ = repository.partition("/")
    if not slash:
        repository = f"docker.io/library/{repository}"
    elif not ("." in host or ":" in host or host == "localhost"):
        repository = f"docker.io/{repository}"
    return f"{repository}@{digest or 'sha256:' + hashlib.sha256(image.encode()).hexdigest()}"


class _MakeContainer(Protocol):
    def __call__(self, spec: Object) -> Object: ...


def _status(pod: Object, phase: str, *, ready: bool, container: _MakeContainer) -> Object:
    spec = pod["spec"]
    return {
        "phase": phase,
        "podIP": "10.1.0.1",
        "podIPs": [{"ip": "10.1.0.1"}],
        "startTime": _now(),
        "observedGeneration": pod["metadata"].get("generation", 1),
        "conditions": [
            _condition("PodScheduled", holds=True),
            _condition("Initialized", holds=True),
            _condition("ContainersReady", holds=ready),
            _condition("Ready", holds=ready),
        ],
        "initContainerStatuses": [_init_container(each) for each in spec.get("initContainers", [])],
        "containerStatuses": [container(each) for each in spec["containers"]],
    }


def _condition(kind: str, *, holds: bool) -> Object:
    condition = {"type": kind, "status": str(holds), "lastTransitionTime": _now()}
    return condition if holds else condition | {"reason": "ContainersNotReady"}


def _container(spec: Object) -> Object:
    image = image_id(spec["image"])
    container_id = hashlib.sha256(f"{spec['name']} {image}".encode()).hexdigest()
    return {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": image,
        "containerID": f"containerd://{container_id}",
        "restartCount": 0,
    }


def _running_container(spec: Object) -> Object:
    state = {"running": {"startedAt": _now()}}
    return _container(spec) | {"ready": True, "started": True, "state": state, "lastState": None}


def _init_container(spec: Object) -> Object:
    if spec.get("restartPolicy") == "Always":  # a sidecar goes on running
        return _running_container(spec)
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": _now(), "finishedAt": _now()}
    return _container(spec) | {"ready": True, "state": {"terminated": ended}}


def _looks_like(old: Object, new: Object) -> bool:
    return old.get("phase") == new["phase"] and _states(old) == _states(new)


def _states(status: Object) -> list[tuple[str, str, str]]:
    """What of the containers counts as a change; times alone do not."""
    rows = []
    for container in status.get("containerStatuses", []):
        kind, detail = next(iter(container["state"].items()))
        rows.append((container["image"], kind, detail.get("reason", "")))
    return rows


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
