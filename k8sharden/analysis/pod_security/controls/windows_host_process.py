"""windowsHostProcess, baseline: a Windows pod must not run as processes of its node.

Restricted fields:
    spec.securityContext.windowsOptions.hostProcess, and that of every container
Allowed values: false, undefined.

Source: Kubernetes documentation, Pod Security Standards, "HostProcess".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import setters
from k8sharden.model.pods import WindowsOptions


def _forbidden(options: WindowsOptions | None) -> bool:
    """Whether the node is asked for."""
    return options is not None and bool(options.host_process)


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse it for the pod and for each container."""
    in_pod = _forbidden(pod.spec.security.windows_options)
    bad = tuple(c.name for c in pod.containers if _forbidden(c.security.windows_options))
    if not bad and not in_pod:
        return None
    must = "must not set securityContext.windowsOptions.hostProcess=true"
    return Refusal("hostProcess", f"{setters(bad, pod=in_pod)} {must}", bad)


CONTROL = Control("windowsHostProcess", Level.BASELINE, ((0, v1_0),))
