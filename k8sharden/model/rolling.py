"""A workload and its pods as the cluster reports them while it rolls: only what tells how far.

Source: the Kubernetes API reference v1.36: DeploymentStatus, StatefulSetStatus, DaemonSetStatus,
ContainerState.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.model.meta import Meta, Struct


class Condition(Struct, frozen=True):
    """A condition of a status."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""


class Terminated(Struct, frozen=True):
    """How a container ended."""

    exit_code: int = 0
    message: str = ""


class Waiting(Struct, frozen=True):
    """Why a container does not run."""

    reason: str = ""
    message: str = ""


class ContainerState(Struct, frozen=True):
    """The state of a container: at most one of these is set."""

    waiting: Waiting | None = None
    terminated: Terminated | None = None


class Container(Struct, frozen=True):
    """What the kubelet reports of a container."""

    name: str = ""
    state: ContainerState | None = None
    last_state: ContainerState | None = None


class PodStatus(Struct, frozen=True):
    """The part of a pod's status that tells why it does not get on."""

    conditions: list[Condition] | None = None
    init_container_statuses: list[Container] | None = None
    container_statuses: list[Container] | None = None

    @property
    def containers(self) -> Iterator[Container]:
        """The containers, init containers first."""
        yield from self.init_container_statuses or ()
        yield from self.container_statuses or ()


class RollingPod(Struct, frozen=True):
    """A pod of a workload."""

    metadata: Meta
    status: PodStatus | None = None


class Partition(Struct, frozen=True):
    """The parameters of a rolling update."""

    partition: int | None = None


class Strategy(Struct, frozen=True):
    """How pods are replaced."""

    type: str | None = None
    rolling_update: Partition | None = None


class RollingSpec(Struct, frozen=True):
    """The part of a workload's specification that tells how it rolls."""

    replicas: int | None = None
    paused: bool | None = None
    update_strategy: Strategy | None = None


class RollingStatus(Struct, frozen=True):
    """The counts of a Deployment, a StatefulSet or a DaemonSet, and its conditions."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_misscheduled: int = 0
    conditions: list[Condition] | None = None


class RollingMeta(Meta, frozen=True):
    """Metadata, with the number that a change of the specification raises."""

    generation: int = 0


class RollingWorkload(Struct, frozen=True):
    """A Deployment, StatefulSet or DaemonSet, by the fields that tell of its rollout."""

    metadata: RollingMeta
    kind: str = ""
    spec: RollingSpec = msgspec.field(default_factory=RollingSpec)
    status: RollingStatus = msgspec.field(default_factory=RollingStatus)

    def condition(self, name: str) -> Condition:
        """Return a condition; an empty one where there is none."""
        found = (each for each in self.status.conditions or () if each.type == name)
        return next(found, Condition())


class Seen(msgspec.Struct, frozen=True):
    """A workload with its pods at one moment.

    ``refusals`` are the messages of the events by which its controller says that it could not make
    a pod, under an identity that changes with each new one.
    """

    workload: RollingWorkload
    pods: tuple[RollingPod, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()
