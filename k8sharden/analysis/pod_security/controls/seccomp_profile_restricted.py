"""seccompProfile_restricted, restricted: a filter of system calls must be chosen.

Restricted fields:
    spec.securityContext.seccompProfile.type, and that of every container
Allowed values: RuntimeDefault, Localhost. A container may leave it to the pod.

Source: Kubernetes documentation, Pod Security Standards, "Seccomp" (restricted).
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.controls import seccomp_profile_baseline
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named


def v1_19(pod: Subject) -> Refusal | None:
    """Refuse what baseline refuses; then, containers for which nobody chose a profile."""
    refusal = seccomp_profile_baseline.v1_19(pod)
    if refusal is not None or pod.spec.security.seccomp_profile is not None:
        return refusal
    bad = tuple(c.name for c in pod.containers if c.security.seccomp_profile is None)
    if not bad:
        return None
    must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Refusal("seccompProfile", f"pod or {named(bad)} {must}", bad)


def v1_25(pod: Subject) -> Refusal | None:
    """Exempt Windows, where the field cannot be set (KEP-2802)."""
    return None if pod.is_windows else v1_19(pod)


CONTROL = Control(
    "seccompProfile_restricted",
    Level.RESTRICTED,
    ((19, v1_19), (25, v1_25)),
    overrides="seccompProfile_baseline",
)
