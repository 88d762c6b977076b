"""Who may do something, on the command line: a table, data, and what could not be read."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8sharden.analysis.rbac.who_can import unread
from k8sharden.cli import run
from k8sharden.cli.rbac_notes import notes
from k8sharden.export.reports import schema
from k8sharden.model import evidence
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from tests.servers.control_plane import ControlPlane


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))


Captured = pytest.CaptureFixture[str]

MANIFESTS = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get, list], resourceNames: [one, two]}
- {apiGroups: [""], resources: [pods/log, namespaces, nodes], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everybody}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects:
- {kind: Group, name: "system:authenticated"}
- {kind: Group, name: "system:masters"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: web}, {kind: ServiceAccount, name: web, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: office}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: User, name: "eve\\e[31m"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {serviceAccountName: web, containers: [{name: web, image: "registry.example/web:1"}]}
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file with a few roles and bindings."""
    path = tmp_path / "rbac.yaml"
    path.write_text(MANIFESTS, "utf-8")
    return str(path)


def data(capsys: Captured, file: str, *words: str) -> dict[str, Any]:
    """Return the answer as data, which its schema describes."""
    assert run(["who-can", *words, "-f", file, "-o", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("who-can"))
    return document


def names(capsys: Captured, file: str, *words: str) -> list[str]:
    """Return the names of who may."""
    return [each["subject"]["name"] for each in data(capsys, file, *words)["subjects"]]


def test_the_training_cluster_answers_in_a_table(capsys: Captured) -> None:
    """Subject, place, binding, role and what runs as it; the cluster's own parts come last."""
    assert run(["who-can", "get", "secrets", "--demo"]) == 0
    told = capsys.readouterr()
    heads, *rows = told.out.splitlines()
    assert heads.split()[:4] == ["SUBJECT", "WHERE", "BINDING", "ROLE"]
    pipeline = next(row for row in rows if row.startswith("ServiceAccount ci/pipeline"))
    assert "ClusterRoleBinding ci-pipeline" in pipeline
    assert "Deployment ci/runner" in pipeline
    assert rows[-1].endswith("a part of the cluster itself")
    assert "system:masters may do everything" in told.err


def test_subjects_come_with_binding_role_and_workloads(capsys: Captured, file: str) -> None:
    """A service account is itself without its namespace too, and is named once."""
    document = data(capsys, file, "delete", "deploy", "-n", "shop")
    (web,) = document["subjects"]
    assert web["subject"] == {"kind": "ServiceAccount", "namespace": "shop", "name": "web"}
    (by,) = web["by"]
    assert (by["binding"]["name"], by["role"]["name"], by["namespace"]) == ("web", "edit", "shop")
    assert [ref["kind"] for ref in web["workloads"]] == ["Deployment"]
    assert document["request"]["group"] == "apps"


def test_a_group_of_everybody_is_broad_and_comes_first(capsys: Captured, file: str) -> None:
    """The group of masters needs no binding, and so no binding gives it anything."""
    found = data(capsys, file, "get", "pods/log")["subjects"]
    assert [each["subject"]["name"] for each in found if each["broad"]] == ["system:authenticated"]
    assert found[0]["broad"]
    assert "system:masters" not in [each["subject"]["name"] for each in found]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("get", "secrets", "-n", "office"), ["system:authenticated", "eve\x1b[31m"]),
        (
            ("get", "secret", "-n", "office", "--name", "one"),
            ["system:authenticated", "eve\x1b[31m"],
        ),
        (("get", "secrets", "-n", "office", "--name", "three"), []),
        (("create", "secrets", "-n", "office"), []),
        (("get", "no"), ["system:authenticated"]),
        (("get", "ns", "--name", "office"), ["system:authenticated", "eve\x1b[31m"]),
        (("get", "ns", "--name", "shop"), ["system:authenticated", "web"]),
        (("list", "namespaces"), []),
        (("get", "/metrics"), []),
        (("get", "widgets.example.com"), []),
    ],
)
def test_names_and_namespaces_as_the_server_sees_them(
    capsys: Captured, file: str, words: tuple[str, ...], expected: list[str]
) -> None:
    """A rule on single objects counts with its names, what has no namespace for no RoleBinding."""
    assert names(capsys, file, *words) == expected


def test_the_only_names_are_told(capsys: Captured, file: str) -> None:
    """Whoever may read two Secrets may not read all."""
    found = data(capsys, file, "get", "secrets", "-n", "office")["subjects"]
    assert [by["names"] for each in found for by in each["by"]] == [["one", "two"]] * 2


def test_hostile_names_are_safe_to_show(capsys: Captured, file: str) -> None:
    """A subject's name drives no terminal."""
    assert run(["who-can", "get", "pods/log", "-f", file]) == 0
    told = capsys.readouterr()
    assert "User eve<U+001B>[31m" in told.out
    assert "\x1b" not in told.out
    assert "What a cluster holds beside these files" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "widgets"), "'widgets' is no resource that Kubernetes brings"),
        (("get", "/metrics", "-n", "shop"), "A URL is in no namespace"),
        (("get", "pods", "-n", "shopp"), "There is no namespace 'shopp'"),
    ],
)
def test_a_slip_is_an_error(words: tuple[str, ...], said: str, capsys: Captured) -> None:
    """An empty answer to a misspelt question would look like good news."""
    assert run(["who-can", *words, "--demo"]) == 2
    assert said in capsys.readouterr().err


def test_an_odd_verb_is_told(capsys: Captured, file: str) -> None:
    """Custom verbs exist; one that Kubernetes never asks for may be a slip."""
    assert run(["who-can", "gett", "pods", "-f", file]) == 0
    told = capsys.readouterr()
    assert "No binding allows it to anybody." in told.out
    assert "no verb 'gett'" in told.err


MISSING = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: elsewhere}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:auth-delegator}
subjects: [{kind: User, name: ada}]
"""


def test_a_role_that_is_in_no_file_is_unknown(tmp_path: Path, capsys: Captured, file: str) -> None:
    """A cluster may hold it; where all are there, the answer is whole."""
    assert data(capsys, file, "get", "pods")["unknown"] == []
    other = tmp_path / "other.yaml"
    other.write_text(MISSING)
    (gap,) = data(capsys, str(other), "get", "pods")["unknown"]
    assert gap.endswith("what they give is not known: ClusterRole system:auth-delegator.")
    assert run(["who-can", "get", "pods", "-f", str(other)]) == 0
    assert "It is not known who may." in capsys.readouterr().out


@pytest.mark.real
def test_who_may_not_read_roles_is_told_what_it_takes(
    control_plane: ControlPlane, capsys: Captured
) -> None:
    """A user without the right to list them gets no empty answer that looks like good news."""
    config = str(control_plane.kubeconfig("viewer"))
    assert run(["who-can", "get", "secrets", "--kubeconfig", config]) == 0
    told = capsys.readouterr()
    assert "It is not known who may." in told.out
    assert "it takes the permission to list clusterrolebindings" in told.err
    whole = str(control_plane.kubeconfig("auditor"))
    assert run(["who-can", "get", "secrets", "--kubeconfig", whole]) == 0
    told = capsys.readouterr()
    assert "Group auditors" in told.out
    assert "There may be more" not in told.err


def inventory(*, managed: bool = False) -> Inventory:
    """Return an inventory in which bindings could be read in one namespace only."""
    partly = Entry("rolebindings.rbac.authorization.k8s.io", Coverage.FORBIDDEN, "no",
                   frozenset({"shop"}), "list rolebindings in all namespaces")  # fmt: skip
    whole = ("roles", "clusterroles", "clusterrolebindings")
    ledger = {
        name: Entry(name, Coverage.READ)
        for name in (f"{w}.rbac.authorization.k8s.io" for w in whole)
    }
    control_plane = evidence.ControlPlane("EKS", managed=managed)
    return Inventory(
        Source(SourceKind.CLUSTER, "test"), {}, {**ledger, partly.resource: partly}, control_plane
    )


def test_what_could_not_be_read_names_the_permission() -> None:
    """In the namespace that was read the answer is whole; elsewhere there may be more."""
    assert unread(inventory(), "shop") == ()
    (gap,) = unread(inventory(), "office")
    assert gap.endswith("it takes the permission to list rolebindings in all namespaces.")
    assert unread(inventory()) == (gap,)


def test_a_managed_cluster_has_a_caveat() -> None:
    """The cloud decides beside RBAC, out of our sight."""
    assert any("On EKS the cloud's own access" in text for text in notes(inventory(managed=True)))
    assert not any("cloud" in text for text in notes(inventory()))
