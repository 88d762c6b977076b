"""restrictedVolumes, restricted: volumes come from the API or from a claim, not from elsewhere.

Restricted fields:
    spec.volumes[*], every source but those in `ALLOWED`
Allowed values: undefined.

Source: Kubernetes documentation, Pod Security Standards, "Volume Types".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import plural, quoted
from k8sharden.model.pods import Volume

ALLOWED = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_KNOWN = (
    "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi",
    "glusterfs", "rbd", "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile",
    "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO",
    "storageos",
)  # fmt: skip


def forbidden_type(volume: Volume) -> str:
    """Name the source that is not allowed; empty where there is none."""
    found = {source for source, value in volume.sources.items() if value is not None}
    # Without any source it is an emptyDir: the API server fills that in before it evaluates.
    if not found or found & ALLOWED:
        return ""
    return next((source for source in _KNOWN if source in found), "unknown")


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse every other source, also one that we do not know."""
    bad = [(v.name, kind) for v in pod.spec.volumes if (kind := forbidden_type(v))]
    if not bad:
        return None
    names, types = [name for name, _ in bad], sorted({kind for _, kind in bad})
    uses, noun = plural(names, "uses", "use"), plural(types, "restricted volume type")
    detail = f"{plural(names, 'volume')} {quoted(names)} {uses} {noun} {quoted(types)}"
    return Refusal("restricted volume types", detail)


CONTROL = Control("restrictedVolumes", Level.RESTRICTED, ((0, v1_0),), overrides="hostPathVolumes")
