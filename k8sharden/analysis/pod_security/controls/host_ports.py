"""hostPorts, baseline: a container must not listen on a port of its node.

Restricted fields, of every container:
    ports[*].hostPort
Allowed values: 0, undefined.

Source: Kubernetes documentation, Pod Security Standards, "Host Ports".
"""

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named, plural


def v1_0(pod: Subject) -> Refusal | None:
    """Refuse containers with a port on the node; ports are printed in the order of text."""
    used = [
        (c.name, str(p.host_port)) for c in pod.containers for p in c.ports or () if p.host_port
    ]
    if not used:
        return None
    bad = tuple(c.name for c in pod.containers if any(p.host_port for p in c.ports or ()))
    ports = sorted({port for _, port in used})
    uses, noun = plural(bad, "uses", "use"), plural(ports, "hostPort")
    return Refusal("hostPort", f"{named(bad)} {uses} {noun} {', '.join(ports)}", bad)


CONTROL = Control("hostPorts", Level.BASELINE, ((0, v1_0),))
