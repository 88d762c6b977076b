"""runAsNonRoot, restricted: the kubelet must refuse to start a container as root.

Restricted fields:
    spec.securityContext.runAsNonRoot, and that of every container
Allowed values: true; undefined in a container where the pod says true; any value from 1.35 on
where spec.hostUsers is false.

Source: Kubernetes documentation, Pod Security Standards, "Running as Non-root".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named, setters


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse false wherever it stands; then, containers for which nobody says true."""
    in_pod = pod.spec.security.run_as_non_root
    denied = tuple(c.name for c in pod.containers if c.security.run_as_non_root is False)
    if denied or in_pod is False:
        must = "must not set securityContext.runAsNonRoot=false"
        detail = f"{setters(denied, pod=in_pod is False)} {must}"
        return Refusal("runAsNonRoot != true", detail, denied)
    if in_pod:
        return None
    silent = tuple(c.name for c in pod.containers if c.security.run_as_non_root is None)
    if not silent:
        return None
    detail = f"pod or {named(silent)} must set securityContext.runAsNonRoot=true"
    return Refusal("runAsNonRoot != true", detail, silent)


def v1_35(pod: Subject) -> Refusal | None:
    """Relax for user namespaces, where root is an ordinary user on the node (KEP-127)."""
    return None if pod.has_user_namespace else v1_0(pod)


CONTROL = Control("runAsNonRoot", Level.RESTRICTED, ((0, v1_0), (35, v1_35)))
