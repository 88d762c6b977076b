"""seLinuxOptions, baseline: the SELinux type stays one made for containers; user and role stay.

Restricted fields:
    spec.securityContext.seLinuxOptions.type, and that of every container
Allowed values: undefined, empty, and the types in `ALLOWED_1_0` or `ALLOWED_1_31`.

Restricted fields:
    spec.securityContext.seLinuxOptions.user and .role, and those of every container
Allowed values: undefined, empty.

Source: Kubernetes documentation, Pod Security Standards, "SELinux".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import plural, quoted, setters
from k8sharden.model.pods import SELinuxOptions

ALLOWED_1_0 = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
ALLOWED_1_31 = ALLOWED_1_0 | {"container_engine_t"}
_WITH_ENGINE = 31


def forbidden(options: SELinuxOptions | None, allowed: frozenset[str]) -> bool:
    """Whether options leave what is allowed."""
    return options is not None and bool(
        (options.type or "") not in allowed or options.user or options.role
    )


def allowed_at(minor: int | None) -> frozenset[str]:
    """Return the types that Kubernetes 1.``minor`` allows; those of the latest for None."""
    return ALLOWED_1_0 if minor is not None and minor < _WITH_ENGINE else ALLOWED_1_31


def _refuse(pod: Subject, allowed: frozenset[str]) -> Refusal | None:
    """Refuse other types, and any user or role."""
    in_pod = pod.spec.security.se_linux_options
    bad = tuple(c.name for c in pod.containers if forbidden(c.security.se_linux_options, allowed))
    if not bad and not forbidden(in_pod, allowed):
        return None
    every = [in_pod, *(c.security.se_linux_options for c in pod.containers)]
    options = [each for each in every if each is not None]
    types = sorted({each.type or "" for each in options} - allowed)
    data = [f"{plural(types, 'type')} {quoted(types)}"] if types else []
    data += ["user may not be set"] if any(each.user for each in options) else []
    data += ["role may not be set"] if any(each.role for each in options) else []
    who = setters(bad, pod=forbidden(in_pod, allowed))
    detail = f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}"
    return Refusal("seLinuxOptions", detail, bad)


def v1_0(pod: Subject) -> Refusal | None:
    """Allow the three types that containers have always run as."""
    return _refuse(pod, ALLOWED_1_0)


def v1_31(pod: Subject) -> Refusal | None:
    """Also allow container_engine_t, made for a container engine in a container."""
    return _refuse(pod, ALLOWED_1_31)


CONTROL = Control("seLinuxOptions", Level.BASELINE, ((0, v1_0), (_WITH_ENGINE, v1_31)))
