"""Calls of clients outside the cluster."""

import pytest

from tests.analysis.network.calls.small import SPACES, caller, edges, server

TO = "StatefulSet payments/ledger 5432/TCP"
BALANCED = "type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/24, '2001:db8::/32']"


@pytest.mark.parametrize(
    ("spec", "sources"),
    [
        ("type: NodePort", ["anywhere"]),
        ("type: LoadBalancer", ["anywhere"]),
        (BALANCED, ["anywhere"]),
        (f"{BALANCED}, externalTrafficPolicy: Cluster", ["anywhere"]),
        (f"{BALANCED}, externalTrafficPolicy: Local", ["2001:db8::/32", "203.0.113.0/24"]),
        ("type: LoadBalancer, externalTrafficPolicy: Local", ["anywhere"]),
        ("externalIPs: [203.0.113.7]", ["anywhere"]),
        ("type: ClusterIP", []),
    ],
)
def test_who_comes_in_by_a_service(spec: str, sources: list[str]) -> None:
    """The range of clients counts only where no node puts its own address in its place."""
    assert edges(SPACES, server(spec=spec)) == [f"{source} -> {TO}" for source in sources]


def test_a_host_port_leads_to_the_containers_port() -> None:
    """The node passes on what comes to its own port."""
    ports = ", ports: [{containerPort: 8080, hostPort: 80}, {containerPort: 9090}]"
    assert edges(SPACES, caller(more=ports)) == ["anywhere -> Deployment shop/web 8080/TCP"]
