"""seccompProfile_baseline, baseline: the filter of system calls must not be switched off.

Restricted fields up to 1.18:
    metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"]
    metadata.annotations["container.seccomp.security.alpha.kubernetes.io/*"]
Allowed values: runtime/default, docker/default, localhost/*, undefined.

Restricted fields from 1.19 on:
    spec.securityContext.seccompProfile.type, and that of every container
Allowed values: RuntimeDefault, Localhost, undefined.

Source: Kubernetes documentation, Pod Security Standards, "Seccomp" (baseline).
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import go_quoted, plural, quoted, setters
from k8sharden.model.pods import SeccompProfile

_POD = "seccomp.security.alpha.kubernetes.io/pod"
_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"


def forbidden(profile: SeccompProfile | None) -> bool:
    """Whether a profile is set, and to something else than the two that filter."""
    return profile is not None and profile.type not in {"RuntimeDefault", "Localhost"}


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse the annotations of the alpha feature, of the pod and of containers that exist."""
    notes = pod.metadata.annotation
    if not notes:
        return None
    bad = tuple(c.name for c in pod.containers if _unfiltered(notes.get(_CONTAINER + c.name)))
    keys = {_CONTAINER + name for name in bad} | ({_POD} if _unfiltered(notes.get(_POD)) else set())
    if not keys:
        return None
    shown = sorted(f"{key}={go_quoted(notes[key])}" for key in keys)
    return Refusal(
        "seccompProfile", f"forbidden {plural(shown, 'annotation')} {', '.join(shown)}", bad
    )


def _unfiltered(value: str | None) -> bool:
    """Whether an annotation is set, and to no profile."""
    allowed = {None, "runtime/default", "docker/default"}
    return value is not None and value not in allowed and not value.startswith("localhost/")


def v1_19(pod: Subject) -> Refusal | None:
    """Refuse the field, which replaced the annotations (KEP-135)."""
    in_pod = pod.spec.security.seccomp_profile
    bad = tuple(c.name for c in pod.containers if forbidden(c.security.seccomp_profile))
    if not bad and not forbidden(in_pod):
        return None
    profiles = (in_pod, *(c.security.seccomp_profile for c in pod.containers))
    types = quoted(sorted({p.type for p in profiles if p is not None and forbidden(p)}))
    who = setters(bad, pod=forbidden(in_pod))
    detail = f"{who} must not set securityContext.seccompProfile.type to {types}"
    return Refusal("seccompProfile", detail, bad)


CONTROL = Control("seccompProfile_baseline", Level.BASELINE, ((0, v1_0), (19, v1_19)))
