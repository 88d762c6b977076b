"""Scrapers: which workloads ask others for metrics, and on whose behalf.

Sources: prometheus-operator.dev, API reference (Prometheus, ServiceMonitor, PodMonitor); the
images of the projects named here.
"""

import re
from collections.abc import Iterator

from k8sharden.analysis.images import parse_image
from k8sharden.analysis.network.calls.loose import selector, sub, text
from k8sharden.analysis.selectors import chooses
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import Workload, workloads

_SCRAPES = re.compile(
    r"(?:^|/)(?:prometheus|vmagent|victoria-metrics|vmsingle|alloy|telegraf)$|grafana/agent$"
)
_COLLECTS = re.compile(r"opentelemetry-collector|otelcol|(?:^|/)opentelemetry-operator/collector")
_OWNER_LABEL = "operator.prometheus.io/name"


class Scrapers:
    """The workloads that ask for metrics, those of Prometheus resources apart."""

    def __init__(self, inventory: Inventory) -> None:
        self._spaces = {each.name: each.metadata.label for each in inventory.namespaces}
        every = workloads(inventory)
        found = [each for each in every if _is_by_image(each, _SCRAPES)]
        found = found or [each for each in every if _is_by_image(each, _COLLECTS)]
        self._made: list[tuple[n.Loose, Workload]] = []
        for prometheus in inventory.of(kinds.PROMETHEUSES, n.Loose):
            made = (each for each in every if _is_of(each, prometheus))
            self._made += [(prometheus, each) for each in made]
        refs = {each.ref for _, each in self._made}
        self.free = [each for each in found if each.ref not in refs]

    @property
    def by_annotation(self) -> list[Workload]:
        """Those that may go by annotations: of an operator's only where it was told more."""
        told = [each for own, each in self._made if sub(own.spec, "additionalScrapeConfigs")]
        return [*self.free, *told]

    def of_monitor(self, monitor: n.Loose, kind: str) -> Iterator[Workload]:
        """Yield what a ServiceMonitor or PodMonitor is for; without a Prometheus, all others."""
        if not self._made:
            yield from self.free
        for prometheus, workload in self._made:
            if self._selects(prometheus, monitor, kind):
                yield workload

    def _selects(self, prometheus: n.Loose, monitor: n.Loose, kind: str) -> bool:
        spec = prometheus.spec or {}
        spaces = spec.get(f"{kind}NamespaceSelector")
        if not chooses(selector(spec.get(f"{kind}Selector")), monitor.metadata.label):
            return False
        if spaces is None:
            return monitor.namespace == prometheus.namespace
        return chooses(selector(spaces), self._spaces.get(monitor.namespace, {}))


def _is_by_image(workload: Workload, pattern: re.Pattern[str]) -> bool:
    images = (
        parse_image(seen.container.image)
        for seen in visit_containers(workload.spec)
        if seen.list_name == "containers"
    )
    return any(image and pattern.search(image.path) for image in images)


def _is_of(workload: Workload, prometheus: n.Loose) -> bool:
    """Whether the operator made a workload for a Prometheus resource."""
    if workload.namespace != prometheus.namespace:
        return False
    owner = workload.metadata.controller
    owned = owner is not None and (owner.kind, owner.name) == ("Prometheus", prometheus.name)
    return owned or text(workload.template_metadata.label, _OWNER_LABEL) == prometheus.name
