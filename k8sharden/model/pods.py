"""Pod specifications: the fields that Pod Security, images and runtime checks look at.

Source: the Kubernetes API reference, v1.36 (PodSpec, Container, SecurityContext).
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from k8sharden.model.mentions import Mentions
from k8sharden.model.meta import Meta, Struct


class Capabilities(Struct, frozen=True):
    """Linux capabilities added to and dropped from the runtime's defaults."""

    add: list[str] | None = None
    drop: list[str] | None = None


class SeccompProfile(Struct, frozen=True):
    """``type`` is RuntimeDefault, Localhost or Unconfined."""

    type: str = ""
    localhost_profile: str | None = None


class AppArmorProfile(Struct, frozen=True):
    """``type`` is RuntimeDefault, Localhost or Unconfined."""

    type: str = ""
    localhost_profile: str | None = None


class SELinuxOptions(Struct, frozen=True):
    """The SELinux label; ``None`` and an empty string mean the same."""

    type: str | None = None
    user: str | None = None
    role: str | None = None
    level: str | None = None


class WindowsOptions(Struct, frozen=True):
    """The part of WindowsSecurityContextOptions that grants access to the node."""

    host_process: bool | None = None
    run_as_user_name: str | None = None


class Sysctl(Struct, frozen=True):
    """A kernel parameter."""

    name: str = ""
    value: str = ""


class SecurityContext(Struct, frozen=True):
    """The security context of a container."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    read_only_root_filesystem: bool | None = None
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    capabilities: Capabilities | None = None
    proc_mount: str | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_options: SELinuxOptions | None = msgspec.field(name="seLinuxOptions", default=None)
    windows_options: WindowsOptions | None = None


class PodSecurityContext(Struct, frozen=True):
    """The security context of a pod, which containers inherit where they set none."""

    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    fs_group: int | None = None
    fs_group_change_policy: str | None = None
    supplemental_groups: list[int] | None = None
    supplemental_groups_policy: str | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_options: SELinuxOptions | None = msgspec.field(name="seLinuxOptions", default=None)
    se_linux_change_policy: str | None = msgspec.field(name="seLinuxChangePolicy", default=None)
    sysctls: list[Sysctl] | None = None
    windows_options: WindowsOptions | None = None


class Port(Struct, frozen=True):
    """A container's port; ``host_port`` is not 0 where it is bound on the node."""

    name: str | None = None
    container_port: int = 0
    host_port: int | None = None
    host_ip: str | None = msgspec.field(name="hostIP", default=None)
    protocol: str | None = None


class HostAction(Struct, frozen=True):
    """An HTTP GET or TCP connection; ``host`` is set where it leaves the pod."""

    host: str | None = None


class Handler(Struct, frozen=True):
    """A probe or a lifecycle hook."""

    http_get: HostAction | None = None
    tcp_socket: HostAction | None = None


class Lifecycle(Struct, frozen=True):
    """The hooks of a container."""

    post_start: Handler | None = None
    pre_stop: Handler | None = None


class VolumeMount(Struct, frozen=True):
    """Where a volume appears in a container."""

    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None
    sub_path: str | None = None
    mount_propagation: str | None = None


class Resources(Struct, frozen=True):
    """Requests and limits; a quantity may be written as a number."""

    limits: dict[str, str | int | float] | None = None
    requests: dict[str, str | int | float] | None = None


class KeySource(Struct, frozen=True):
    """Where an environment variable takes its value from; only the kind of source is kept."""

    secret_key_ref: dict[str, Any] | None = None
    config_map_key_ref: dict[str, Any] | None = None
    field_ref: dict[str, Any] | None = None


class EnvVar(Struct, frozen=True):
    """An environment variable. Of its value only the hosts are kept, since it may be a secret."""

    name: str = ""
    value: Mentions | None = None
    value_from: KeySource | None = None


class EnvSource(Struct, frozen=True):
    """A ConfigMap or a Secret whose keys all become environment variables."""

    config_map_ref: dict[str, Any] | None = None
    secret_ref: dict[str, Any] | None = None


class Container(Struct, frozen=True):
    """A container of any of the three lists."""

    name: str = ""
    image: str = ""
    image_pull_policy: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    working_dir: str | None = None
    ports: list[Port] | None = None
    env: list[EnvVar] | None = None
    env_from: list[EnvSource] | None = None
    volume_mounts: list[VolumeMount] | None = None
    volume_devices: list[dict[str, Any]] | None = None
    resources: Resources | None = None
    security_context: SecurityContext | None = None
    liveness_probe: Handler | None = None
    readiness_probe: Handler | None = None
    startup_probe: Handler | None = None
    lifecycle: Lifecycle | None = None
    restart_policy: str | None = None

    @property
    def security(self) -> SecurityContext:
        """The security context, empty where none is set."""
        return self.security_context or _NO_CONTEXT


class Volume(msgspec.Struct, frozen=True):
    """A volume: its name, and what it is made from as the API writes it."""

    name: str
    sources: dict[str, Any]

    @property
    def host_path(self) -> str | None:
        """The node's folder for a hostPath volume, otherwise None."""
        source = self.sources.get("hostPath")
        return str(source.get("path", "")) if isinstance(source, dict) else None


class OS(Struct, frozen=True):
    """``spec.os``: linux or windows."""

    name: str = ""


class PodSpec(Struct, frozen=True):
    """The specification of a pod, live or as a template."""

    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    ephemeral_containers: list[Container] | None = None
    raw_volumes: list[dict[str, Any]] | None = msgspec.field(name="volumes", default=None)
    security_context: PodSecurityContext | None = None
    service_account_name: str | None = None
    automount_service_account_token: bool | None = None
    host_network: bool | None = None
    host_pid: bool | None = msgspec.field(name="hostPID", default=None)
    host_ipc: bool | None = msgspec.field(name="hostIPC", default=None)
    host_users: bool | None = None
    share_process_namespace: bool | None = None
    node_name: str | None = None
    dns_policy: str | None = None
    hostname: str | None = None
    subdomain: str | None = None
    node_selector: dict[str, str] | None = None
    resources: Resources | None = None
    os: OS | None = None

    def __post_init__(self) -> None:
        """Refuse volumes of a wrong type, which a dictionary would let through.

        Raises TypeError, which makes decoding fail with the place of the pod's specification.
        """
        for number, raw in enumerate(self.raw_volumes or ()):
            for field, value in raw.items():
                wanted = str if field == "name" else dict
                if value is not None and not isinstance(value, wanted):
                    raise TypeError(f"`volumes[{number}].{field}` is of the wrong type")
            if not isinstance((raw.get("hostPath") or {}).get("path", ""), str):
                raise TypeError(f"`volumes[{number}].hostPath.path` is of the wrong type")

    @property
    def security(self) -> PodSecurityContext:
        """The pod's security context, empty where none is set."""
        return self.security_context or _NO_POD_CONTEXT

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The volumes, each with its sources."""
        return tuple(
            Volume(raw.get("name") or "", {k: v for k, v in raw.items() if k != "name"})
            for raw in self.raw_volumes or ()
        )

    @property
    def is_windows(self) -> bool:
        """Whether the pod is meant for Windows nodes, by ``spec.os`` or by its node selector."""
        if self.os is not None and self.os.name:
            return self.os.name == "windows"
        return (self.node_selector or {}).get("kubernetes.io/os") == "windows"


ContainerList = Literal["initContainers", "containers", "ephemeralContainers"]


class Visited(msgspec.Struct, frozen=True):
    """A container with the list it stands in and its place there."""

    container: Container
    list_name: ContainerList
    index: int

    @property
    def is_ephemeral(self) -> bool:
        """Ephemeral containers cannot be changed, so they are reported and never patched."""
        return self.list_name == "ephemeralContainers"


def visit_containers(spec: PodSpec) -> Iterator[Visited]:
    """Yield every init, main and ephemeral container, in the order in which they start."""
    for number, container in enumerate(spec.init_containers or ()):
        yield Visited(container, "initContainers", number)
    for number, container in enumerate(spec.containers or ()):
        yield Visited(container, "containers", number)
    for number, container in enumerate(spec.ephemeral_containers or ()):
        yield Visited(container, "ephemeralContainers", number)


class Template(Struct, frozen=True):
    """A pod template."""

    metadata: Meta = msgspec.field(default_factory=Meta)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)


_NO_CONTEXT = SecurityContext()
_NO_POD_CONTEXT = PodSecurityContext()
