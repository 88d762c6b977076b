"""Whether a workload works on its node, and needs its network, processes or IPC.

A known agent of the nodes does; else what its containers ask for tells. This is the one judgement
that all items share. Nothing that is found here hides a finding: it holds a fix back that would
break the workload.
"""

import re
from collections.abc import Callable, Iterator

from k8sharden.analysis.capabilities import NODE, added, command_line
from k8sharden.analysis.node_agents import BUILDER, node_agents
from k8sharden.analysis.node_folders import LOGS, folder, is_nodes_own
from k8sharden.analysis.probes import own_address
from k8sharden.model.change import Edit, RemoveField
from k8sharden.model.kinds import DAEMON_SETS
from k8sharden.model.pods import Container, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

NETWORK, PROCESSES, IPC = "hostNetwork", "hostPID", "hostIPC"
FIELDS = (PROCESSES, IPC, NETWORK)
"""The fields of a pod that share a namespace of its node, the worst first."""

WARNINGS = {
    NETWORK: (
        "Needs testing: its pods get addresses of their own. Who reached them at the node's needs "
        "a Service, 127.0.0.1 is the pod, the node's address cannot be bound, NetworkPolicies "
        "begin to hold."
    ),
    PROCESSES: (
        "Needs testing: the node's processes are out of its sight. Look for tools in it that "
        "read or signal them."
    ),
    IPC: (
        "Needs testing: shared memory and semaphores of other programs on the node are out of "
        "its reach. Containers of one pod go on sharing theirs."
    ),
}
"""What to look at where a namespace of the node is taken away, by the field."""

WEB = frozenset({80, 443})
"""The ports by which browsers enter a cluster."""

_ENTERS = re.compile(r"\bnsenter\b|/proc/1/")


def shared_namespaces(workload: Workload) -> tuple[str, ...]:
    """Return the fields by which its pods share a namespace of their node."""
    spec = workload.spec
    values = {PROCESSES: spec.host_pid, IPC: spec.host_ipc, NETWORK: spec.host_network}
    return tuple(field for field in FIELDS if values[field])


def host_agents(workload: Workload) -> tuple[str, ...]:
    """Say which agents of the nodes it is known as; a builder of images is none, see BuildKit."""
    return tuple(agent for agent in node_agents(workload) if agent != BUILDER)


def exception(workload: Workload) -> str:
    """Say what to do with an agent that works on the nodes; empty where it is not known as one."""
    agents = host_agents(workload)
    if not agents:
        return ""
    what = one_line(", ".join(agents), 120)
    return f"It looks like {what}, which works on the node itself: {_APART}"


_APART = "keep it in a namespace of its own, with enforce: privileged as a stated exception."


def node_work(workload: Workload, container: Container) -> str:
    """Say by what a container works on its node, whatever it is called; empty where nothing shows.

    A DaemonSet that mounts the node's own parts does. Otherwise it takes two ways to the node of
    different kinds, since one alone may be left from a bad day: such a folder and more, or, in a
    DaemonSet, a right and a namespace. A container with neither right nor folder is left out: it
    shares what its neighbours need.
    """
    rights, folders = list(_rights(container)), list(_folders(workload, container))
    shared = shared_namespaces(workload)
    on_all_nodes = workload.ref.kind == DAEMON_SETS.kind
    enough = rights and shared if on_all_nodes and not folders else folders
    if not enough or not (on_all_nodes or rights or shared):
        return ""
    return one_line(", ".join((*rights, *shared, *folders)), 160)


def _rights(container: Container) -> Iterator[str]:
    if container.security.privileged:
        yield "privileged"
    yield from sorted(added(container) & NODE)


def _folders(workload: Workload, container: Container) -> Iterator[str]:
    paths = {volume.name: volume.host_path for volume in workload.spec.volumes}
    for mount in container.volume_mounts or ():
        path = paths.get(mount.name)
        # What writes logs there may be any program; what reads them works on the node.
        if path and is_nodes_own(path) and (mount.read_only or folder(path) is not LOGS):
            yield f"the node's {path}"


def why_apart(workload: Workload) -> str:
    """Say what to do with what works on its node, known or not; empty where nothing shows that."""
    ways = ((seen, node_work(workload, seen.container)) for seen in visit_containers(workload.spec))
    found = one_line("; ".join(f"{seen.container.name} ({by})" for seen, by in ways if by), 250)
    unknown = f"It works on the node by {found}: {_APART}" if found else ""
    return exception(workload) or unknown


def why_shared(workload: Workload) -> str:
    """Say why it needs a namespace of its node that it shares; empty where no sign is seen."""
    known = why_apart(workload)
    if known:
        return known
    shared = shared_namespaces(workload)
    return next((say for field, sign, say in _SIGNS if field in shared and sign(workload)), "")


def apart(workload: Workload, fields: tuple[str, ...]) -> Iterator[Edit]:
    """Yield what gives the pods these namespaces of their own.

    Probes that ask the loopback reached such a pod only because its network was the node's.
    """
    yield from (RemoveField((*workload.path, field)) for field in fields)
    if NETWORK in fields:
        yield from own_address(workload)


def _is_host_process(workload: Workload) -> bool:
    options = workload.spec.security.windows_options
    mine = (seen.container.security.windows_options for seen in visit_containers(workload.spec))
    return any(each is not None and each.host_process for each in (options, *mine))


def _enters_the_node(workload: Workload) -> bool:
    lines = (command_line(seen.container) for seen in visit_containers(workload.spec))
    return any(_ENTERS.search(line) for line in lines)


def _adds(workload: Workload, capability: str) -> bool:
    return any(capability in added(seen.container) for seen in visit_containers(workload.spec))


def _traces(workload: Workload) -> bool:
    return _adds(workload, "SYS_PTRACE")


def _runs_the_network(workload: Workload) -> bool:
    return _adds(workload, "NET_ADMIN")


def _is_the_way_in(workload: Workload) -> bool:
    ports = (
        port.container_port
        for seen in visit_containers(workload.spec)
        for port in seen.container.ports or ()
    )
    return workload.ref.kind == DAEMON_SETS.kind and not WEB.isdisjoint(ports)


_HOST_PROCESS = (
    "A Windows host process has to share the node's network: take hostProcess away first, if it "
    "is not needed."
)
_ENTRY = (
    "Its command enters the node through its first process: do that work in an agent in a "
    "namespace of its own, or with `kubectl debug node`."
)
_TRACING = (
    "It adds SYS_PTRACE to look into other processes: where those are its own pod's, "
    "shareProcessNamespace: true does; otherwise give it a namespace of its own."
)
_NETWORKING = (
    "It adds NET_ADMIN, so it seems to set up the node's network: give it a namespace of its "
    "own, or take the capability away first."
)
WAY_IN = (
    "It takes port 80 or 443 of every node, so it seems to be the way into the cluster: put a "
    "Service of type LoadBalancer before it, move the clients, then scan again."
)
_SIGNS: tuple[tuple[str, Callable[[Workload], bool], str], ...] = (
    (NETWORK, _is_host_process, _HOST_PROCESS),
    (PROCESSES, _enters_the_node, _ENTRY),
    (PROCESSES, _traces, _TRACING),
    (NETWORK, _runs_the_network, _NETWORKING),
    (NETWORK, _is_the_way_in, WAY_IN),
)
