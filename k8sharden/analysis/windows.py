"""Workloads for Windows that say so by their node selector only.

Pod Security and the API server's own validation go by ``spec.os.name`` alone: without it such a pod
is held to controls whose fields mean nothing on Windows. With it the API server refuses those
fields, so that whoever sets it takes them away. Source: Kubernetes documentation, "Windows security
properties"; validateWindows in the API server, v1.36.
"""

from collections.abc import Callable, Iterator

import msgspec

from k8sharden.analysis.containers import Defect, Fix, path_of, pod_field, repair
from k8sharden.model.change import Change, Edit, NoChange, Path, RemoveField, SetField
from k8sharden.model.finding import Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import PodSecurityContext, SecurityContext, Visited, visit_containers
from k8sharden.model.workloads import Workload, workloads

_OF_SPEC = ("hostPID", "hostIPC", "hostUsers", "shareProcessNamespace")
_FLAGS = ("hostPID", "hostIPC")
_OF_CONTAINERS = (
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "capabilities",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "runAsUser",
    "seLinuxOptions",
    "seccompProfile",
)
_OF_POD = (
    "appArmorProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "runAsGroup",
    "runAsUser",
    "seLinuxChangePolicy",
    "seLinuxOptions",
    "seccompProfile",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "sysctls",
)


def lacks_os(workload: Workload) -> bool:
    """Whether only the node selector says that the pods are for Windows."""
    return workload.spec.is_windows and not (workload.spec.os and workload.spec.os.name)


def held_to_linux(inventory: Inventory) -> Iterator[Workload]:
    """Yield the workloads whose pods the API server holds to the fields of Linux.

    That is all but those whose ``spec.os`` says windows, whatever their node selector says.
    """
    return (each for each in workloads(inventory) if not each.spec.is_windows or lacks_os(each))


def os_unsaid(workload: Workload, found: tuple[Visited, ...]) -> Defect:
    """Return the defect of a workload that lacks its ``spec.os``, and nothing else on Windows."""
    return Defect(
        "Pod Security takes it for Linux: only its node selector says that it is for Windows.",
        pod_field(workload, "os.name"),
        found,
        Severity.LOW,
    )


def as_windows(workload: Workload) -> Fix:
    """Return the patch that says so in ``spec.os``, without the fields that are refused there.

    Every item that judges fields of Linux gives the same one.
    """
    taken = tuple(_taken(workload))
    said = "It runs on Windows nodes, and only spec.os.name exempts it from what is of Linux."
    rest = "The fields of Linux go with it: the API server refuses them there." if taken else ""
    return Fix(
        f"Say that {workload.ref.label} is for Windows",
        # Whole, since one without a name, which an undo would leave, is refused.
        (*taken, SetField((*workload.path, "os"), {"name": "windows"})),
        tuple(filter(None, (said, rest))),
    )


def repair_linux(
    found: Finding, inventory: Inventory, fix: Callable[[Workload], Fix | NoChange]
) -> Change | NoChange:
    """Return what `repair` does; a workload that lacks its ``spec.os`` is given that instead."""
    return repair(found, inventory, lambda work: as_windows(work) if lacks_os(work) else fix(work))


def _taken(workload: Workload) -> Iterator[Edit]:
    spec = msgspec.to_builtins(workload.spec)
    for name in _OF_SPEC:
        if spec.get(name) is not None and (spec[name] or name not in _FLAGS):
            yield RemoveField((*workload.path, name))
    yield from _set(workload.spec.security, _OF_POD, (*workload.path, "securityContext"))
    for seen in visit_containers(workload.spec):
        if not seen.is_ephemeral:
            path = path_of(workload, seen, "securityContext")
            yield from _set(seen.container.security, _OF_CONTAINERS, path)


def _set(
    context: SecurityContext | PodSecurityContext, names: tuple[str, ...], path: Path
) -> Iterator[Edit]:
    fields = msgspec.to_builtins(context)
    return (RemoveField((*path, name)) for name in names if fields.get(name) is not None)
