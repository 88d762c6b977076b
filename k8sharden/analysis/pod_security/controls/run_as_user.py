"""runAsUser, restricted: user 0 must not be asked for.

Restricted fields:
    spec.securityContext.runAsUser, and that of every container
Allowed values: not 0, undefined; any value from 1.35 on where spec.hostUsers is false.

Source: Kubernetes documentation, Pod Security Standards, "Running as Non-root user".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import setters


def v1_23(pod: Subject) -> Refusal | None:
    """Refuse it for the pod and for each container."""
    in_pod = pod.spec.security.run_as_user == 0
    bad = tuple(c.name for c in pod.containers if c.security.run_as_user == 0)
    if not bad and not in_pod:
        return None
    return Refusal("runAsUser=0", f"{setters(bad, pod=in_pod)} must not set runAsUser=0", bad)


def v1_35(pod: Subject) -> Refusal | None:
    """Relax for user namespaces, where root is an ordinary user on the node (KEP-127)."""
    return None if pod.has_user_namespace else v1_23(pod)


CONTROL = Control("runAsUser", Level.RESTRICTED, ((23, v1_23), (35, v1_35)))
