"""hostNamespaces, baseline: a pod must not share the node's network, processes or IPC.

Restricted fields:
    spec.hostNetwork, spec.hostPID, spec.hostIPC
Allowed values: false, undefined.

Source: Kubernetes documentation, Pod Security Standards, "Host Namespaces".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse any of the three."""
    spec = pod.spec
    if not (spec.host_network or spec.host_pid or spec.host_ipc):
        return None
    fields = {
        "hostNetwork": spec.host_network,
        "hostPID": spec.host_pid,
        "hostIPC": spec.host_ipc,
    }
    shared = ", ".join(f"{field}=true" for field, value in fields.items() if value)
    return Refusal("host namespaces", shared)


CONTROL = Control("hostNamespaces", Level.BASELINE, ((0, v1_0),))
