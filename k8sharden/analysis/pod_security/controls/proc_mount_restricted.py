"""procMount_restricted, restricted: /proc stays masked, in a user namespace too.

Restricted fields, of every container:
    securityContext.procMount
Allowed values: undefined, Default.

It appeared when the baseline control was relaxed (1.35), and keeps what that one used to say.

Source: Kubernetes documentation, Pod Security Standards, "/proc Mount Type"; KEP-4265.
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.controls import proc_mount
from k8sharden.analysis.pod_security.level import Level


def v1_35(pod: Subject) -> Refusal | None:
    """Keep the unconditional rule."""
    return proc_mount.v1_0(pod)


CONTROL = Control("procMount_restricted", Level.RESTRICTED, ((35, v1_35),), overrides="procMount")
