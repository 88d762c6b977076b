"""sysctls, baseline: a pod may set only kernel parameters that stay within itself.

Restricted fields:
    spec.securityContext.sysctls[*].name
Allowed values: the names in the set of each version.

Source: Kubernetes documentation, Pod Security Standards, "Sysctls"; and "Using sysctls in a
Kubernetes Cluster", on what makes one safe.
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level

ALLOWED_1_0 = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_syncookies",
    }
)
ALLOWED_1_27 = ALLOWED_1_0 | {"net.ipv4.ip_local_reserved_ports"}
ALLOWED_1_29 = ALLOWED_1_27 | {
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
}
ALLOWED_1_32 = ALLOWED_1_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
ALLOWED_1_37 = ALLOWED_1_32 | {
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_slow_start_after_idle",
}
_ALLOWED = (
    (0, ALLOWED_1_0),
    (27, ALLOWED_1_27),
    (29, ALLOWED_1_29),
    (32, ALLOWED_1_32),
    (37, ALLOWED_1_37),
)


def allowed(minor: int) -> frozenset[str]:
    """Return the names that Kubernetes 1.``minor`` allows."""
    return [names for first, names in _ALLOWED if first <= minor][-1]


def _refuse(pod: Subject, allowed: frozenset[str]) -> Refusal | None:
    """Refuse parameters outside the set; they are printed as the pod lists them."""
    bad = [each.name for each in pod.spec.security.sysctls or () if each.name not in allowed]
    return Refusal("forbidden sysctls", ", ".join(bad)) if bad else None


def v1_0(pod: Subject) -> Refusal | None:
    """Allow the first five."""
    return _refuse(pod, ALLOWED_1_0)


def v1_27(pod: Subject) -> Refusal | None:
    """Also allow reserving local ports."""
    return _refuse(pod, ALLOWED_1_27)


def v1_29(pod: Subject) -> Refusal | None:
    """Also allow TCP keepalive and the FIN timeout."""
    return _refuse(pod, ALLOWED_1_29)


def v1_32(pod: Subject) -> Refusal | None:
    """Also allow the sizes of TCP buffers."""
    return _refuse(pod, ALLOWED_1_32)


def v1_37(pod: Subject) -> Refusal | None:
    """Also allow slow start after idle, and the low-water mark of unsent data."""
    return _refuse(pod, ALLOWED_1_37)


CONTROL = Control(
    "sysctls",
    Level.BASELINE,
    ((0, v1_0), (27, v1_27), (29, v1_29), (32, v1_32), (37, v1_37)),
)
