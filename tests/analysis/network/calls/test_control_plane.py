"""Calls of the API server, and to it."""

import pytest

from tests.analysis.network.calls.small import SPACES, caller, edges, evidence, server, untold

SERVER = "control plane -> StatefulSet payments/ledger 5432/TCP"


def webhook(client: str, kind: str = "Validating") -> str:
    """A webhook configuration with one webhook."""
    return f"""
apiVersion: admissionregistration.k8s.io/v1
kind: {kind}WebhookConfiguration
metadata: {{name: books}}
webhooks: [{{name: books.example, clientConfig: {client}}}]
"""


@pytest.mark.parametrize("kind", ["Validating", "Mutating"])
@pytest.mark.parametrize(
    "client",
    [
        "{service: {name: ledger, namespace: payments, port: 80}}",
        "{url: 'https://ledger.payments.svc:80/check'}",
    ],
)
def test_the_api_server_calls_webhooks_on_the_port_of_their_pods(kind: str, client: str) -> None:
    """The Service's port is translated; it is 443 where none is written."""
    assert edges(SPACES, server(), webhook(client, kind)) == [SERVER]


def test_a_webhooks_port_is_443_where_it_says_none() -> None:
    """A Service without that port answers nobody, which is said."""
    client = "{service: {name: ledger, namespace: payments}}"
    assert edges(SPACES, server().replace("port: 80,", "port: 443,"), webhook(client)) == [SERVER]
    assert edges(SPACES, server(), webhook(client)) == []
    lost = (
        "ValidatingWebhookConfiguration books leads to Service payments/ledger, "
        "behind which nothing is"
    )
    assert lost in untold(SPACES, server(), webhook(client))


API = """
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec: {group: metrics.k8s.io, version: v1beta1%s}
"""


def test_an_aggregated_api_is_called_and_one_of_its_own_is_not() -> None:
    """Only a group that a Service answers for leaves the API server."""
    service = ", service: {name: ledger, namespace: payments, port: 80}"
    assert edges(SPACES, server(), API % service) == [SERVER]
    assert edges(SPACES, server(), API % "") == []


RIGHTS = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [%s], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, namespace: shop, name: %s}]
"""
ENDPOINTS = """
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.10]}]
ports: [{name: https, port: 7443}]
"""


def client(carries: str = "true") -> str:
    """A workload under an account of its own."""
    new = f"automountServiceAccountToken: {carries}, serviceAccountName: web"
    return caller().replace("automountServiceAccountToken: false", new)


@pytest.mark.parametrize(
    ("world", "ports"),
    [
        ((client(), RIGHTS % ("pods", "web"), ENDPOINTS), ["7443"]),
        ((client(), RIGHTS % ("pods", "web"), ENDPOINTS.split("---", maxsplit=1)[0]), ["6443"]),
        ((client(), RIGHTS % ("pods", "web")), ["443", "6443"]),
        ((client(), RIGHTS % ("pods", "other"), ENDPOINTS), []),
        ((client("false"), RIGHTS % ("pods", "web"), ENDPOINTS), []),
    ],
)
def test_a_workload_with_a_token_and_rights_calls_the_api_server(
    world: tuple[str, ...], ports: list[str]
) -> None:
    """On the port of its endpoints, as policies see it; without either there is no sign of it."""
    assert edges(SPACES, *world) == [
        f"Deployment shop/web -> control plane {port}/TCP" for port in ports
    ]


def test_a_role_that_names_the_nodes_metrics_is_for_asking_the_kubelets() -> None:
    """They answer on port 10250."""
    found = edges(SPACES, client(), RIGHTS % ("nodes/metrics", "web"), ENDPOINTS)
    assert "Deployment shop/web -> nodes 10250/TCP" in found
    all_of_it = edges(SPACES, client(), RIGHTS % ("'*'", "web"), ENDPOINTS)
    assert "Deployment shop/web -> nodes 10250/TCP" not in all_of_it


def test_an_account_that_an_audit_log_shows_calls_the_api_server() -> None:
    """Also where no binding explains why."""
    use = {"user": "system:serviceaccount:shop:web", "verb": "get", "resource": "pods", "denied": 3}
    facts = {"usage": {"uses": [use]}}
    found = edges(SPACES, client(), ENDPOINTS, facts=facts)
    assert found == ["Deployment shop/web -> control plane 7443/TCP"]


def test_the_evidence_names_the_account() -> None:
    """Whoever doubts it can look at its rights."""
    said = "it carries a token of ServiceAccount shop/web, which has rights"
    assert said in evidence(SPACES, client(), RIGHTS % ("pods", "web"), ENDPOINTS)
