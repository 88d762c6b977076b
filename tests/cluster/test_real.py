"""Connection and collector against a real API server, as users with different rights."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8sharden.cli.permissions import permissions
from k8sharden.cluster import keyring_store
from k8sharden.cluster.connect import connect
from k8sharden.errors import ClusterUnavailable, InputError, Unauthorized
from k8sharden.model import kinds
from k8sharden.model.inventory import Coverage, Inventory
from tests.cluster.fakes import scan
from tests.e2e.proxy import recording, through
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

pytestmark = pytest.mark.real

SECRET = "hunter2-hunter2"  # noqa: S105 - the value that must not leave the cluster

OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: live-shop}
---
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: live-shop}
stringData: {password: hunter2-hunter2}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: live-shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1"}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: empty, namespace: live-shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
"""


@pytest.fixture(scope="module", autouse=True)
def _objects(control_plane: ControlPlane) -> Iterator[None]:
    """A small application, with a Secret whose value is in its last-applied annotation."""
    control_plane.kubectl("apply", "-f", "-", input=OBJECTS)
    yield
    control_plane.kubectl("delete", "namespace", "live-shop", "--wait=false")


def read(kubeconfig: Path, *namespaces: str) -> Inventory:
    """Scan through a kubeconfig."""
    return scan(connect(kubeconfig=kubeconfig).transport, namespaces=namespaces)


def changed(control_plane: ControlPlane, folder: Path, section: str, **values: Any) -> Path:
    """A kubeconfig whose cluster or user has other values."""
    config = json.loads(control_plane.kubeconfig("auditor").read_text())
    inner = config[f"{section}s"][0][section]
    inner.update({name.replace("_", "-"): value for name, value in values.items()})
    for name in [name for name, value in values.items() if value is None]:
        del inner[name.replace("_", "-")]
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return file


def test_an_auditor_reads_everything(control_plane: ControlPlane) -> None:
    """With the right to read all, every type is complete and the evidence is there."""
    inventory = read(control_plane.kubeconfig("auditor"))
    assert all(entry.complete for entry in inventory.ledger.values())
    assert inventory.source.server_version == control_plane.version
    assert inventory.source.cluster_uid
    assert "web" in [item.name for item in inventory.objects["deployments.apps"]]
    assert inventory.control_plane.values("authorization-mode") == ("RBAC",)
    assert inventory.control_plane.values("audit-policy-file") == ("",)
    assert inventory.control_plane.family("apiserver_audit_event_total")
    assert inventory.odd == ()


def test_secret_values_do_not_leave_the_cluster(control_plane: ControlPlane) -> None:
    """Even the administrator's inventory holds the name of a Secret and nothing of its value."""
    control_plane.kubectl("apply", "-f", "-", input=OBJECTS)
    inventory = read(control_plane.kubeconfig())
    (secret,) = [item for item in inventory.objects["secrets"] if item.name == "database"]
    assert "kubectl.kubernetes.io/last-applied-configuration" in secret.metadata.annotation
    assert SECRET not in repr(inventory)


def test_a_viewer_learns_what_is_missing(control_plane: ControlPlane) -> None:
    """Who may not list secrets or roles gets the rest, and the permissions that are missing."""
    inventory = read(control_plane.kubeconfig("viewer"))
    assert inventory.entry(kinds.DEPLOYMENTS).complete
    for kind in (kinds.SECRETS, kinds.CLUSTER_ROLES, kinds.NODES):
        entry = inventory.entry(kind)
        assert entry.status is Coverage.FORBIDDEN, kind.key
        assert entry.permission.startswith(f"list {kind.key}")
    assert inventory.ledger["/metrics"].permission == "get /metrics"


def test_a_user_of_one_namespace_gets_a_useful_scan(control_plane: ControlPlane) -> None:
    """Where only one namespace may be read, that one is, down to its own labels."""
    inventory = read(control_plane.kubeconfig("namespaced"), "team-a")
    assert inventory.entry(kinds.DEPLOYMENTS).namespaces == frozenset({"team-a"})
    assert [item.name for item in inventory.namespaces] == ["team-a"]
    assert inventory.entry(kinds.CLUSTER_ROLE_BINDINGS).status is Coverage.FORBIDDEN


def test_a_user_without_rights_is_told(control_plane: ControlPlane) -> None:
    """An empty inventory would look like a clean cluster, so it is an error."""
    with pytest.raises(ClusterUnavailable, match="read nothing"):
        read(control_plane.kubeconfig("nobody"))


def test_the_roles_that_we_print_are_enough(control_plane: ControlPlane) -> None:
    """Whoever is bound to what `k8sharden permissions` prints reads everything."""
    role = CliRunner().invoke(permissions, []).output
    control_plane.kubectl("apply", "-f", "-", input=role)
    binding = ("clusterrolebinding", "scanner", "--clusterrole=k8sharden-scan", "--user=scanner")
    control_plane.kubectl("create", *binding)
    inventory = read(control_plane.client_cert_kubeconfig("scanner"))
    control_plane.kubectl("delete", "clusterrolebinding/scanner", "clusterrole/k8sharden-scan")
    assert [entry for entry in inventory.ledger.values() if not entry.complete] == []
    assert inventory.source.cluster_uid


def test_a_client_certificate_logs_in(control_plane: ControlPlane) -> None:
    """A kubeconfig with a certificate and key works as one with a token."""
    inventory = read(control_plane.client_cert_kubeconfig("joan", ["auditors"]))
    assert inventory.entry(kinds.SECRETS).complete


def test_an_address_with_a_token_from_the_keyring_logs_in(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--server uses the keyring's token, and the system's certificate authorities."""
    monkeypatch.setattr(keyring_store, "_get", {control_plane.url: control_plane.admin_token}.get)
    with pytest.raises(ClusterUnavailable, match="is not trusted"):
        connect(server=control_plane.url).version()
    monkeypatch.setenv("SSL_CERT_FILE", str(control_plane.ca_file))
    assert connect(server=control_plane.url).can_i("list", kinds.SECRETS).allowed


def test_an_exec_plugin_logs_in(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Credentials that a program prints are used."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": control_plane.token("auditor")},
    }
    script = tmp_path / "plugin.py"
    script.write_text(f"print({json.dumps(json.dumps(credential))})\n")
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(script)],
        "interactiveMode": "Never",
    }
    file = changed(control_plane, tmp_path, "user", token=None, exec=plugin)
    assert read(file).entry(kinds.SECRETS).complete


def test_a_short_lived_token_is_renewed(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A plugin's token that has expired is fetched anew, without a failed request."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {
            "token": control_plane.token("auditor"),
            "expirationTimestamp": "2020-01-01T00:00:00Z",
        },
    }
    log = tmp_path / "calls"
    script = tmp_path / "plugin.py"
    script.write_text(
        f"open({str(log)!r}, 'a').write('x')\nprint({json.dumps(json.dumps(credential))})\n"
    )
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(script)],
        "interactiveMode": "Never",
    }
    api = connect(kubeconfig=changed(control_plane, tmp_path, "user", token=None, exec=plugin))
    assert api.version() == control_plane.version
    assert len(log.read_text()) >= 2


def test_a_wrong_token_is_refused(control_plane: ControlPlane, tmp_path: Path) -> None:
    """Credentials that the server does not know end the scan with the context's name."""
    with pytest.raises(Unauthorized, match="context test were refused"):
        read(changed(control_plane, tmp_path, "user", token="expired"))  # noqa: S106 - not one


def test_an_untrusted_certificate_is_refused(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A server whose certificate the kubeconfig does not trust is not spoken to."""
    file = changed(control_plane, tmp_path, "cluster", certificate_authority_data=None)
    with pytest.raises(ClusterUnavailable, match="is not trusted"):
        read(file)


def test_a_damaged_authority_is_one_line(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A certificate authority that is no certificate is said, whenever it is noticed."""
    file = changed(control_plane, tmp_path, "cluster", certificate_authority_data="AAAA")
    with pytest.raises((ClusterUnavailable, InputError), match=r"certificate"):
        read(file)


@pytest.mark.parametrize(
    "values",
    [
        {"certificate_authority_data": None, "insecure_skip_tls_verify": True},
        {"tls_server_name": "kubernetes.default.svc"},
    ],
    ids=["insecure", "server name"],
)
def test_settings_of_tls_are_honoured(
    control_plane: ControlPlane, tmp_path: Path, values: dict[str, Any]
) -> None:
    """What a kubeconfig says of TLS is done."""
    file = changed(control_plane, tmp_path, "cluster", **values)
    assert connect(kubeconfig=file).version() == control_plane.version


def test_a_wrong_server_name_is_refused(control_plane: ControlPlane, tmp_path: Path) -> None:
    """tls-server-name is what the certificate is held to."""
    file = changed(control_plane, tmp_path, "cluster", tls_server_name="other.example")
    with pytest.raises(ClusterUnavailable, match="is not trusted"):
        read(file)


def test_plain_http_to_a_tls_port_is_said(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A kubeconfig that says http where the server speaks TLS gets a hint at the scheme."""
    plain = control_plane.url.replace("https:", "http:")
    with pytest.raises(ClusterUnavailable, match="https://"):
        read(changed(control_plane, tmp_path, "cluster", server=plain))


@pytest.mark.parametrize("user", ["admin", "viewer", "namespaced"])
def test_a_scan_only_reads(control_plane: ControlPlane, tmp_path: Path, user: str) -> None:
    """A recording proxy sees GETs only, for every kind of user."""
    with recording(control_plane) as (address, seen):
        read(through(address, control_plane.kubeconfig(user), tmp_path), "team-a")
    assert len(seen) > len(set(kinds.SCANNED) - set(kinds.CUSTOM))
    assert {method for method, _ in seen} == {"GET"}


def test_no_secret_is_read_by_its_name(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A scan lists Secrets, as metadata, and opens none."""
    with recording(control_plane) as (address, seen):
        read(through(address, control_plane.kubeconfig(), tmp_path))
    assert {path for _, path in seen if "/secrets" in path} == {"/api/v1/secrets"}


def test_encryption_and_auditing_leave_their_evidence(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """On a server that encrypts and audits, flags and counters both say so."""
    encryption = """
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - secretbox: {keys: [{name: key1, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}]}
  - identity: {}
"""
    policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"
    folder = tmp_path_factory.mktemp("hardened")
    make = lambda: ControlPlane(folder, audit_policy=policy, encryption_config=encryption)  # noqa: E731
    with started(make) as hardened:
        hardened.kubectl("create", "secret", "generic", "one", "--from-literal=a=b")
        seen = read(hardened.kubeconfig()).control_plane
    assert seen.replicas == 1
    assert all(seen.values("audit-policy-file"))
    assert all(seen.values("encryption-provider-config"))
    written = [
        sample.labels["transformer_prefix"]
        for sample in seen.family("apiserver_storage_transformation_operations_total")
        if sample.labels["transformation_type"] == "to_storage"
        and sample.labels.get("resource") == "secrets"
    ]
    assert "k8s:enc:secretbox:v1:" in written
    assert "Metadata" in [s.labels["level"] for s in seen.family("apiserver_audit_level_total")]
