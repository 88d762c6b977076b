"""The training cluster with a clock in the hands of a test."""

from typing import Any

from k8sharden.cluster.api import Api
from k8sharden.cluster.training import training_cluster
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType
from k8sharden.model.ref import Ref

Object = dict[str, Any]
START = 1_780_000_000.0


class Clock:
    """The time, which goes on when a test says so; in seconds."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Company:
    """Kestrel Books, and who works there."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.cluster = training_cluster(clock=self.clock)

    @property
    def api(self) -> Api:
        """Return the client of somebody who may do everything."""
        return Api(self.cluster.transport())

    def restart(self) -> None:
        """Close the app and open it again."""
        self.cluster = training_cluster(self.cluster.objects(), clock=self.clock)

    def get(self, kind: ResourceType, namespace: str, name: str) -> Object:
        """Return an object."""
        return self.api.get(kind.ref(namespace, name))

    def pods(self, namespace: str, app: str) -> list[Object]:
        """Return the pods of an application, by name."""
        return [
            each
            for each in self.cluster.objects()
            if each["kind"] == "Pod"
            and each["metadata"]["namespace"] == namespace
            and each["metadata"].get("labels", {}).get("app") == app
        ]

    def ready(self, namespace: str, app: str) -> int:
        """Return how many pods of an application are ready."""
        return sum(is_ready(pod) for pod in self.pods(namespace, app))

    def patch(self, ref: Ref, *operations: Object) -> None:
        """Send a JSON Patch."""
        self.api.patch(ref, list(operations))

    def harden(self, ref: Ref, field: str, value: object) -> None:
        """Set a field of the first container's security context."""
        path = f"/spec/template/spec/containers/0/securityContext/{field}"
        self.patch(ref, {"op": "add", "path": path, "value": value})

    def watch(self, namespace: str, app: str, seconds: int) -> list[int]:
        """Return how many pods were ready at each second of a stretch of time."""
        found = []
        for _ in range(seconds):
            self.clock.wait(1)
            found.append(self.ready(namespace, app))
        return found


def is_ready(pod: Object) -> bool:
    """Whether a pod says that it is ready."""
    return condition(pod, "Ready").get("status") == "True"


def condition(value: Object, name: str) -> Object:
    """Return a condition of an object; empty where it has none."""
    found = value["status"].get("conditions", ())
    return next((each for each in found if each["type"] == name), {})


THUMBNAILS = kinds.DEPLOYMENTS.ref("shop", "thumbnails")
ACCOUNTS = kinds.DEPLOYMENTS.ref("shop", "accounts")
