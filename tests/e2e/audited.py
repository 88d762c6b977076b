"""A cluster with an audit log, and a deployer that may do everything and does a little of it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from k8sharden.changes.bookkeeping import essential
from tests.servers.client import MERGE_PATCH, Client
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

USER = "system:serviceaccount:ci:deployer"
BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/deployer"
SPACES = ("shop", "payments")

POLICY = """
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
"""

OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: ci}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: payments}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: deployer, namespace: ci}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: deployer, labels: {team: ci}, annotations: {example.com/why: no time}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: swapper}
rules:
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings, clusterroles, clusterrolebindings]
  verbs: [get, list, create, delete, bind]
- {apiGroups: ["*"], resources: ["*"], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: escalating}
rules:
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, clusterroles]
  verbs: [escalate]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: swappers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: swapper}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: swapper}
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: silent}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: escalating}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: escalating}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: silent}]
"""
"""`swapper` may swap bindings, and grant nothing that it has not; `silent` may grant, and not ask
about others' rights."""

Requested = tuple[str, str, Any]

OTHER: tuple[Requested, ...] = (
    ("GET", "/api/v1/namespaces/shop/configmaps/other", None),
    ("GET", "/api/v1/namespaces/shop/configmaps", None),
    ("GET", "/api/v1/namespaces/payments/configmaps/settings", None),
    ("GET", "/api/v1/namespaces/payments/pods", None),
    ("GET", "/api/v1/namespaces/shop/secrets", None),
    ("GET", "/api/v1/secrets", None),
    ("GET", "/api/v1/pods", None),
    ("GET", "/api/v1/nodes", None),
    ("GET", "/apis/apps/v1/namespaces/shop/deployments", None),
    ("GET", "/metrics", None),
    ("DELETE", "/apis/apps/v1/namespaces/shop/deployments/absent", None),
    ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/absent", {}),
    ("PATCH", "/apis/apps/v1/namespaces/shop/statefulsets/web", {}),
    ("POST", "/api/v1/namespaces/shop/pods", {}),
    ("POST", "/api/v1/namespaces/shop/pods/web-0/exec", {}),
    ("POST", "/apis/apps/v1/namespaces/ci/deployments", {}),
    ("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {}),
    ("POST", "/api/v1/namespaces/ci/serviceaccounts/deployer/token", {}),
)
"""What the deployer never asked for."""


def _deployment(tag: str) -> dict[str, Any]:
    labels = {"app": "web"}
    containers = [{"name": "web", "image": f"registry.example/web:{tag}"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


@dataclass(frozen=True)
class Audited:
    """The cluster, and the deployer's client."""

    server: ControlPlane
    deployer: Client

    @property
    def log(self) -> Path:
        """The audit log as it was right after the first job, see `keep`."""
        return self.server.folder / "job.log"

    def keep(self) -> None:
        """Keep the log as it is now: what the tests ask for later is no use."""
        shutil.copy(self.server.audit_log, self.log)

    def job(self) -> list[int]:
        """Do the deployer's job: roll out twice, read one setting, look at pods and a log."""
        answers = []
        for space in SPACES:
            path = f"/apis/apps/v1/namespaces/{space}/deployments"
            answers.append(self.deployer("POST", path, _deployment("1")))
            body = {"spec": _deployment("2")["spec"]}
            answers.append(self.deployer("PATCH", f"{path}/web", body, content_type=MERGE_PATCH))
        pods = "/api/v1/namespaces/shop/pods"
        read = ("/api/v1/namespaces/shop/configmaps/settings", pods, f"{pods}/web-0/log")
        answers += [self.deployer("GET", path) for path in read]
        return [answer.status for answer in answers]

    def others(self) -> list[int]:
        """Ask for everything else; return the answers."""
        return [
            self.deployer(
                method, path, body, content_type=_TYPES.get(method, "application/json")
            ).status
            for method, path, body in OTHER
        ]

    def rbac(self) -> dict[str, Any]:
        """Return all roles and bindings as people write them."""
        found = {}
        for plural in ("roles", "rolebindings", "clusterroles", "clusterrolebindings"):
            path = f"/apis/rbac.authorization.k8s.io/v1/{plural}"
            for item in self.server.request("GET", path).expect(200).json()["items"]:
                metadata = item["metadata"]
                key = f"{plural}/{metadata.get('namespace', '')}/{metadata['name']}"
                found[key] = json.loads(json.dumps(essential(item)))
        return found


_TYPES = {"PATCH": MERGE_PATCH}


@contextmanager
def audited(folder: Path) -> Iterator[Audited]:
    """Yield a cluster with an audit log, in which the deployer has done nothing yet."""
    users: dict[str, list[str]] = {"swapper": [], "silent": [], "snoop": []}
    # It lets go of what is deleted; nothing else acts by itself.
    only = ("garbage-collector-controller",)

    def made() -> ControlPlane:
        return ControlPlane(folder, users=users, audit_policy=POLICY, controllers=only)

    with started(made) as server:
        server.kubectl("apply", "-f", "-", input=OBJECTS)
        path = "/api/v1/namespaces/ci/serviceaccounts/deployer/token"
        answer = server.request("POST", path, {"spec": {"expirationSeconds": 3600}}).expect(201)
        yield Audited(server, Client(server.url, server.ca_file, answer.json()["status"]["token"]))
