"""Every generated policy is taken by a real API server, and its undo leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from k8sharden.analysis.network.closing import closing
from k8sharden.analysis.network.isolation import listeners
from k8sharden.analysis.network.plugins import CILIUM
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.system import is_system_namespace
from k8sharden.cluster.training import objects
from k8sharden.cluster.training.registry import SETTLED
from k8sharden.model import kinds
from k8sharden.model.change import Change, Create
from k8sharden.model.inventory import Inventory
from tests.remediations import harness
from tests.servers import crds, upstream
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

Manifest = dict[str, Any]
KINDS = (kinds.NETWORK_POLICIES, kinds.CILIUM_POLICIES)
AGENT: list[Manifest] = [
    {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "cilium", "namespace": "kube-system"},
        "spec": {
            "template": {
                "spec": {
                    "hostNetwork": True,
                    "containers": [{"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1"}],
                }
            }
        },
        "status": {"desiredNumberScheduled": 3, "numberReady": 3},
    },
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A server with Cilium's own definition, and the policies that the training cluster has."""
    definitions = upstream.definitions((upstream.CILIUM,))
    folder = tmp_path_factory.mktemp("cilium")
    with started(lambda: ControlPlane(folder)) as plane:
        crds.install(plane, definitions)
        for name in sorted({each["metadata"].get("namespace", "shop") for each in objects()}):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            plane.request("POST", "/api/v1/namespaces", body).expect(201, 409)
        for each in objects():
            if each["kind"] == kinds.NETWORK_POLICIES.kind:
                post(plane, each)
        yield plane


def post(server: ControlPlane, manifest: Manifest) -> None:
    """Create a policy; fields that the server does not know are errors."""
    ref = harness.ref_of(manifest)
    path = f"{kinds.type_of(ref).path(ref.namespace)}?fieldValidation=Strict"
    server.request("POST", path, manifest).expect(201)


def policies(server: ControlPlane) -> list[tuple[str, str, Manifest]]:
    """Return every policy that the server has, by what it says."""
    return sorted(
        (item["metadata"]["namespace"], item["metadata"]["name"], item["spec"])
        for kind in KINDS
        for item in server.request("GET", kind.path()).expect(200).json()["items"]
    )


def changes(seen: Inventory) -> Iterator[Change]:
    """Yield what closes each namespace of the training cluster, in either direction."""
    for way in Direction:
        for namespace in listeners(seen):
            if not is_system_namespace(namespace):
                yield closing(namespace, way, seen)


@pytest.mark.parametrize("plugin", ["Calico", CILIUM])
def test_it_takes_every_policy_and_is_as_before_after_the_undo(
    server: ControlPlane, plugin: str
) -> None:
    """All of the training cluster's namespaces are closed and opened again, in both directions."""
    docs = list(objects())
    if plugin == CILIUM:
        others = [each for each in docs if each["metadata"]["name"] != "calico-node"]
        docs = [*others, *AGENT]
    seen = msgspec.structs.replace(harness.inventory(docs), facts=SETTLED)
    before = policies(server)
    writes = [write for change in changes(seen) for write in change.writes]
    assert any(write.ref.kind == "CiliumNetworkPolicy" for write in writes) is (plugin == CILIUM)
    for write in writes:
        assert isinstance(write, Create)
        post(server, write.manifest)
    stored = {(space, name): spec for space, name, spec in policies(server)}
    for write in writes:
        assert isinstance(write, Create)
        assert stored[write.ref.namespace, write.ref.name] == write.manifest["spec"]
    for write in reversed(writes):
        path = kinds.type_of(write.ref).path(write.ref.namespace, write.ref.name)
        server.request("DELETE", path).expect(200)
    assert policies(server) == before
