"""allowPrivilegeEscalation, restricted: no process may gain more rights than its parent.

Undefined means true: a set-user-ID program would then run as root.

Restricted fields, of every container:
    securityContext.allowPrivilegeEscalation
Allowed values: false.

Source: Kubernetes documentation, Pod Security Standards, "Privilege Escalation".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named


def v1_8(pod: Subject) -> Refusal | None:
    """Refuse containers that do not say false; the field is as old as this version."""
    bad = tuple(
        c.name for c in pod.containers if c.security.allow_privilege_escalation is not False
    )
    if not bad:
        return None
    return Refusal(
        "allowPrivilegeEscalation != false",
        f"{named(bad)} must set securityContext.allowPrivilegeEscalation=false",
        bad,
    )


def v1_25(pod: Subject) -> Refusal | None:
    """Exempt Windows, where the field cannot be set (KEP-2802)."""
    return None if pod.is_windows else v1_8(pod)


CONTROL = Control("allowPrivilegeEscalation", Level.RESTRICTED, ((8, v1_8), (25, v1_25)))
