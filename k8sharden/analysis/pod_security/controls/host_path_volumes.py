"""hostPathVolumes, baseline: a pod must not mount a folder of its node.

Restricted fields:
    spec.volumes[*].hostPath
Allowed values: undefined.

Source: Kubernetes documentation, Pod Security Standards, "HostPath Volumes".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import plural, quoted


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse volumes of this type."""
    bad = [volume.name for volume in pod.spec.volumes if volume.sources.get("hostPath") is not None]
    if not bad:
        return None
    return Refusal("hostPath volumes", f"{plural(bad, 'volume')} {quoted(bad)}")


CONTROL = Control("hostPathVolumes", Level.BASELINE, ((0, v1_0),))
