"""What the catalogue takes for dangerous a real API server allows; the look-alike it refuses."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from k8sharden.model.change import Change
from remediations.rbac.aggregate_leak import ITEM
from tests.remediations import harness
from tests.servers.client import MERGE_PATCH
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

Document = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
ROLES = f"/apis/{RBAC}/v1/clusterroles"
CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
ENFORCE = "pod-security.kubernetes.io/enforce"


def grant(server: ControlPlane, name: str, rules: list[Document], namespace: str = "") -> None:
    """Give the user `nobody` these rules, everywhere or in one namespace."""
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    home = f"/apis/{RBAC}/v1" + (f"/namespaces/{namespace}" if namespace else "")
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "nobody"}],
    }
    server.request("POST", ROLES, {**role, "rules": rules}).expect(201)
    server.request("POST", f"{home}/{kind.lower()}s", binding).expect(201)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server of its own: the user `nobody` is given more and more."""
    folder = tmp_path_factory.mktemp("rights")
    with started(lambda: ControlPlane(folder, users={"nobody": []})) as running:
        yield running


@pytest.fixture
def space(server: ControlPlane) -> str:
    """A namespace that enforces restricted."""
    return server.create_namespace({ENFORCE: "restricted"})


@pytest.mark.parametrize(
    ("method", "verb", "subresource"),
    [("PATCH", "patch", ""), ("PATCH", "patch", "/status"), ("PUT", "update", "/finalize")],
)
def test_a_role_binding_is_enough_to_take_labels_off_its_namespace(
    server: ControlPlane, space: str, method: str, verb: str, subresource: str
) -> None:
    """The sub-resources store labels like the namespace itself, and other namespaces stay shut."""
    rule = {"apiGroups": [""], "resources": [f"namespaces{subresource}"], "verbs": [verb]}
    grant(server, f"labels-{space}", [rule], space)
    ask = server.client("nobody")
    path = f"/api/v1/namespaces/{space}"
    body: Document = {"metadata": {"labels": {ENFORCE: None}}}
    if method == "PUT":
        body = server.request("GET", path).json()
        del body["metadata"]["labels"][ENFORCE]
    ask(method, path + subresource, body, content_type=_type(method)).expect(200)
    assert ENFORCE not in server.request("GET", path).json()["metadata"]["labels"]
    other = server.create_namespace()
    elsewhere = f"/api/v1/namespaces/{other}{subresource}"
    ask(method, elsewhere, body, content_type=_type(method)).expect(403)


def _type(method: str) -> str:
    return MERGE_PATCH if method == "PATCH" else "application/json"


def test_only_approve_on_the_requests_signer_lets_somebody_approve(
    server: ControlPlane,
) -> None:
    """Neither the sub-resource alone, nor to sign, nor another signer is enough; the domain is."""
    _request(server)
    approval = {"resources": ["certificatesigningrequests/approval"], "verbs": ["update", "get"]}
    _certificates(server, "csr-approval", approval)
    signing = {"resources": ["signers"], "verbs": ["sign"]}
    _certificates(server, "csr-sign", signing)
    serving = {"resources": ["signers"], "verbs": ["approve"]}
    names = {"resourceNames": ["kubernetes.io/kubelet-serving"]}
    _certificates(server, "csr-serving", {**serving, **names})
    assert _approve(server) == 403
    domain = {"resourceNames": ["kubernetes.io/*"]}
    _certificates(server, "csr-domain", {**serving, **domain})
    server.wait_until(lambda: _approve(server) == 200, "the approval")


def _certificates(server: ControlPlane, name: str, rule: Document) -> None:
    grant(server, name, [{"apiGroups": ["certificates.k8s.io"], **rule}])


def _request(server: ControlPlane) -> None:
    """Ask for a certificate in the name of ada."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ada@kestrel.example")])
    asked = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = asked.public_bytes(Encoding.PEM)
    body = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "ada"},
        "spec": {
            "request": b64encode(pem).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    }
    server.request("POST", CSRS, body).expect(201)


def _approve(server: ControlPlane) -> int:
    """Approve the request as `nobody`, and return the answer's status."""
    body = server.request("GET", f"{CSRS}/ada").json()
    condition = {"type": "Approved", "status": "True", "reason": "Help", "message": "desk"}
    body["status"] = {"conditions": [condition]}
    return server.client("nobody")("PUT", f"{CSRS}/ada/approval", body).status


def test_without_its_label_a_role_leaves_what_it_was_added_to(
    control_plane_with_controllers: ControlPlane,
) -> None:
    """The controller fills `edit` from the labels, wholesale: the change is made, and works."""
    server = control_plane_with_controllers
    role = {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "team-labels", "labels": {f"{RBAC}/aggregate-to-edit": "true"}},
        "rules": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["patch"]}],
    }
    server.request("POST", ROLES, role).expect(201)
    server.wait_until(lambda: _labels_spaces(server, "edit"), "edit takes the role in")
    server.wait_until(lambda: _labels_spaces(server, "admin"), "admin takes edit in")
    path = f"{ROLES}/team-labels"
    live = server.request("GET", path).json()
    change = harness.remedy(ITEM, [live])
    assert isinstance(change, Change)
    (after,) = harness.applied([live], [change])
    server.request("PUT", path, after).expect(200)
    server.wait_until(lambda: not _labels_spaces(server, "admin"), "admin is filled anew")
    server.request("DELETE", path).expect(200)


def _labels_spaces(server: ControlPlane, name: str) -> bool:
    """Whether a ClusterRole allows patching namespaces."""
    rules = server.request("GET", f"{ROLES}/{name}").json()["rules"] or []
    return any("namespaces" in rule["resources"] and "patch" in rule["verbs"] for rule in rules)
