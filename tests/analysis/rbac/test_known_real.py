"""The table of Kubernetes' own resources, beside what a real API server says that it has."""

import json

import pytest

from k8sharden.analysis.rbac.known import RESOURCES
from k8sharden.cluster.api import Api
from k8sharden.cluster.connect import connect
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

CHECKED_ONLY = {
    "": {
        "groups",
        "nodes/configz",
        "nodes/healthz",
        "nodes/log",
        "nodes/metrics",
        "nodes/pods",
        "nodes/spec",
        "nodes/stats",
        "users",
    },
    "certificates.k8s.io": {"signers"},
}
"""What the kubelet or the API server asks the authorizer for, and no request is for."""


def served(api: Api, group: str) -> set[str]:
    """Return the resources that a server has in a group, in the versions that it serves."""
    if not group:
        paths = ["/api/v1"]
    else:
        known = json.loads(api.raw(f"/apis/{group}"))
        paths = [f"/apis/{each['groupVersion']}" for each in known["versions"]]
    lists = [json.loads(api.raw(path))["resources"] for path in paths]
    return {each["name"] for some in lists for each in some}


@pytest.mark.parametrize("group", sorted(RESOURCES))
def test_a_group_has_no_resource_that_the_table_does_not_know(
    control_plane: ControlPlane, group: str
) -> None:
    """A star that is spelled out by the table would lose it."""
    api = Api(connect(kubeconfig=control_plane.kubeconfig()).transport)
    known = set(RESOURCES[group]) - CHECKED_ONLY.get(group, set())
    assert served(api, group) <= known
