"""Pods that name storage themselves instead of claiming it.

Field: ``volumes[*]`` of the pod, every source but those that restricted allows.
Allowed sources: ``configMap``, ``csi``, ``downwardAPI``, ``emptyDir``, ``ephemeral``, ``image``,
``persistentVolumeClaim``, ``projected``, ``secret``.
A ``hostPath`` is left to `pss-host-path`, a ``gitRepo`` to `rt-gitrepo`. Data is never moved: what
is mounted gets advice, and only a volume that no container mounts is taken away.
Source: Pod Security Standards, restricted, "Volume Types"; k8s.io/api v0.36, VolumeSource, on which
drivers are gone and which CSI driver took over.
"""

from collections.abc import Iterator, Sequence

from k8sharden.analysis.containers import Defect, Fix, repair
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import restricted_volumes
from k8sharden.analysis.pod_security.controls.restricted_volumes import forbidden_type
from k8sharden.analysis.pod_security.refusals import refused
from k8sharden.analysis.volumes import (
    Mounted,
    all_volumes,
    mounted_unseen,
    named_volumes,
    volume_field,
    volume_path,
)
from k8sharden.model.change import Change, ChangeKind, NoChange, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.text import sentence
from k8sharden.model.workloads import Workload

_ELSEWHERE = ("", "hostPath", "gitRepo")
_SAME = ("fc", "iscsi", "nfs")
_CSI = {
    "awsElasticBlockStore": "ebs.csi.aws.com",
    "azureDisk": "disk.csi.azure.com",
    "azureFile": "file.csi.azure.com",
    "cinder": "cinder.csi.openstack.org",
    "gcePersistentDisk": "pd.csi.storage.gke.io",
    "portworxVolume": "pxd.portworx.com",
    "vsphereVolume": "csi.vsphere.vmware.com",
}
_GONE = frozenset(
    {
        "cephfs",
        "flocker",
        "glusterfs",
        "photonPersistentDisk",
        "quobyte",
        "rbd",
        "scaleIO",
        "storageos",
    }
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (restricted_volumes.CONTROL,), _defect)


def _defect(workload: Workload, _refusal: Refusal) -> Defect | None:
    found = _found(workload)
    if not found:
        return None
    kinds = list(dict.fromkeys(forbidden_type(each.volume) for each in found))
    return Defect(
        f"{_sentence(found)} straight from {', '.join(kinds)} instead of a claim.",
        volume_field(workload, found[0], forbidden_type(found[0].volume)),
        evidence={"volumes": {each.volume.name: forbidden_type(each.volume) for each in found}},
    )


def _found(workload: Workload) -> tuple[Mounted, ...]:
    every = all_volumes(workload)
    return tuple(each for each in every if forbidden_type(each.volume) not in _ELSEWHERE)


def _sentence(found: Sequence[Mounted]) -> str:
    return f"{sentence(named_volumes(found))} come{'' if found[1:] else 's'}"


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    found = _found(workload)
    used = next((each for each in found if not each.is_unused), None)
    if used is not None:
        kind = forbidden_type(used.volume)
        return NoChange(f"For {named_volumes([used])}, {_instead(kind)}")
    return mounted_unseen(workload, found, inventory) or Fix(
        f"Take volumes that nobody mounts from {workload.ref.label}",
        tuple(RemoveField(volume_path(workload, each)) for each in found),
    )


def _instead(kind: str) -> str:
    if kind in _GONE:
        return (
            f"move the data to a PersistentVolumeClaim of a CSI driver: {kind} is gone from "
            "Kubernetes, and kubelets without its driver start no such pod."
        )
    if kind in _SAME or kind in _CSI:
        of = f"the CSI driver {_CSI[kind]}" if kind in _CSI else f"type {kind}"
        return (
            f"make a PersistentVolume of {of} that names the same storage, bind a claim to it, "
            "and mount the claim: the data stays where it is."
        )
    return "use a CSI driver for this storage, and mount a PersistentVolumeClaim."


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A pod can name storage itself: this NFS server and that path, this disk of the cloud. "
        "Or it claims storage, and an administrator or a storage class decides what stands behind "
        "the claim. The restricted level of the Pod Security Standards allows claims, what the "
        "API itself holds, and empty volumes; it refuses every source that leads elsewhere."
    ),
    why=(
        "Whoever writes a pod that names its storage chooses what the node connects to: any "
        "export of any NFS server that trusts the node's address, any disk that the node's cloud "
        "account may attach. The kubelet mounts it as root. A PersistentVolume is made by those "
        "who answer for storage, is bound to one namespace, and can be limited by quota. Most "
        "of the old sources are gone from Kubernetes anyway."
    ),
    attack=(
        "Deployment ci/image-builder mounts /exports/builds from the file server, which trusts "
        "every node. An attacker who may create pods in ci copies those four lines and changes "
        "the path to /exports/payments. The node mounts it as it mounted the other, and the "
        "pod reads every settlement file of the last years. With claims only, there would have "
        "been no PersistentVolume of that path to bind to."
    ),
    fix=(
        "A volume of this kind that no container mounts is taken away. What is mounted is never "
        "changed by itself, since data hangs on it: the advice names the way for each kind. NFS, "
        "iSCSI and Fibre Channel live on as types of PersistentVolumes, cloud disks have a CSI "
        "driver that takes over the same disk, and what is gone from Kubernetes needs its data "
        "moved."
    ),
    breaks=(
        "Taking an unmounted volume away breaks nothing: the kubelet never mounted it; pods "
        "restart once. When you move to a claim, bind it to the one PersistentVolume by name, set "
        "its reclaim policy to Retain, and stop the old pods before the new ones write, unless "
        "the storage takes several writers."
    ),
    verify=(
        "`kubectl -n ci get pv,pvc` shows the claim bound to the volume that names the server. "
        "`kubectl -n ci rollout status deployment/image-builder`, then `kubectl -n ci exec "
        "deploy/image-builder -- ls /cache` lists what was there before. "
        "`kubectl -n ci get deploy image-builder -o jsonpath='{..nfs}'` prints nothing."
    ),
    reading=(
        Reference("Persistent volumes", f"{_DOCS}/concepts/storage/persistent-volumes/"),
        Reference("Types of volumes", f"{_DOCS}/concepts/storage/volumes/"),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="pss-volume-types",
    title="Pods claim storage instead of naming it",
    area=Area.POD_SECURITY,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference(
            "Pod Security Standards: restricted",
            f"{_DOCS}/concepts/security/pod-security-standards/#restricted",
        ),
        Reference(
            "Kubernetes documentation: Volumes",
            f"{_DOCS}/concepts/storage/volumes/",
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
