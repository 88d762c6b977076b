"""Which hosts the kubelet asks for a workload's probes and lifecycle hooks.

The kubelet asks from the node, so that 127.0.0.1 is the node's loopback: the pod's own only where
it shares the node's network. Source: k8s.io/kubernetes v1.36, pkg/probe and pkg/kubelet/lifecycle.
"""

import ipaddress
from collections.abc import Iterator

import msgspec

from k8sharden.analysis.containers import path_of
from k8sharden.model.change import RemoveField
from k8sharden.model.pods import Container, Handler, Visited, visit_containers
from k8sharden.model.workloads import Workload


class Asked(msgspec.Struct, frozen=True):
    """A host that is asked for a container, with the steps that lead from the container to it."""

    seen: Visited
    steps: tuple[str, ...]
    host: str


def asked_hosts(workload: Workload) -> tuple[Asked, ...]:
    """Return every host that a probe or hook names; without one the kubelet asks the pod."""
    return tuple(
        Asked(seen, (*steps, source, "host"), action.host)
        for seen in visit_containers(workload.spec)
        for steps, handler in _handlers(seen.container)
        for source, action in (("httpGet", handler.http_get), ("tcpSocket", handler.tcp_socket))
        if action is not None and action.host
    )


def own_address(workload: Workload) -> tuple[RemoveField, ...]:
    """Return what has the kubelet ask the pod where it asks the loopback."""
    return tuple(
        RemoveField(path_of(workload, each.seen, *each.steps))
        for each in asked_hosts(workload)
        if is_loopback(each.host) and not each.seen.is_ephemeral
    )


def is_loopback(host: str) -> bool:
    """Whether a host is the loopback of whoever connects to it."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    # A connection to the unspecified address reaches the loopback.
    return address.is_loopback or address.is_unspecified


def _handlers(container: Container) -> Iterator[tuple[tuple[str, ...], Handler]]:
    hooks = container.lifecycle
    every = {
        ("livenessProbe",): container.liveness_probe,
        ("readinessProbe",): container.readiness_probe,
        ("startupProbe",): container.startup_probe,
        ("lifecycle", "postStart"): hooks.post_start if hooks else None,
        ("lifecycle", "preStop"): hooks.pre_stop if hooks else None,
    }
    return ((steps, handler) for steps, handler in every.items() if handler is not None)
