"""Services: what stands behind a name, and on which ports."""

import pytest

from tests.analysis.network.calls.small import (
    SPACES,
    caller,
    edges,
    server,
    untold,
    workload,
)

CALL = "Deployment shop/web -> "


def told(host: str) -> str:
    """The caller, told this host."""
    return caller(f"[{{name: BACKEND_URL, value: '{host}'}}]")


def pod(name: str, labels: str, port: int, owner: str = "") -> str:
    """A running pod in payments with a port named main; ``owner`` is a StatefulSet."""
    own = f"apiVersion: apps/v1, kind: StatefulSet, name: {owner}, controller: true"
    by = f"ownerReferences: [{{{own}}}]"
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: payments, labels: {labels}, {by if owner else ""}}}
spec: {{containers: [{{name: main, image: "x:1", ports: [{{name: main, containerPort: {port}}}]}}]}}
status: {{phase: Running, podIP: 10.244.0.9}}
"""


def test_a_named_port_that_differs_per_pod_is_every_one_of_them() -> None:
    """During a rollout old and new pods listen on different numbers under the same name."""
    old = pod("ledger-0", "{app: ledger}", 5431, "ledger")
    assert edges(SPACES, server(), old, told("http://ledger.payments")) == [
        CALL + "StatefulSet payments/ledger 5431/TCP",
        CALL + "StatefulSet payments/ledger 5432/TCP",
    ]


def test_labels_that_an_operator_gave_a_running_pod_count() -> None:
    """A database's Service selects the primary, and the template does not say who that is."""
    primary = pod("ledger-0", "{app: ledger, role: primary}", 5432, "ledger")
    service = server(name="rw").replace("selector: {app: rw}", "selector: {role: primary}")
    world = (SPACES, server(), primary, service, told("http://rw.payments"))
    assert edges(*world) == [CALL + "StatefulSet payments/ledger 5432/TCP"]


def test_a_service_of_several_workloads_leads_to_all_and_each_on_its_own_port() -> None:
    """A selector that two workloads share, as in a canary, leads to both."""
    canary = workload(
        "canary",
        "{containers: [{name: m, image: 'x:1', ports: [{name: main, containerPort: 99}]}]}",
    ).replace("labels: {app: canary}}\n    spec", "labels: {app: web}}\n    spec")
    service = server(name="web", namespace="shop").split("---")[1]
    world = (
        SPACES,
        told("x"),
        canary,
        service,
        caller("[{name: U, value: 'http://web'}]", name="a"),
    )
    assert edges(*world) == ["Deployment shop/a -> Deployment shop/canary 99/TCP"]


@pytest.mark.parametrize(
    "host",
    [
        "ledger-0.ledger.payments:80",
        "http://ledger-0.ledger.payments.svc.cluster.local",
        "http://ledger-1.ledger.payments.svc",
    ],
)
def test_a_pod_of_a_headless_service_has_a_name_of_its_own(host: str) -> None:
    """The name of a StatefulSet's pod leads to that StatefulSet alone."""
    other = workload("other", "{containers: []}").replace(
        "labels: {app: other}}\n    spec", "labels: {app: ledger}}\n    spec"
    )
    world = (SPACES, server(spec="clusterIP: None"), other, told(host))
    assert edges(*world) == [CALL + "StatefulSet payments/ledger 5432/TCP"]


def test_the_name_of_a_pod_needs_a_headless_service() -> None:
    """Behind a Service with an address, pods have no names."""
    assert edges(SPACES, server(), told("http://ledger-0.ledger.payments")) == []


def test_a_headless_service_leads_to_any_port_of_its_pods() -> None:
    """No proxy stands in between, so that a port which it does not list is the pods' own."""
    world = (SPACES, server(spec="clusterIP: None"), told("http://ledger.payments:9999"))
    assert edges(*world) == [CALL + "StatefulSet payments/ledger 9999/TCP"]


def test_a_service_with_an_address_answers_on_its_own_ports_alone() -> None:
    """What connects to another port of it is refused today as well, which is said."""
    world = (SPACES, server(), told("http://ledger.payments:9999"))
    assert edges(*world) == []
    said = "names Service payments/ledger, where nothing is known to answer"
    assert f"env BACKEND_URL of container web {said}" in untold(*world)


EXTERNAL = """
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: shop}
spec: {type: ExternalName, externalName: %s}
"""


def test_an_external_name_is_a_host_outside_or_another_service() -> None:
    """It is an alias, and may stand for a Service of another namespace."""
    outside = EXTERNAL % ("cards", "api.cards.example")
    assert edges(SPACES, outside, told("https://cards/v2")) == [CALL + "api.cards.example 443/TCP"]
    inside = EXTERNAL % ("cards", "ledger.payments.svc.cluster.local")
    assert edges(SPACES, server(), inside, told("http://cards")) == [
        CALL + "StatefulSet payments/ledger 5432/TCP"
    ]


def test_external_names_that_name_each_other_come_to_an_end() -> None:
    """A circle of aliases leads nowhere."""
    circle = (EXTERNAL % ("a", "b.shop.svc"), EXTERNAL % ("b", "a.shop.svc"))
    assert edges(SPACES, *circle, told("http://a")) == []


SLICED = """
apiVersion: v1
kind: Service
metadata: {name: mainframe, namespace: shop}
spec: {ports: [{name: main, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: mainframe-1, namespace: shop, labels: {kubernetes.io/service-name: mainframe}}
addressType: IPv4
endpoints: [{addresses: [%s]}]
ports: [{name: main, port: 1414, protocol: TCP}]
"""


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("198.51.100.9", "198.51.100.9/32"),
        ("2001:db8::9", "2001:db8::9/128"),
        ("10.244.0.9", "StatefulSet payments/ledger"),
    ],
)
def test_a_service_without_a_selector_leads_where_its_slices_say(address: str, end: str) -> None:
    """Addresses outside stay addresses; that of a pod is the pod's workload."""
    world = (SPACES, server(), pod("ledger-0", "{app: ledger}", 5432, "ledger"), SLICED % address)
    assert edges(*world, told("http://mainframe")) == [f"{CALL}{end} 1414/TCP"]


def test_the_service_of_the_api_server_is_the_control_plane() -> None:
    """Its port is where the API server really listens, by the endpoints."""
    api = SLICED.replace("mainframe-1", "kubernetes").replace("mainframe", "kubernetes")
    api = api.replace("shop", "default").replace("1414", "6443") % "192.0.2.10"
    world = (SPACES, api, told("https://kubernetes.default.svc:80"))
    assert edges(*world) == [CALL + "control plane 6443/TCP"]


def test_a_service_that_nothing_calls_is_said_and_makes_no_edge() -> None:
    """A Service alone names no caller."""
    assert edges(SPACES, server()) == []
    assert untold(SPACES, server()) == ["nothing tells who calls Service payments/ledger"]
    assert untold(SPACES, server(), told("http://ledger.payments")) == []


def test_a_service_that_is_only_measured_still_has_no_known_caller() -> None:
    """Whoever asks it for metrics is not whom it is there for."""
    measured = server().replace(
        "    metadata: {labels: {app: ledger}}",
        "    metadata: {labels: {app: ledger}, annotations: {prometheus.io/scrape: 'true'}}",
    )
    prometheus = caller(name="prometheus").replace("x:1", "prom/prometheus:v3.5.0")
    found = edges(SPACES, measured, prometheus)
    assert found == ["Deployment shop/prometheus -> StatefulSet payments/ledger 5432/TCP"]
    assert untold(SPACES, measured, prometheus) == [
        "nothing tells who calls Service payments/ledger"
    ]


def test_a_custom_resource_that_owns_a_workload_may_name_more() -> None:
    """Its operator is told things there that are not read."""
    owned = server().replace(
        "metadata: {name: ledger, namespace: payments, labels: {app: ledger}}",
        "metadata: {name: ledger, namespace: payments, ownerReferences: [{apiVersion: "
        "pg.kestrel.example/v1, kind: Cluster, name: ledger, controller: true}]}",
    )
    said = "it belongs to Cluster ledger, a resource that is not read and may name more"
    assert said in untold(SPACES, owned)
