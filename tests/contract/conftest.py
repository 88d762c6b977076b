"""The two clusters, with the same users and the same rights."""

from __future__ import annotations

from functools import cache

import pytest
import yaml

from k8sharden.cluster.connect import connect
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.transport import Transport
from tests.contract.clusters import Cluster
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import GRANTS, USERS

METRICS = "# TYPE apiserver_audit_event_total counter\napiserver_audit_event_total 0\n"
FLAGS = {"authorization-mode": "[RBAC]", "audit-policy-file": "", "encryption-provider-config": ""}


@pytest.fixture(scope="session")
def memory_cluster() -> Cluster:
    """The cluster in memory."""
    users = {name: tuple(groups) for name, groups in USERS.items()}
    memory = MemoryCluster(
        yaml.safe_load_all(GRANTS), version="v1.36.4", metrics=METRICS, flags=FLAGS, users=users
    )
    return Cluster(memory.transport, is_real=False)


@pytest.fixture(scope="session")
def real_cluster(control_plane: ControlPlane) -> Cluster:
    """A real kube-apiserver, shared by the whole run."""

    @cache
    def transport(user: str) -> Transport:
        return connect(kubeconfig=control_plane.kubeconfig(user)).transport

    return Cluster(transport, is_real=True)


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.real)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """One cluster, then the other."""
    found: Cluster = request.getfixturevalue(f"{request.param}_cluster")
    return found


@pytest.fixture
def both(memory_cluster: Cluster, real_cluster: Cluster) -> tuple[Cluster, Cluster]:
    """Both clusters, for tests that compare them."""
    return memory_cluster, real_cluster
