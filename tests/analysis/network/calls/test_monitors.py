"""Calls for metrics."""

import pytest

from k8sharden.analysis.network.calls import calls_of
from tests.analysis.network.calls.small import SPACES, caller, edges, server, small, untold

TO_LEDGER = "StatefulSet payments/ledger 5432/TCP"


def scraper(image: str = "quay.io/prometheus/prometheus:v3.5.0", labels: str = "") -> str:
    """A workload that asks for metrics."""
    text = caller(name="prom").replace("x:1", image)
    return text.replace(
        "metadata: {labels: {app: prom}}", f"metadata: {{labels: {{app: prom{labels}}}}}"
    )


def annotated(notes: str) -> str:
    """The ledger, whose pods carry these annotations."""
    return server().replace(
        "    metadata: {labels: {app: ledger}}",
        f"    metadata: {{labels: {{app: ledger}}, annotations: {{{notes}}}}}",
    )


@pytest.mark.parametrize(
    ("image", "asks"),
    [
        ("quay.io/prometheus/prometheus:v3.5.0", True),
        ("registry.kestrel.example/mirror/prometheus:v3.5.0", True),
        ("victoriametrics/vmagent:v1.120.0", True),
        ("grafana/alloy:v1.10.0", True),
        ("grafana/agent:v0.44.0", True),
        ("otel/opentelemetry-collector-contrib:0.131.0", True),
        ("quay.io/prometheus-operator/prometheus-operator:v0.85.0", False),
        ("prom/prometheus-exporter:1", False),
    ],
)
def test_annotated_pods_are_asked_by_what_goes_by_annotations(image: str, asks: bool) -> None:  # noqa: FBT001 - a table
    """Where nothing of that kind runs, nobody asks."""
    found = edges(SPACES, annotated("prometheus.io/scrape: 'true'"), scraper(image))
    assert found == ([f"Deployment shop/prom -> {TO_LEDGER}"] if asks else [])


@pytest.mark.parametrize(
    ("notes", "port"),
    [
        ("prometheus.io/scrape: 'true', prometheus.io/port: '9187'", 9187),
        ("prometheus.io/scrape: 'true', prometheus.io/port: nonsense", 5432),
        ("prometheus.io/scrape: 'true', prometheus.io/port: '٣'", 5432),
        ("prometheus.io/scrape: 'false'", 0),
        ("prometheus.io/port: '9187'", 0),
    ],
)
def test_the_annotated_port_counts_or_all_that_are_declared(notes: str, port: int) -> None:
    """It is a port of the pods, whatever a Service makes of it."""
    found = edges(SPACES, annotated(notes), scraper())
    end = f"Deployment shop/prom -> StatefulSet payments/ledger {port}/TCP"
    assert found == ([end] if port else [])


@pytest.mark.parametrize(("notes", "port"), [(", prometheus.io/port: '9187'", 9187), ("", 5432)])
def test_an_annotated_service_has_its_pods_asked(notes: str, port: int) -> None:
    """The annotated port is the pods' own there too."""
    service = server().replace(
        "kind: Service\nmetadata: {name: ledger,",
        "kind: Service\nmetadata: {annotations: "
        f"{{prometheus.io/scrape: 'true'{notes}}}, name: ledger,",
    )
    end = f"Deployment shop/prom -> StatefulSet payments/ledger {port}/TCP"
    assert edges(SPACES, service, scraper()) == [end]


def monitor(kind: str = "ServiceMonitor", spec: str = "", labels: str = "{}") -> str:
    """A monitor in shop."""
    return f"""
apiVersion: monitoring.coreos.com/v1
kind: {kind}
metadata: {{name: books, namespace: shop, labels: {labels}}}
spec: {spec}
"""


PROMETHEUS = """
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: shop}
spec: %s
"""
MADE = ", operator.prometheus.io/name: main"
ELSEWHERE = "{matchLabels: {kubernetes.io/metadata.name: payments}}"
NAMED = "namespaceSelector: {matchNames: [payments]}"
MAIN = "endpoints: [{port: main}]"
LEDGER = "{matchLabels: {app: ledger}}"
EXISTS = "{matchExpressions: [{key: app, operator: Exists}]}"
ANY = "selector: {}, namespaceSelector: {any: true}"
LABELLED = server().replace(
    "kind: Service\nmetadata: {name: ledger,",
    "kind: Service\nmetadata: {labels: {app: ledger}, name: ledger,",
)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (f"{{{ANY}, endpoints: [{{port: main}}]}}", True),
        (f"{{selector: {LEDGER}, {NAMED}, {MAIN}}}", True),
        (f"{{selector: {{matchLabels: {{app: other}}}}, {NAMED}, {MAIN}}}", False),
        (f"{{selector: {EXISTS}, {NAMED}, endpoints: [{{targetPort: 5432}}]}}", True),
        ("{selector: {}, endpoints: [{port: main}]}", False),
        (f"{{{ANY}, endpoints: [{{port: other}}]}}", False),
        (f"{{{ANY}, endpoints: [{{targetPort: main}}]}}", True),
        (f"{{{ANY}, endpoints: 7}}", False),
        (f"{{{ANY}}}", False),
    ],
)  # fmt: skip
def test_a_service_monitor_leads_to_the_pods_behind_what_it_selects(spec: str, found: bool) -> None:  # noqa: FBT001 - a table
    """By labels of Services, in its own namespace unless it says more, on the port it names."""
    ends = edges(SPACES, LABELLED, scraper(), monitor(spec=spec))
    assert ends == ([f"Deployment shop/prom -> {TO_LEDGER}"] if found else [])


@pytest.mark.parametrize("port", ["port: main", "portNumber: 5432", "targetPort: 5432"])
def test_a_pod_monitor_leads_to_pods(port: str) -> None:
    """By labels of the pods themselves, on a port by name or number."""
    spec = f"{{{ANY}, podMetricsEndpoints: [{{{port}, path: /stats}}]}}"
    world = (SPACES, server(), monitor("PodMonitor", spec))
    assert f"Deployment shop/prom -> {TO_LEDGER}" in edges(*world, scraper())
    kept = [one for each in calls_of(small(*world, scraper())).edges for one in each.evidence]
    assert ("/stats",) in [one.paths for one in kept]


@pytest.mark.parametrize(
    ("selecting", "asks"),
    [
        ("{serviceMonitorSelector: {}}", True),
        ("{serviceMonitorSelector: {matchLabels: {team: a}}}", True),
        ("{serviceMonitorSelector: {matchLabels: {team: b}}}", False),
        ("{podMonitorSelector: {}}", False),
        ("{serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}}", True),
        (f"{{serviceMonitorSelector: {{}}, serviceMonitorNamespaceSelector: {ELSEWHERE}}}", False),
    ],
)
def test_a_prometheus_resource_takes_the_monitors_that_it_selects(
    selecting: str,
    asks: bool,  # noqa: FBT001 - a table
) -> None:
    """What the operator made for it asks then; a monitor that nobody selects is said."""
    spec = f"{{{ANY}, endpoints: [{{port: main}}]}}"
    world = (SPACES, LABELLED, PROMETHEUS % selecting, scraper(labels=MADE))
    found = edges(*world, monitor(spec=spec, labels="{team: a}"))
    assert found == ([f"Deployment shop/prom -> {TO_LEDGER}"] if asks else [])
    lost = "nothing was found that asks for metrics by ServiceMonitor shop/books"
    assert (lost in untold(*world, monitor(spec=spec, labels="{team: a}"))) is not asks


def test_a_prometheus_of_an_operator_goes_by_annotations_only_where_it_is_told_to() -> None:
    """Its configuration is made of monitors."""
    pods = annotated("prometheus.io/scrape: 'true'")
    plain = (SPACES, pods, scraper(labels=MADE), PROMETHEUS % "{serviceMonitorSelector: {}}")
    assert edges(*plain) == []
    more = PROMETHEUS % "{additionalScrapeConfigs: {name: s, key: k}}"
    assert edges(SPACES, pods, scraper(labels=MADE), more) == [
        f"Deployment shop/prom -> {TO_LEDGER}"
    ]
