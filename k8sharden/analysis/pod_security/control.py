"""What a control is made of: the pod it looks at, its versions, and what it answers."""

from collections.abc import Callable

import msgspec

from k8sharden.analysis.pod_security.level import Level
from k8sharden.model.meta import Meta
from k8sharden.model.pods import Container, PodSpec, visit_containers


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A pod, or a template, with its init, main and ephemeral containers in one row."""

    spec: PodSpec
    metadata: Meta
    containers: tuple[Container, ...]

    @property
    def is_windows(self) -> bool:
        """Whether ``spec.os`` says windows; a node selector does not count for the standards."""
        return self.spec.os is not None and self.spec.os.name == "windows"

    @property
    def has_user_namespace(self) -> bool:
        """Whether root in the pod is an ordinary user on the node."""
        return self.spec.host_users is False


def subject(spec: PodSpec, metadata: Meta) -> Subject:
    """Prepare a pod for evaluation by many controls."""
    return Subject(spec, metadata, tuple(seen.container for seen in visit_containers(spec)))


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why a pod is not admitted, in the words that the API server uses.

    ``containers`` names those at fault; it is empty where the pod or its volumes are.
    """

    reason: str
    detail: str
    containers: tuple[str, ...] = ()


Check = Callable[[Subject], Refusal | None]
"""One version of a control: None where the pod is admitted."""


class Control(msgspec.Struct, frozen=True):
    """A control with each of its versions as (first minor version of Kubernetes, check), ascending.

    ``overrides`` names the weaker baseline control that a restricted one stands in for.
    """

    id: str
    level: Level
    versions: tuple[tuple[int, Check], ...]
    overrides: str = ""

    def at(self, minor: int) -> Check | None:
        """Return the check of Kubernetes 1.``minor``, None where the control is younger."""
        found = [check for first, check in self.versions if first <= minor]
        return found[-1] if found else None
