"""Escalation paths are walked on a real API server: they work as claimed, and not after the cut.

Each user holds what its path begins with, and may not read the Secrets of kube-system. A walk does
what the path says, with nothing but the user's own token and what it is given on the way.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from k8sharden.analysis.rbac.paths import Escalation, Scope, escalation, unread
from k8sharden.analysis.rbac.subjects import by_key
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import type_of
from k8sharden.places.connecting import open_cluster
from tests.servers.client import MERGE_PATCH, Client
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

RBAC = "/apis/rbac.authorization.k8s.io/v1"
GROUP = "rbac.authorization.k8s.io"
TREASURE = "/api/v1/namespaces/kube-system/secrets"
SHUT = "/api/v1/namespaces/shut"
ADMIN = "system:serviceaccount:shut:admin"
REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
REMEMBERED = 30.0
WITHIN_SHUT = frozenset({"tokens", "starter", "actor", "reader", "maker", "other"})

RULES: Mapping[str, list[dict[str, Any]]] = {
    "tokens": [{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}],
    "other": [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "resourceNames": ["plain"],
            "verbs": ["create"],
        }
    ],
    "starter": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}],
    "actor": [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]}],
    "reader": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
    "maker": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create", "get"]}],
    "master": [{"apiGroups": [""], "resources": ["users", "groups"], "verbs": ["impersonate"]}],
    "loner": [{"apiGroups": [""], "resources": ["groups"], "verbs": ["impersonate"]}],
    "binder": [
        {"apiGroups": [GROUP], "resources": ["clusterrolebindings"], "verbs": ["create"]},
        {"apiGroups": [GROUP], "resources": ["clusterroles"], "verbs": ["bind"]},
    ],
    "writer": [{"apiGroups": [GROUP], "resources": ["clusterrolebindings"], "verbs": ["create"]}],
    "joiner": [
        {
            "apiGroups": [GROUP],
            "resources": ["clusterrolebindings"],
            "resourceNames": ["the-admin"],
            "verbs": ["get", "patch"],
        },
        {
            "apiGroups": [GROUP],
            "resources": ["clusterroles"],
            "resourceNames": ["cluster-admin"],
            "verbs": ["bind"],
        },
    ],
    "riser": [
        {"apiGroups": [GROUP], "resources": ["clusterroles"], "verbs": ["escalate", "get", "patch"]}
    ],
    "tinkerer": [{"apiGroups": [GROUP], "resources": ["clusterroles"], "verbs": ["get", "patch"]}],
    "bounded": [
        {
            "apiGroups": ["authentication.k8s.io"],
            "resources": ["serviceaccounts"],
            "verbs": ["impersonate:serviceaccount"],
        },
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "verbs": ["impersonate-on:serviceaccount:create"],
        },
    ],
    "notary": [
        {
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["certificatesigningrequests", "certificatesigningrequests/approval"],
            "verbs": ["create", "update"],
        },
        {
            "apiGroups": ["certificates.k8s.io"],
            "resources": ["signers"],
            "resourceNames": ["kubernetes.io/kube-apiserver-client"],
            "verbs": ["approve"],
        },
    ],
}


def objects() -> Iterator[dict[str, Any]]:
    """Yield a namespace that enforces restricted, its admin, and what each user is given."""
    label = {"pod-security.kubernetes.io/enforce": "restricted"}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shut", "labels": label}}
    for name in ("admin", "plain"):
        meta = {"name": name, "namespace": "shut"}
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}
    yield _token("admin-token")
    account = {"kind": "ServiceAccount", "name": "admin", "namespace": "shut"}
    yield _binding("the-admin", "cluster-admin", account)
    for user, rules in RULES.items():
        subject = {"kind": "User", "name": user, "apiGroup": GROUP}
        role = {"metadata": {"name": user}, "rules": rules}
        yield {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", **role}
        yield _binding(user, user, subject, "shut" if user in WITHIN_SHUT else "")


def _binding(name: str, role: str, subject: Mapping[str, str], space: str = "") -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding" if space else "ClusterRoleBinding",
        "metadata": {"name": name, **({"namespace": space} if space else {})},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [dict(subject)],
    }


def _token(name: str) -> dict[str, Any]:
    marks = {"kubernetes.io/service-account.name": "admin"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {"name": name, "namespace": "shut", "annotations": marks},
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server with these users, and the controller that fills Secrets with tokens."""
    users: dict[str, list[str]] = {user: [] for user in RULES}
    folder = tmp_path_factory.mktemp("paths")
    only = ("serviceaccount-token-controller",)
    with started(lambda: ControlPlane(folder, users=users, controllers=only)) as running:
        for each in objects():
            running.kubectl("apply", "-f", "-", input=json.dumps(each))
        filled = lambda: "token" in _secret(running.client(), "admin-token")  # noqa: E731 - short
        running.wait_until(filled, "the Secret holds a token")
        yield running


def scanned(server: ControlPlane) -> Inventory:
    """Return what a scan reads as the cluster's administrator."""
    place = open_cluster(kubeconfig=server.kubeconfig())
    return place.collect(lambda _: None, lambda: False)


def may_take(client: Client) -> bool:
    """Whether somebody reads the Secrets of kube-system, as only an admin does here."""
    return client("GET", TREASURE).status == 200


def bearer(server: ControlPlane, token: str) -> Client:
    """Return the client of whoever holds a token."""
    return Client(server.url, server.ca_file, token)


# Walks: each does what a path says, and returns whether it led to everything.


def by_token(server: ControlPlane, user: str) -> bool:
    """Ask for a token of the admin."""
    answer = server.client(user)("POST", f"{SHUT}/serviceaccounts/admin/token", {"spec": {}})
    return answer.status == 201 and may_take(bearer(server, answer.json()["status"]["token"]))


def by_pod(server: ControlPlane, user: str) -> bool:
    """Start a pod under the admin's account, which passes restricted; its token is the admin's."""
    answer = server.client(user)("POST", f"{SHUT}/pods", POD)
    if answer.status != 201:
        return False
    assert answer.json()["spec"]["serviceAccountName"] == "admin"
    # What the kubelet of its node does: a token that is bound to this pod.
    bound = {"kind": "Pod", "apiVersion": "v1", "name": "mine"}
    path = f"{SHUT}/serviceaccounts/admin/token"
    token = server.request("POST", path, {"spec": {"boundObjectRef": bound}}).expect(201)
    taken = may_take(bearer(server, token.json()["status"]["token"]))
    server.request("DELETE", f"{SHUT}/pods/mine?gracePeriodSeconds=0").expect(200)
    return taken


POD = {
    "metadata": {"name": "mine"},
    "spec": {
        "serviceAccountName": "admin",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "mine",
                "image": "mine",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    },
}


def by_account(server: ControlPlane, user: str) -> bool:
    """Ask as the admin's account."""
    return _as(server, user, f"--as={ADMIN}")


def by_masters(server: ControlPlane, user: str) -> bool:
    """Ask as anybody in the group that is let pass."""
    return _as(server, user, "--as=anybody", "--as-group=system:masters")


def _as(server: ControlPlane, user: str, *who: str) -> bool:
    asked = ("get", "secrets", "-n", "kube-system", *who)
    return server.kubectl(*asked, user=user, check=False).returncode == 0


def by_bounded(server: ControlPlane, user: str) -> bool:
    """Ask as the admin's account for the one thing that is within bounds: its token."""
    assert not _as(server, user, f"--as={ADMIN}")
    asked = ("create", "token", "admin", "-n", "shut", f"--as={ADMIN}")
    done = server.kubectl(*asked, user=user, check=False)
    return done.returncode == 0 and may_take(bearer(server, done.stdout.strip()))


def by_secret(server: ControlPlane, user: str) -> bool:
    """Read the admin's token from its Secret."""
    token = _secret(server.client(user), "admin-token").get("token")
    return bool(token) and may_take(bearer(server, base64.b64decode(token or "").decode()))


def by_making_one(server: ControlPlane, user: str) -> bool:
    """Make a Secret that the controller fills with a token of the admin."""
    client = server.client(user)
    if client("POST", f"{SHUT}/secrets", _token("made")).status != 201:
        return False
    server.wait_until(lambda: "token" in _secret(client, "made"), "the Secret is filled")
    token = base64.b64decode(_secret(client, "made")["token"]).decode()
    taken = may_take(bearer(server, token))
    server.request("DELETE", f"{SHUT}/secrets/made").expect(200)
    return taken


def _secret(client: Client, name: str) -> dict[str, str]:
    answer = client("GET", f"{SHUT}/secrets/{name}")
    return dict(answer.json().get("data") or {}) if answer.status == 200 else {}


def by_binding(server: ControlPlane, user: str) -> bool:
    """Bind cluster-admin to oneself."""
    path = f"{RBAC}/clusterrolebindings"
    made = _binding("mine", "cluster-admin", {"kind": "User", "name": user, "apiGroup": GROUP})
    if server.client(user)("POST", path, made).status != 201:
        return False
    taken = may_take(server.client(user))
    server.request("DELETE", f"{path}/mine").expect(200)
    return taken


def by_joining(server: ControlPlane, user: str) -> bool:
    """Join the binding of the admin."""
    path = f"{RBAC}/clusterrolebindings/the-admin"
    before = server.request("GET", path).json()["subjects"]
    joined = [*before, {"kind": "User", "name": user, "apiGroup": GROUP}]
    return _patched(server, user, path, {"subjects": joined}, {"subjects": before})


def by_rules(server: ControlPlane, user: str) -> bool:
    """Write any rule into the role that one holds."""
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    path = f"{RBAC}/clusterroles/{user}"
    return _patched(server, user, path, {"rules": everything}, {"rules": RULES[user]})


def _patched(server: ControlPlane, user: str, path: str, body: Any, back: Any) -> bool:
    answer = server.client(user)("PATCH", path, body, content_type=MERGE_PATCH)
    if answer.status != 200:
        return False
    taken = may_take(server.client(user))
    server.request("PATCH", path, back, content_type=MERGE_PATCH).expect(200)
    return taken


def by_certificate(server: ControlPlane, user: str) -> bool:
    """Ask for a certificate of the admin's account, and approve it oneself."""
    client = server.client(user)
    made = client("POST", REQUESTS, request_for(ADMIN))
    if made.status != 201:
        return False
    wanted = made.json()
    condition = {"type": "Approved", "status": "True", "reason": "mine", "message": ""}
    wanted["status"] = {"conditions": [condition]}
    path = f"{REQUESTS}/{wanted['metadata']['name']}"
    approved = client("PUT", f"{path}/approval", wanted).status == 200
    server.request("DELETE", path).expect(200)
    # What the controller that signs does with what is approved.
    signed = server.client_cert_kubeconfig(ADMIN)
    asked = (f"--kubeconfig={signed}", "get", "secrets", "-n", "kube-system")
    return approved and server.kubectl(*asked, check=False).returncode == 0


def request_for(name: str, *groups: str) -> dict[str, Any]:
    """Return the request for a certificate of this user in these groups."""
    key = ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(parts))
    signed = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return {
        "metadata": {"generateName": "mine-"},
        "spec": {
            "request": base64.b64encode(signed).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    }


Walk = Callable[[ControlPlane, str], bool]

WALKS: Mapping[str, Walk] = {
    "tokens": by_token,
    "starter": by_pod,
    "actor": by_account,
    "reader": by_secret,
    "maker": by_making_one,
    "master": by_masters,
    "binder": by_binding,
    "joiner": by_joining,
    "riser": by_rules,
    "bounded": by_bounded,
    "notary": by_certificate,
}
"""The walk that each user's path describes."""

NO_WALKS: Mapping[str, Walk] = {
    "other": by_token,
    "writer": by_binding,
    "tinkerer": by_rules,
    "loner": by_masters,
}
"""What looks alike and is refused."""


def found(user: str, inventory: Inventory) -> Escalation | None:
    """Return the path of a user."""
    return escalation(by_key(f"User {user}"), inventory)


@pytest.mark.parametrize(("user", "walk"), WALKS.items(), ids=WALKS)
def test_a_path_leads_where_it_says_and_not_after_the_cut(
    server: ControlPlane, user: str, walk: Walk
) -> None:
    """The walk takes what its user may not have; once the cut is made it is refused."""
    assert not may_take(server.client(user))
    inventory = scanned(server)
    assert unread(inventory) == ()
    best = found(user, inventory)
    assert best is not None
    assert best.path.reach.scope is Scope.CLUSTER
    assert walk(server, user), best.path.said
    assert best.cut is not None
    assert best.cut.ends
    with_cut(server, best)
    # The API server keeps its answer about bounded impersonation for some seconds.
    server.wait_until(lambda: not walk(server, user), f"{best.cut.said} ends it", REMEMBERED)
    assert not may_take(server.client(user))
    left = found(user, scanned(server))
    assert (left and left.path.said) == (best.cut.survivor and best.cut.survivor.said)


def with_cut(server: ControlPlane, best: Escalation) -> None:
    """Make the change that the cut foresees: new roles first, then the binding anew."""
    assert best.cut is not None
    for ref, value in best.cut.changed.items():
        kind = type_of(ref)
        if "Binding" in ref.kind:
            server.request("DELETE", kind.path(ref.namespace, ref.name)).expect(200)
        if value is not None:
            body = {**value, "apiVersion": kind.api_version, "kind": ref.kind}
            meta = {"name": ref.name, "namespace": ref.namespace or None}
            text = json.dumps({**body, "metadata": meta})
            server.kubectl("create", "-f", "-", input=text)


@pytest.mark.parametrize(("user", "walk"), NO_WALKS.items(), ids=NO_WALKS)
def test_where_no_path_is_found_the_walk_is_refused(
    server: ControlPlane, user: str, walk: Walk
) -> None:
    """Names, the other half of a right, and a group without a user stand in the way for true."""
    assert found(user, scanned(server)) is None
    assert not walk(server, user)


def test_no_certificate_of_masters_is_asked_for(server: ControlPlane) -> None:
    """The API server refuses this group by its own signer, so a path goes by another subject."""
    answer = server.request("POST", REQUESTS, request_for("me", "system:masters"))
    assert answer.status == 403
    assert "system:masters" in answer.text
