"""capabilities_baseline, baseline: nothing may be added beyond the runtime's usual capabilities.

NET_RAW is usual too, but is left out: it lets a container forge packets.

Restricted fields, of every container:
    securityContext.capabilities.add
Allowed values: undefined, empty, and the names in `ALLOWED`.

Source: Kubernetes documentation, Pod Security Standards, "Capabilities" (baseline).
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named, quoted
from k8sharden.model.pods import Container

ALLOWED = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
"""Spelt as the API spells them: without CAP_, and in capitals."""


def added(container: Container, allowed: frozenset[str]) -> set[str]:
    """Return what a container adds beyond ``allowed``."""
    capabilities = container.security.capabilities
    if capabilities is None or not capabilities.add:
        return set()
    return set(capabilities.add) - allowed


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse additions that are not in the list."""
    bad = tuple(c.name for c in pod.containers if added(c, ALLOWED))
    if not bad:
        return None
    extra = sorted(set().union(*(added(c, ALLOWED) for c in pod.containers)))
    return Refusal(
        "non-default capabilities",
        f"{named(bad)} must not include {quoted(extra)} in securityContext.capabilities.add",
        bad,
    )


CONTROL = Control("capabilities_baseline", Level.BASELINE, ((0, v1_0),))
