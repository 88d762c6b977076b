"""Pods that mount a folder of their node.

Field: ``volumes[*].hostPath`` of the pod.
Allowed values: undefined.
What is mounted decides how bad it is, see `k8sharden.analysis.node_folders`. An emptyDir stands in
only where nothing can be lost but a program's own scratch files: under /tmp, /var/tmp or
/var/cache, written by this workload alone. What no container mounts is taken away. The rest
gets advice, since data lies there, or something that only the node has.
Source: Pod Security Standards, baseline, "HostPath Volumes"; CIS Kubernetes 5.2.11; Kubernetes
documentation, "Volumes", hostPath.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

from k8sharden.analysis.containers import Defect, Fix, repair
from k8sharden.analysis.host_access import exception
from k8sharden.analysis.node_agents import excuse, one_step_down
from k8sharden.analysis.node_folders import Folder, folder, is_scratch, overlap
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import host_path_volumes
from k8sharden.analysis.pod_security.refusals import refused
from k8sharden.analysis.volumes import (
    Mounted,
    mounted_unseen,
    named_volumes,
    volume_field,
    volume_path,
    volumes_of,
)
from k8sharden.model.change import Change, ChangeKind, Edit, NoChange, RemoveField, SetField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS, listings
from k8sharden.model.pods import visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

_SOURCE = "hostPath"
_CREATED = ("", "DirectoryOrCreate")


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (host_path_volumes.CONTROL,), _defect)


def _defect(workload: Workload, _refusal: Refusal) -> Defect:
    found = volumes_of(workload, _SOURCE)
    worst = min(found, key=_badness)
    severity = _severity(worst)
    known = severity is not Severity.LOW and excuse(workload, visit_containers(workload.spec))
    return Defect(
        _said(found, worst) + (known or ""),
        volume_field(workload, worst, _SOURCE),
        severity=one_step_down(severity) if known else severity,
        evidence={"paths": {each.volume.name: _path(each) for each in found}},
    )


def _said(found: Sequence[Mounted], worst: Mounted) -> str:
    paths = one_line(", ".join(dict.fromkeys(_path(each) for each in found)), 120)
    if all(each.is_unused for each in found):
        return f"Its pods name {paths} of the node as a volume that no container mounts."
    by = f"by {one_line(_path(worst), 80)} they" if len(found) > 1 else "they"
    only = ", read-only" if _severity(worst) is Severity.LOW else ""
    return f"Its pods mount {paths} of the node: {by} reach {_folder(worst).what}{only}."


def _badness(volume: Mounted) -> tuple[int, bool]:
    return _severity(volume).rank, volume.is_unused


def _path(volume: Mounted) -> str:
    return volume.volume.host_path or ""


def _folder(volume: Mounted) -> Folder:
    return folder(_path(volume))


def _severity(volume: Mounted) -> Severity:
    severity = _folder(volume).severity
    if volume.is_unused:
        return Severity.LOW
    return severity if severity is not Severity.LOW or volume.is_read_only else Severity.HIGH


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, partial(_fix, inventory))


def _fix(inventory: Inventory, workload: Workload) -> Fix | NoChange:
    found = volumes_of(workload, _SOURCE)
    needed = exception(workload)
    if needed:
        return NoChange(needed)
    used = [volume for volume in found if not volume.is_unused]
    bound = [volume for volume in used if not _may_be_lost(volume)]
    if bound:
        worst = min(bound, key=_badness)
        return NoChange(f"For {_shown([worst])}, {_folder(worst).instead}")
    others = _others(inventory, workload, used)
    if others:
        return NoChange(
            f"{others[0].ref.label} mounts the same folder, so files may pass between them: "
            "give both one PersistentVolumeClaim, or a Service to speak over."
        )
    return mounted_unseen(workload, found, inventory) or Fix(
        f"Keep {workload.ref.label} off the node's disk",
        tuple(edit for volume in found for edit in _edits(workload, volume)),
        _warnings(used),
        {"sharedWith": []},
        listings(WORKLOADS) if used else (),
    )


def _may_be_lost(volume: Mounted) -> bool:
    """Whether an empty volume does as well: scratch files that the pods make themselves."""
    if not is_scratch(_path(volume)):
        return False
    created = volume.volume.sources[_SOURCE].get("type") or ""
    plain = not any(mount.sub_path or mount.mount_propagation for mount in volume.mounts)
    return created in _CREATED and plain and not volume.is_read_only


def _others(
    inventory: Inventory, workload: Workload, used: Sequence[Mounted]
) -> tuple[Workload, ...]:
    """Return the other workloads that mount one of these folders, or one in it or around it."""
    mine = [_path(volume) for volume in used]
    return tuple(
        other
        for other, theirs in _mounters(inventory)
        if other.ref != workload.ref
        and any(overlap(path, their) for path in mine for their in theirs)
    )


def _mounters(inventory: Inventory) -> tuple[tuple[Workload, tuple[str, ...]], ...]:
    """Return the workloads that mount folders of nodes, with these; worked out once."""
    if "host-path-mounters" not in inventory.cache:
        every = ((work, volumes_of(work, _SOURCE)) for work in workloads(inventory))
        inventory.cache["host-path-mounters"] = tuple(
            (work, tuple(_path(volume) for volume in found if not volume.is_unused))
            for work, found in every
            if found
        )
    return cast(
        "tuple[tuple[Workload, tuple[str, ...]], ...]", inventory.cache["host-path-mounters"]
    )


def _edits(workload: Workload, volume: Mounted) -> Iterator[Edit]:
    if volume.is_unused:
        yield RemoveField(volume_path(workload, volume))
    else:
        yield RemoveField(volume_path(workload, volume, _SOURCE))
        yield SetField(volume_path(workload, volume, "emptyDir"), {})


def _warnings(used: Sequence[Mounted]) -> tuple[str, ...]:
    if not used:
        return ()
    loss = (
        f"Needs testing: {_shown(used)} starts empty with every pod, and ends with it. What lies "
        "on the nodes stays there: look whether anybody reads it, then delete it."
    )
    return (loss,)


def _shown(volumes: Sequence[Mounted]) -> str:
    paths = one_line(", ".join(_path(volume) for volume in volumes), 100)
    return f"{named_volumes(volumes)} ({paths})"


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A hostPath volume puts a file or folder of the node into the pod. The pod reads it with "
        "the node's own contents, and writes it if the mount allows; neither quota nor permission "
        "of Kubernetes stands between. It is how agents of the node read logs or install "
        "plugins. The baseline level of the Pod Security Standards refuses every hostPath, also "
        "one that is read-only."
    ),
    why=(
        "What is writable on the node is a way onto it: a static pod put into the kubelet's "
        "folder, a line in a cron table, a program that root will start. The runtime's socket "
        "needs no trick at all: it starts a privileged container for whoever asks. What is "
        "only readable may be the tokens and Secrets of every other pod there. And data on one "
        "node is gone for the pod that is rescheduled to another."
    ),
    attack=(
        "Deployment ci/image-builder mounts the runtime's socket, so that a build can make "
        "images. A pull request changes one line of a build script: it asks the socket for a "
        "container with the node's disk at /host, and chroots into it. The attacker is root on "
        "worker-2, reads the tokens of all its pods under /var/lib/kubelet, and leaves a static "
        "pod that comes back after every restart. No Kubernetes permission was needed."
    ),
    fix=(
        "An emptyDir takes the place of a hostPath that holds a program's own scratch files, "
        "where no other workload mounts the same folder; a volume that no container mounts goes. "
        "Nothing else is changed by itself: data wants a PersistentVolumeClaim and a move, logs "
        "and metrics an agent in a namespace of its own, time zones and certificates a place in "
        "the image, devices a device plugin. The advice says which."
    ),
    breaks=(
        "A cache starts cold with every new pod, and each pod has its own instead of one per "
        "node. Scratch files count against the pod's ephemeral storage, with eviction as the "
        "answer to too much. A program of the node, or a colleague, who looked into the folder "
        "finds nothing new in it. What lay there stays on the nodes until somebody deletes it."
    ),
    verify=(
        "`kubectl -n ci rollout status deployment/runner`, then `kubectl -n ci get deploy runner "
        "-o jsonpath='{..hostPath}'` prints nothing. Run the program once through what fills the "
        "folder, delete the pod, and run it again: it has to do without what the first one left. "
        "`kubectl describe pod` shows no eviction for storage."
    ),
    reading=(
        Reference("Volumes: hostPath", f"{_DOCS}/concepts/storage/volumes/#hostpath"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "MITRE ATT&CK T1611, Escape to Host", "https://attack.mitre.org/techniques/T1611/"
        ),
    ),
)

ITEM = Item(
    id="pss-host-path",
    title="Pods mount no folder of their node",
    area=Area.POD_SECURITY,
    severity=Severity.HIGH,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.11"),
        Reference(
            "Pod Security Standards: baseline",
            f"{_DOCS}/concepts/security/pod-security-standards/#baseline",
        ),
        Reference("MITRE ATT&CK T1611", "https://attack.mitre.org/techniques/T1611/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
