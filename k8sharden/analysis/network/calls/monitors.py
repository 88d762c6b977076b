"""Monitors: what is asked for metrics.

Sources: prometheus-operator.dev, API reference; the annotations ``prometheus.io/…`` of Prometheus'
own example configuration for Kubernetes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8sharden.analysis.network.calls.found import Found, edge
from k8sharden.analysis.network.calls.labels import Labelled
from k8sharden.analysis.network.calls.loose import dicts, number, selector, sub, text, words
from k8sharden.analysis.network.calls.scrapers import Scrapers
from k8sharden.analysis.network.calls.services import (
    Services,
    Target,
    ports_of,
    services_of,
    workload_end,
)
from k8sharden.analysis.network.edges import Evidence, EvidenceKind, Untold
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.meta import Object
from k8sharden.model.pods import visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

_SCRAPE, _PORT, _PATH = "prometheus.io/scrape", "prometheus.io/port", "prometheus.io/path"
_USUAL = "/metrics"


def from_monitors(inventory: Inventory) -> Iterator[Found]:
    """Yield who is asked for metrics, by monitors and by annotations."""
    scrapers = Scrapers(inventory)
    yield from _by_annotation(scrapers.by_annotation, inventory)
    monitored = _Monitored(inventory)
    for kind, word in (
        (kinds.SERVICE_MONITORS, "serviceMonitor"),
        (kinds.POD_MONITORS, "podMonitor"),
    ):
        for monitor in inventory.of(kind, n.Loose):
            ref = kind.ref(monitor.namespace, monitor.name)
            asking = list(scrapers.of_monitor(monitor, word))
            if not asking:
                yield Untold(
                    ref, f"nothing was found that asks for metrics by {ref.label}", into=True
                )
            for target, path in monitored.targets(monitor, word):
                yield from _asked(asking, target, ref.label, ref, path)


def _asked(
    asking: list[Workload], target: Target, said: str, ref: Ref, path: str
) -> Iterator[Found]:
    evidence = Evidence(EvidenceKind.MONITOR, said, ref, (one_line(path, 200),))
    for workload in asking:
        if workload.ref != target.end.ref:
            yield edge(workload_end(workload.ref), target, evidence)


def _by_annotation(asking: list[Workload], inventory: Inventory) -> Iterator[Found]:
    if not asking:
        return
    for workload in workloads(inventory):
        notes = workload.template_metadata.annotation
        if notes.get(_SCRAPE) == "true":
            for port in _written(notes) or _declared(workload):
                target = Target(workload_end(workload.ref), port)
                said = f"annotation {_SCRAPE} of its pods"
                yield from _asked(asking, target, said, workload.ref, notes.get(_PATH) or _USUAL)
    services = services_of(inventory)
    for service in services.by_name.values():
        notes = service.metadata.annotation
        if notes.get(_SCRAPE) == "true":
            ref = kinds.SERVICES.ref(service.namespace, service.name)
            for target in _of_service(service, services):
                said = f"annotation {_SCRAPE} of {ref.label}"
                yield from _asked(asking, target, said, ref, notes.get(_PATH) or _USUAL)


def _of_service(service: n.Service, services: Services) -> Iterator[Target]:
    """Yield what an annotated Service leads to: its port is one of the pods' own."""
    ports = _written(service.metadata.annotation)
    for port in ports:
        yield from services.straight(service, port)
    if not ports:
        found = services.targets(service)
        yield from (each for each in found if each.end.ref and each.protocol == "TCP")


def _written(notes: Mapping[str, str]) -> list[int]:
    text = notes.get(_PORT, "")
    return [int(text)] if text.isascii() and text.isdecimal() and len(text) < _LONGEST else []


_LONGEST = 6


def _declared(workload: Workload) -> list[int]:
    """Return the ports that the containers declare, all of which Prometheus asks then."""
    ports = (
        port for seen in visit_containers(workload.spec) for port in seen.container.ports or ()
    )
    numbers = (each.container_port for each in ports if (each.protocol or "TCP") == "TCP")
    return list(dict.fromkeys(numbers))


class _Monitored:
    """What monitors select."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._services = services_of(inventory)
        services = self._services.by_name.values()
        self._by_service = Labelled((each, each.metadata.label) for each in services)
        every = workloads(inventory)
        self._by_pod = Labelled((each, each.template_metadata.label) for each in every)

    def targets(self, monitor: n.Loose, kind: str) -> Iterator[tuple[Target, str]]:
        """Yield where a monitor leads, with the path that is asked for."""
        spec = monitor.spec or {}
        chosen = selector(spec.get("selector"))
        if kind == "serviceMonitor":
            for service in self._by_service.chosen(chosen):
                if _is_in(service, monitor):
                    yield from self._through(service, spec)
            return
        for workload in self._by_pod.chosen(chosen):
            if _is_in(workload, monitor):
                yield from self._straight(workload, spec)

    def _through(self, service: n.Service, spec: Mapping[str, Any]) -> Iterator[tuple[Target, str]]:
        for endpoint in dicts(spec.get("endpoints")):
            path = text(endpoint, "path") or _USUAL
            name = text(endpoint, "port")
            if name:
                found = self._services.targets(service, name)
                yield from ((target, path) for target in found)
            else:
                for workload in self._services.backing(service):
                    yield from self._ports(workload, endpoint, path)

    def _straight(
        self, workload: Workload, spec: Mapping[str, Any]
    ) -> Iterator[tuple[Target, str]]:
        for endpoint in dicts(spec.get("podMetricsEndpoints")):
            path = text(endpoint, "path") or _USUAL
            yield from self._ports(workload, endpoint, path)

    def _ports(
        self, workload: Workload, endpoint: Mapping[str, Any], path: str
    ) -> Iterator[tuple[Target, str]]:
        wanted: int | str = number(endpoint, "portNumber") or number(endpoint, "targetPort")
        wanted = wanted or text(endpoint, "port") or text(endpoint, "targetPort")
        for port in ports_of(workload, wanted, "TCP", self._inventory) if wanted else ():
            yield Target(workload_end(workload.ref), port), path


def _is_in(item: Object | Workload, monitor: n.Loose) -> bool:
    """Whether a monitor looks in the namespace of something: in its own, unless it says more."""
    spaces = sub(monitor.spec, "namespaceSelector")
    named = words(spaces.get("matchNames"))
    return spaces.get("any") is True or item.namespace in (named or [monitor.namespace])
