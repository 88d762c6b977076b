"""capabilities_restricted, restricted: drop ALL, and add back at most NET_BIND_SERVICE.

Restricted fields, of every container:
    securityContext.capabilities.drop: must include "ALL"
    securityContext.capabilities.add: undefined, empty, or "NET_BIND_SERVICE"

Source: Kubernetes documentation, Pod Security Standards, "Capabilities" (restricted).
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.controls.capabilities_baseline import added
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named, quoted
from k8sharden.model.pods import Container

ALLOWED = frozenset({"NET_BIND_SERVICE"})


def _drops_all(container: Container) -> bool:
    """Whether ALL is dropped, in exactly this spelling."""
    capabilities = container.security.capabilities
    return capabilities is not None and "ALL" in (capabilities.drop or ())


def v1_22(pod: Subject) -> Refusal | None:
    """Refuse containers that keep capabilities, or that add others."""
    keeping = tuple(c.name for c in pod.containers if not _drops_all(c))
    adding = tuple(c.name for c in pod.containers if added(c, ALLOWED))
    details = []
    if keeping:
        details.append(f'{named(keeping)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        extra = quoted(sorted(set().union(*(added(c, ALLOWED) for c in pod.containers))))
        details.append(
            f"{named(adding)} must not include {extra} in securityContext.capabilities.add"
        )
    if not details:
        return None
    bad = tuple(dict.fromkeys(keeping + adding))
    return Refusal("unrestricted capabilities", "; ".join(details), bad)


def v1_25(pod: Subject) -> Refusal | None:
    """Exempt Windows, where the field cannot be set (KEP-2802)."""
    return None if pod.is_windows else v1_22(pod)


CONTROL = Control(
    "capabilities_restricted",
    Level.RESTRICTED,
    ((22, v1_22), (25, v1_25)),
    overrides="capabilities_baseline",
)
