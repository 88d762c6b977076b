"""Volumes of a pod template: which come from a certain source, and who mounts them."""

from collections.abc import Iterable

import msgspec

from k8sharden.model.change import Named, NoChange, Path
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Volume, VolumeMount, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of


class Mounted(msgspec.Struct, frozen=True):
    """A volume with its place in the list and every mount of it.

    The kubelet leaves alone what no container mounts, so such a volume can go without effect.
    """

    volume: Volume
    index: int
    mounts: tuple[VolumeMount, ...]

    @property
    def is_unused(self) -> bool:
        """Whether no container mounts it."""
        return not self.mounts

    @property
    def is_read_only(self) -> bool:
        """Whether no container may write to it."""
        return all(mount.read_only for mount in self.mounts)


def volumes_of(workload: Workload, *sources: str) -> tuple[Mounted, ...]:
    """Return the volumes that come from one of these sources, named as the API names them."""
    return tuple(
        each
        for each in all_volumes(workload)
        if any(each.volume.sources.get(source) is not None for source in sources)
    )


def all_volumes(workload: Workload) -> tuple[Mounted, ...]:
    """Return every volume of a template, in its order."""
    mounts: dict[str, list[VolumeMount]] = {}
    for seen in visit_containers(workload.spec):
        for mount in seen.container.volume_mounts or ():
            mounts.setdefault(mount.name, []).append(mount)
    return tuple(
        Mounted(volume, index, tuple(mounts.get(volume.name, ())))
        for index, volume in enumerate(workload.spec.volumes)
    )


def mounted_unseen(
    workload: Workload, volumes: Iterable[Mounted], inventory: Inventory
) -> NoChange | None:
    """Say which volumes only containers of the running pods mount, which admission adds to them.

    Without such a volume the API server would refuse those pods. None where there is none.
    """
    mounted = {
        mount.name
        for pod in pods_of(inventory).get(workload.ref, ())
        for seen in visit_containers(pod.spec)
        for mount in seen.container.volume_mounts or ()
    }
    held = [each for each in volumes if each.is_unused and each.volume.name in mounted]
    if not held:
        return None
    return NoChange(
        f"No container of the template mounts {named_volumes(held)}, and one that admission adds "
        "to its pods does: leave the mount out there first, or no new pod is made."
    )


def volume_field(workload: Workload, volume: Mounted, field: str) -> str:
    """Write a volume's field for people: ``spec.template.spec.volumes[0].hostPath``."""
    return f"{'.'.join(map(str, workload.path))}.volumes[{volume.index}].{field}"


def volume_path(workload: Workload, volume: Mounted, *steps: str) -> Path:
    """Return the path of a volume, or of its field, for edits."""
    return (*workload.path, "volumes", Named("name", volume.volume.name), *steps)


def named_volumes(volumes: Iterable[Mounted]) -> str:
    """Write ``volume data`` or ``volumes cache, data``, within 80 characters."""
    names = [each.volume.name for each in volumes]
    return f"volume{'s' if len(names) > 1 else ''} {one_line(', '.join(names), 70)}"
