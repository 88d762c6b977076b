"""Small clusters as manifests, and their calls in words."""

from typing import Any

from k8sharden.analysis.network.calls import calls_of
from k8sharden.analysis.network.edges import Calls, Edge, EvidenceKind
from k8sharden.model.inventory import Inventory
from tests.remediations.harness import documents, inventory


def small(*texts: str, **given: Any) -> Inventory:
    """The inventory of these manifests, as though a scan had read all there is."""
    evidence: dict[str, Any] = {"apiVersion": "tests.k8sharden/v1", "kind": "Evidence", **given}
    return inventory([*(doc for text in texts for doc in documents(text)), evidence])


def words(edge: Edge) -> str:
    """``Deployment shop/web -> StatefulSet shop/db 5432/TCP``."""
    return f"{edge.source.label} -> {edge.target.label} {edge.port}/{edge.protocol}"


def edges(*texts: str, dns: bool = False, **given: Any) -> list[str]:
    """The calls of these manifests in words, without those for names."""
    found = calls_of(small(*texts, **given)).edges
    return [words(each) for each in found if dns or not _asks_names(each)]


def evidence(*texts: str) -> list[str]:
    """What is said to show the calls of these manifests, without those for names."""
    found = calls_of(small(*texts)).edges
    return [one.said for each in found if not _asks_names(each) for one in each.evidence]


def untold(*texts: str, **given: Any) -> list[str]:
    """What nothing tells."""
    found: Calls = calls_of(small(*texts, **given))
    return [each.said for each in found.untold]


def workload(name: str, pod: str, namespace: str = "shop", kind: str = "Deployment") -> str:
    """A workload whose pods carry ``app: NAME``; ``pod`` is its specification in flow style."""
    return f"""
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {pod}
"""


def caller(env: str = "[]", more: str = "", name: str = "web", namespace: str = "shop") -> str:
    """A Deployment with one container, which is told this environment."""
    container = f"{{name: {name}, image: 'x:1', env: {env}{more}}}"
    pod = f"{{automountServiceAccountToken: false, containers: [{container}]}}"
    return workload(name, pod, namespace)


def server(
    name: str = "ledger", port: int = 5432, namespace: str = "payments", spec: str = ""
) -> str:
    """A StatefulSet with one named port, and its Service on port 80."""
    pod = (
        "{automountServiceAccountToken: false, containers: [{name: main, image: 'x:1', "
        f"ports: [{{name: main, containerPort: {port}}}]}}]}}"
    )
    extra = f", {spec}" if spec else ""
    return f"""{workload(name, pod, namespace, "StatefulSet")}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: main, port: 80, targetPort: main}}]{extra}}}
"""


SPACES = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: payments, labels: {kubernetes.io/metadata.name: payments}}
"""
"""Two namespaces."""


def _asks_names(edge: Edge) -> bool:
    return all(each.kind is EvidenceKind.DNS for each in edge.evidence)
