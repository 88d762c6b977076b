"""The company on a real API server, shared by the flows that leave it as they found it."""

from collections.abc import Iterator

import pytest

from tests.e2e.company import settle
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

RESTRICTED = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: almost-viewer}
rules:
- {apiGroups: [""], resources: [pods, namespaces, services, serviceaccounts, nodes,
   replicationcontrollers], verbs: [get, list]}
- {apiGroups: [apps, batch, networking.k8s.io], resources: ["*"], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: almost-viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: almost-viewer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: almost-viewer}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: shop-only, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: shop-only}]
"""


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real API server that holds what the training cluster holds."""
    users: dict[str, list[str]] = {"almost-viewer": [], "shop-only": [], "nobody": []}
    folder = tmp_path_factory.mktemp("company")
    # One lets go of what is deleted, one fills aggregated roles; others would make pods anew.
    only = ("garbage-collector-controller", "clusterrole-aggregation-controller")
    with started(lambda: ControlPlane(folder, users=users, controllers=only)) as server:
        settle(server)
        server.kubectl("apply", "-f", "-", input=RESTRICTED)
        yield server
