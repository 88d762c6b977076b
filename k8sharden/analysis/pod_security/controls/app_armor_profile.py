"""appArmorProfile, baseline: the runtime's AppArmor profile may be replaced, never switched off.

Restricted fields:
    spec.securityContext.appArmorProfile.type, and that of every container
Allowed values: RuntimeDefault, Localhost, undefined.

Restricted fields:
    metadata.annotations["container.apparmor.security.beta.kubernetes.io/*"]
Allowed values: runtime/default, localhost/*, empty, undefined.

Source: Kubernetes documentation, Pod Security Standards, "AppArmor".
"""

from collections.abc import Mapping

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import go_quoted, plural, quoted, setters
from k8sharden.model.pods import AppArmorProfile

_PREFIX = "container.apparmor.security.beta.kubernetes.io/"


def forbidden(profile: AppArmorProfile | None) -> bool:
    """Whether a profile is set, and to something else than the two that confine."""
    return profile is not None and profile.type not in {"RuntimeDefault", "Localhost"}


def forbidden_annotations(annotations: Mapping[str, str]) -> dict[str, str]:
    """Return the annotations that switch AppArmor off."""
    return {
        key: value
        for key, value in annotations.items()
        if key.startswith(_PREFIX)
        and value not in {"", "runtime/default"}
        and not value.startswith("localhost/")
    }


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse the field and the older annotation alike."""
    in_pod = pod.spec.security.app_armor_profile
    bad = tuple(c.name for c in pod.containers if forbidden(c.security.app_armor_profile))
    odd = forbidden_annotations(pod.metadata.annotation) if pod.metadata.annotations else {}
    notes = sorted(f"{key}={go_quoted(value)}" for key, value in odd.items())
    if not (bad or notes or forbidden(in_pod)):
        return None
    profiles = (in_pod, *(c.security.app_armor_profile for c in pod.containers))
    values = sorted({p.type for p in profiles if p is not None and forbidden(p)}) + notes
    who = [setters(bad, pod=forbidden(in_pod)), plural(notes, "annotation") if notes else ""]
    return Refusal(
        plural(values, "forbidden AppArmor profile"),
        f"{' and '.join(filter(None, who))} must not set AppArmor profile type to {quoted(values)}",
        bad,
    )


CONTROL = Control("appArmorProfile", Level.BASELINE, ((0, v1_0),))
