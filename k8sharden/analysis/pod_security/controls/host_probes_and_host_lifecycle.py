"""hostProbesAndHostLifecycle, baseline: probes and hooks must stay within their pod.

The kubelet sends them, so a host of one's choice is reached from the node's own address.

Restricted fields, of every container:
    livenessProbe, readinessProbe, startupProbe, lifecycle.postStart and lifecycle.preStop,
    each with httpGet.host and tcpSocket.host
Allowed values: undefined, empty.

Source: Kubernetes documentation, Pod Security Standards, "Host Probes / Lifecycle Hooks".
"""

from collections.abc import Iterator

from k8sharden.analysis.pod_security.control import Control, Refusal, Subject
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.pod_security.words import named, plural, quoted
from k8sharden.model.pods import Container, Handler


def _handlers(container: Container) -> Iterator[Handler | None]:
    """Yield the probes and hooks of a container."""
    yield container.liveness_probe
    yield container.readiness_probe
    yield container.startup_probe
    if container.lifecycle is not None:
        yield container.lifecycle.post_start
        yield container.lifecycle.pre_stop


def _hosts(container: Container) -> list[str]:
    """Return the hosts that a container has the kubelet connect to."""
    return [
        action.host
        for handler in _handlers(container)
        if handler is not None
        for action in (handler.http_get, handler.tcp_socket)
        if action is not None and action.host
    ]


def v1_34(pod: Subject) -> Refusal | None:
    """Refuse any host (KEP-4940)."""
    found = {c.name: hosts for c in pod.containers if (hosts := _hosts(c))}
    if not found:
        return None
    bad = tuple(sorted(found))
    hosts = sorted({host for c in pod.containers for host in _hosts(c)})
    uses, noun = plural(bad, "uses", "use"), plural(hosts, "probe or lifecycle host")
    detail = f"{named(bad)} {uses} {noun} {quoted(hosts)}"
    return Refusal("probe or lifecycle host", detail, bad)


CONTROL = Control("hostProbesAndHostLifecycle", Level.BASELINE, ((34, v1_34),))
