"""What in a manifest shows that a container works on the node, so that it has to be privileged."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from k8sharden.analysis.capabilities import command_line, need
from k8sharden.analysis.containers import named, path_of, verb
from k8sharden.analysis.host_access import node_work, shared_namespaces, why_shared
from k8sharden.analysis.node_agents import node_agent
from k8sharden.model.change import Edit, NoChange, RemoveField
from k8sharden.model.pods import Container, Visited
from k8sharden.model.text import one_line, sentence
from k8sharden.model.workloads import Workload

_CAPABILITIES = ("SYS_ADMIN", "SYS_MODULE", "NET_ADMIN", "SYS_TIME")
_INSTEAD = (
    "Give it the one thing that it uses instead (a capability, a CSI volume, a device plugin), or "
    "keep it in a namespace of its own whose users you trust with the nodes."
)
_SYSCTL = re.compile(r"(?:^|[\s;&|(/'\"])sysctl\s+(?:-\w+\s+)*(?:-w\s+)?[\w.]+=")


class _Pod(msgspec.Struct, frozen=True):
    """What a pod has of its node: ``shared`` in words, ``folders`` by the name of their volume."""

    shared: tuple[str, ...]
    folders: dict[str, str]


def _pod(workload: Workload) -> _Pod:
    shared = shared_namespaces(workload)
    # One step at a time: what shares its node's namespaces without a sign leaves those first.
    first = " (end that first, then scan again)" if shared and not why_shared(workload) else ""
    paths = ((volume.name, volume.host_path) for volume in workload.spec.volumes)
    return _Pod(
        tuple(f"it shares the node's {field}{first}" for field in shared),
        {name: path for name, path in paths if path is not None},
    )


def node_access(workload: Workload, container: Container) -> tuple[str, ...]:
    """Say, in a few words each, what shows that a container needs the node; empty where nothing."""
    return tuple(_signs(workload, _pod(workload), container))


def reaches_node(workload: Workload, container: Container) -> bool:
    """Whether a container has a way to its node: without one it cannot work on it, whatever it is.

    A log collector may as well receive the logs of others over the network.
    """
    return bool(container.security.privileged) or any(_ways(_pod(workload), container))


def works_on_node(workload: Workload, container: Container) -> str:
    """Say, as ``looks like …`` or ``works on …``, that a container works on its node; or nothing.

    What is known by its image has to have a way there as well.
    """
    agent = node_agent(workload, container)
    if agent and reaches_node(workload, container):
        return f"looks like {agent}"
    ways = node_work(workload, container)
    return f"works on the node by {ways}" if ways else ""


def _signs(workload: Workload, pod: _Pod, container: Container) -> Iterator[str]:
    yield from _ways(pod, container)
    agent = node_agent(workload, container)
    if agent:
        yield f"its image and name are those of {agent}"
    yield from filter(None, (need(container, each) for each in _CAPABILITIES))
    if _SYSCTL.search(command_line(container)):
        yield "sysctl sets a kernel parameter"


def _ways(pod: _Pod, container: Container) -> Iterator[str]:
    yield from pod.shared
    for mount in container.volume_mounts or ():
        if mount.name in pod.folders:
            yield f"it mounts the node's {one_line(pod.folders[mount.name], 80)}"
        if mount.mount_propagation == "Bidirectional":
            yield f"it hands mounts back to the node at {one_line(mount.mount_path, 80)}"
    if container.volume_devices:
        yield "it uses a block device"


def why_on_node(workload: Workload, containers: Iterable[Visited]) -> NoChange | None:
    """Say which of these containers work on the node, and by what; None where nothing shows it."""
    pod = _pod(workload)
    signs = [(seen, tuple(_signs(workload, pod, seen.container))) for seen in containers]
    needy = [
        f"{named([seen])} needs the node: {', '.join(found)}" for seen, found in signs if found
    ]
    return NoChange(f"{one_line(sentence('; '.join(needy)), 400)}. {_INSTEAD}") if needy else None


def privileged_doubt(containers: Sequence[Visited]) -> str:
    """Say what has to be tested once these containers are privileged no more."""
    return (
        f"Needs testing: nothing in the manifest shows why {named(containers)} "
        f"{verb(containers, 'is', 'are')} privileged. Look for 'permission denied' and 'operation "
        "not permitted' in the logs."
    )


def unprivileged(workload: Workload, seen: Visited) -> Iterator[Edit]:
    """Yield the edit that takes ``privileged`` from a container that has it."""
    if seen.container.security.privileged:
        yield RemoveField(path_of(workload, seen, "securityContext", "privileged"))
