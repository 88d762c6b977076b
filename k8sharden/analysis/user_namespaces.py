"""What a pod with a user namespace of its own needs: of its volumes, and of the nodes.

Source: Kubernetes documentation, "User Namespaces" (stable since 1.36, on by default since 1.33):
Linux 6.3, containerd 2.0 or CRI-O 1.25, and file systems that can map ids for a mount, as ext4,
XFS, Btrfs and tmpfs can and NFS cannot. The API server refuses it beside the node's own namespaces
and raw block devices (ValidatePodSpec).
"""

import re
from collections.abc import Iterator

from k8sharden.analysis.releases import minor
from k8sharden.model.objects import Node, NodeInfo
from k8sharden.model.pods import PodSpec, visit_containers

FIRST_STABLE = 36
"""The minor version since which a pod can count on it."""

_ON_BY_DEFAULT = 33
_KERNEL = (6, 3)
_RUNTIMES = {"containerd": (2, 0), "cri-o": (1, 25)}
_LAST_ID = 65_535
# They lie on the node's own disk or in its memory.
_LOCAL = frozenset(
    {"configMap", "downwardAPI", "emptyDir", "gitRepo", "image", "projected", "secret"}
)
_REMOTE = frozenset({"cephfs", "cifs", "glusterfs", "nfs", "quobyte"})


def is_refused(spec: PodSpec) -> bool:
    """Whether the API server refuses a user namespace to a pod like this."""
    namespaces = bool(spec.host_network or spec.host_pid or spec.host_ipc)
    return namespaces or any(seen.container.volume_devices for seen in visit_containers(spec))


def obstacles(spec: PodSpec) -> Iterator[str]:
    """Yield what in a pod does not go with a user namespace, in a few words each."""
    if any(seen.container.security.privileged for seen in visit_containers(spec)):
        yield "a privileged container, which is meant to reach the node"
    for number in dict.fromkeys(_ids(spec)):
        if number is not None and number > _LAST_ID:
            yield f"user or group {number}, which does not exist in one"
    for volume in spec.volumes:
        if volume.host_path is not None:
            yield f"volume {volume.name} is a folder of the node, whose owners it would not be"
        for source in sorted(_REMOTE & volume.sources.keys()):
            yield f"volume {volume.name} is {source}, which cannot map ids"


def _ids(spec: PodSpec) -> Iterator[int | None]:
    """Yield the users and groups that a pod and its containers name."""
    pod = spec.security
    yield from (pod.run_as_user, pod.run_as_group, pod.fs_group, *(pod.supplemental_groups or ()))
    for seen in visit_containers(spec):
        yield from (seen.container.security.run_as_user, seen.container.security.run_as_group)


def unsure_volumes(spec: PodSpec) -> tuple[str, ...]:
    """Name the volumes on file systems that nobody can see from here, such as claims."""
    listed = {volume.name for volume in spec.volumes}
    unsure = {
        volume.name
        for volume in spec.volumes
        if not volume.sources.keys() <= _LOCAL and volume.host_path is None
    }
    # A StatefulSet's claims are known from their mounts only.
    mounted = (m.name for s in visit_containers(spec) for m in s.container.volume_mounts or ())
    return tuple(sorted(unsure | {name for name in mounted if name not in listed}))


def unfit(node: Node) -> str:
    """Say why a node cannot run such a pod: ``Linux 5.15``; empty where it can or nobody knows."""
    info = node.status.node_info if node.status else None
    if info is None or info.operating_system == "windows":
        return ""
    return ", ".join(_too_old(info))


def _too_old(info: NodeInfo) -> Iterator[str]:
    kubelet = minor(info.kubelet_version)
    if kubelet is not None and kubelet < _ON_BY_DEFAULT:
        yield f"kubelet 1.{kubelet}"
    kernel = _numbers(info.kernel_version)
    if kernel and kernel < _KERNEL:
        yield f"Linux {kernel[0]}.{kernel[1]}"
    name, _, version = info.container_runtime_version.partition("://")
    found = _numbers(version)
    if found and found < _RUNTIMES.get(name, (0, 0)):
        yield f"{name} {found[0]}.{found[1]}"


def _numbers(version: str) -> tuple[int, int] | None:
    """Return the first two numbers of a version."""
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})", version)
    return (int(found[1]), int(found[2])) if found else None
