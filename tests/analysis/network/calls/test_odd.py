"""Odd objects: types of a tool's own may hold anything, and break nothing."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.network.calls import calls_of
from tests.analysis.network.calls.small import SPACES, caller, server
from tests.remediations.harness import documents, inventory

_KEYS = [
    "selector", "matchLabels", "matchExpressions", "key", "operator", "values", "namespaceSelector",
    "any", "matchNames", "endpoints", "podMetricsEndpoints", "port", "portNumber", "targetPort",
    "path", "parentRefs", "name", "namespace", "kind", "rules", "matches", "backendRefs", "filters",
    "requestMirror", "backendRef", "hostnames", "gatewayClassName", "serviceMonitorSelector",
    "podMonitorSelector", "serviceMonitorNamespaceSelector", "additionalScrapeConfigs", "method",
    "service", "http", "paths", "host", "backend", "number", "value",
]  # fmt: skip
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 70_000), st.sampled_from(["", "edge", "ledger", "In"])
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5)
    ),
    max_leaves=30,
)
_SPECS = st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=6)
_GATEWAY, _MONITORING = "gateway.networking.k8s.io/v1", "monitoring.coreos.com/v1"
_LOOSE = (
    (_GATEWAY, "Gateway"),
    (_GATEWAY, "HTTPRoute"),
    (_GATEWAY, "GRPCRoute"),
    (_MONITORING, "Prometheus"),
    (_MONITORING, "ServiceMonitor"),
    (_MONITORING, "PodMonitor"),
)
_PROMETHEUS = caller(name="prom").replace("x:1", "prom/prometheus:v3")
_AROUND = [doc for text in (SPACES, server(), caller(), _PROMETHEUS) for doc in documents(text)]


@settings(max_examples=200, deadline=None)
@given(st.lists(_SPECS, min_size=6, max_size=6), st.lists(_SPECS, max_size=2))
def test_nothing_that_a_specification_holds_breaks_the_calls(
    specs: list[dict[str, Any]], rules: list[dict[str, Any]]
) -> None:
    """What is of another type than it should be counts as absent, and the rest still counts."""
    odd = [
        {"apiVersion": version, "kind": kind, "metadata": {"name": "edge", "namespace": "shop"}}
        | {"spec": spec}
        for (version, kind), spec in zip(_LOOSE, specs, strict=True)
    ]
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "edge", "namespace": "shop"},
        "spec": {"rules": rules, "defaultBackend": rules[0] if rules else None},
    }
    ledger = "nothing tells who calls Service payments/ledger"
    found = calls_of(inventory([*_AROUND, *odd, ingress]))
    called = any(each.target.ref and each.target.ref.name == "ledger" for each in found.edges)
    assert called or ledger in [each.said for each in found.untold]
