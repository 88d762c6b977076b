"""Ownership against a real API server: what its field managers and `kubectl apply` leave behind."""

import json

import pytest

from k8sharden.analysis.ownership import OwnerKind, owner_of_object
from k8sharden.changes.bind import bind
from k8sharden.changes.elsewhere import elsewhere
from k8sharden.model.change import SetField
from tests.changes.values import CONTAINER, SPEC, WEB, deployment, patch
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real
PATH = "/apis/apps/v1/namespaces/shop/deployments"


@pytest.fixture
def server(control_plane: ControlPlane) -> ControlPlane:
    """A server with an empty namespace shop."""
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    control_plane.request("POST", "/api/v1/namespaces", shop).expect(201, 409)
    control_plane.request("DELETE", f"{PATH}/web").expect(200, 404)
    return control_plane


def manifest() -> dict[str, object]:
    """Return the Deployment as somebody keeps it in a file."""
    value = deployment()
    del value["metadata"]["uid"], value["metadata"]["resourceVersion"]
    return value


@pytest.mark.parametrize(
    ("manager", "kind"),
    [
        ("argocd-controller", OwnerKind.ARGOCD),
        ("kustomize-controller", OwnerKind.FLUX),
        ("helm", OwnerKind.HELM),
        ("kubectl-edit", OwnerKind.NONE),
    ],
)
def test_the_server_writes_down_who_applied(
    server: ControlPlane, manager: str, kind: OwnerKind
) -> None:
    """A server-side apply leaves the tool's field manager, which is read back as its owner."""
    server.kubectl(
        "apply", "--server-side", f"--field-manager={manager}", "-f", "-",
        input=json.dumps(manifest()),
    )  # fmt: skip
    live = server.request("GET", f"{PATH}/web").expect(200).json()
    assert owner_of_object(live).kind is kind


def test_kubectl_apply_does_what_the_hint_says(server: ControlPlane) -> None:
    """The next apply puts a field that its manifest names back, and leaves the others alone."""
    text = json.dumps(manifest())
    server.kubectl("apply", "-f", "-", input=text)
    live = server.request("GET", f"{PATH}/web").expect(200).json()
    image = bind(patch(SetField((*CONTAINER, "image"), "web:2")), live)
    grace = bind(patch(SetField((*SPEC, "terminationGracePeriodSeconds"), 5)), live)
    assert "puts spec.template.spec.containers[name=web].image back" in elsewhere(image)
    assert "leaves them alone" in elsewhere(grace)

    merge = {"spec": {"template": {"spec": {
        "terminationGracePeriodSeconds": 5, "containers": [{"name": "web", "image": "web:2"}],
    }}}}  # fmt: skip
    server.kubectl("patch", "deployment", WEB.name, "-n", "shop", "-p", json.dumps(merge))
    server.kubectl("apply", "-f", "-", input=text)
    spec = server.request("GET", f"{PATH}/web").expect(200).json()["spec"]["template"]["spec"]
    images = {each["name"]: each["image"] for each in spec["containers"]}
    assert (images["web"], spec["terminationGracePeriodSeconds"]) == ("web:1", 5)
