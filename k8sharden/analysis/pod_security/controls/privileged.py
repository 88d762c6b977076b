"""privileged, baseline: a privileged container is root on the node, with every device.

Restricted fields, of every container:
    securityContext.privileged
Allowed values: false, undefined.

Source: Kubernetes documentation, Pod Security Standards, "Privileged Containers".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse containers that ask for it."""
    bad = tuple(c.name for c in pod.containers if c.security.privileged)
    if not bad:
        return None
    return Refusal("privileged", f"{named(bad)} must not set securityContext.privileged=true", bad)


CONTROL = Control("privileged", Level.BASELINE, ((0, v1_0),))
