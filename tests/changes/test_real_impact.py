"""The impact against a real API server: it refuses the same pods, and denies the same rights."""

from typing import Any

import pytest

from k8sharden.analysis.pod_security.policy import PREFIX
from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.analysis.refusals import refused_in
from k8sharden.cluster.api import Api
from k8sharden.cluster.connect import connect
from k8sharden.model import kinds
from k8sharden.model.ref import Ref
from tests.cluster.fakes import scan
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
def api(control_plane: ControlPlane) -> Api:
    """An admin's client."""
    return connect(kubeconfig=control_plane.kubeconfig())


def test_the_server_warns_of_as_many_pods(control_plane: ControlPlane, api: Api) -> None:
    """A dry run of the label names as many running pods as the impact counts."""
    name = control_plane.create_namespace()
    path = f"/api/v1/namespaces/{name}"
    account = {"metadata": {"name": "default"}}
    control_plane.request("POST", f"{path}/serviceaccounts", account).expect(201)
    for number, on_host in enumerate((True, True, False)):
        pod = {
            "metadata": {"name": f"p{number}"},
            "spec": {"hostNetwork": on_host, "containers": [{"name": "web", "image": "web:1"}]},
        }
        control_plane.request("POST", f"{path}/pods", pod).expect(201)
    labels = {f"{PREFIX}enforce": "baseline"}
    found = refused_in(name, {}, labels, scan(api.transport), {})
    assert found is not None
    assert found.count == 2
    change = {"op": "add", "path": f"/metadata/labels/{PREFIX.replace('/', '~1')}enforce"}
    answer = api.patch(
        kinds.NAMESPACES.ref("", name), [change | {"value": "baseline"}], dry_run=True
    )
    assert "and 1 other pod" in " ".join(answer.warnings)


def test_the_server_denies_what_is_lost_and_allows_what_is_left(
    control_plane: ControlPlane, api: Api
) -> None:
    """After a binding is gone, each lost right is denied, and one that a group gives is not."""
    name = control_plane.create_namespace()
    role, binding = kinds.ROLES.ref(name, "r"), kinds.ROLE_BINDINGS.ref(name, "b")
    other = kinds.ROLE_BINDINGS.ref(name, "everyone")
    api.create(_role(role, "get", "delete"), role)
    api.create(_role(kinds.ROLES.ref(name, "few"), "get"), kinds.ROLES.ref(name, "few"))
    robot = {"kind": "ServiceAccount", "name": "robot", "namespace": name}
    group = {"kind": "Group", "apiGroup": RBAC, "name": f"system:serviceaccounts:{name}"}
    api.create(_binding(binding, "r", robot), binding)
    api.create(_binding(other, "few", group), other)
    (impact,) = lost_access({binding: None}, scan(api.transport))
    assert impact.count == 1
    assert f"loses 1 right: delete secrets in {name}; " in impact.said

    # Without a controller that would let go of it, an orphaning delete leaves it as it is.
    path = kinds.ROLE_BINDINGS.path(name, "b")
    control_plane.request("DELETE", path).expect(200)
    asked = {"group": "", "resource": "secrets", "namespace": name}
    groups = ("system:serviceaccounts", group["name"], "system:authenticated")

    def may(verb: str) -> bool:
        user = f"system:serviceaccount:{name}:robot"
        return api.may(user, groups, asked | {"verb": verb}).allowed

    control_plane.wait_until(lambda: not may("delete"), "the binding is forgotten")
    assert may("get")


def _role(ref: Ref, *verbs: str) -> dict[str, Any]:
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": list(verbs)}]
    return _head(ref) | {"rules": rules}


def _binding(ref: Ref, role: str, subject: dict[str, str]) -> dict[str, Any]:
    target = {"apiGroup": RBAC, "kind": "Role", "name": role}
    return _head(ref) | {"roleRef": target, "subjects": [subject]}


def _head(ref: Ref) -> dict[str, Any]:
    metadata = {"name": ref.name, "namespace": ref.namespace}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}
