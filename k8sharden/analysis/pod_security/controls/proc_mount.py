"""procMount, baseline: the parts of /proc that the runtime masks stay masked.

Restricted fields, of every container:
    securityContext.procMount
Allowed values: undefined, Default; any value from 1.35 on where spec.hostUsers is false.

Source: Kubernetes documentation, Pod Security Standards, "/proc Mount Type".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named, quoted


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse anything but the default."""
    bad = tuple(c for c in pod.containers if c.security.proc_mount not in {None, "Default"})
    if not bad:
        return None
    names = tuple(container.name for container in bad)
    types = quoted(sorted({str(container.security.proc_mount) for container in bad}))
    detail = f"{named(names)} must not set securityContext.procMount to {types}"
    return Refusal("procMount", detail, names)


def v1_35(pod: Subject) -> Refusal | None:
    """Relax for user namespaces, where the unmasked files are not the node's root's (KEP-4265)."""
    return None if pod.has_user_namespace else v1_0(pod)


CONTROL = Control("procMount", Level.BASELINE, ((0, v1_0), (35, v1_35)))
