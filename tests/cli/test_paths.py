"""Escalation paths on the command line: for everybody, for one subject, to one goal, as data."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8sharden.cli import run
from k8sharden.export.reports import schema


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))


Captured = pytest.CaptureFixture[str]


def asked(capsys: Captured, *words: str) -> str:
    """Return what the command prints of the training cluster."""
    assert run(["paths", *words, "--demo"]) == 0
    return capsys.readouterr().out


def data(capsys: Captured, *words: str) -> Any:
    """Return the same as data, which its schema describes."""
    document = json.loads(asked(capsys, *words, "-o", "json"))
    jsonschema.validate(document, schema("paths"))
    return document


def test_everybody_has_a_path_with_its_cut(capsys: Captured) -> None:
    """How many there are comes first, then each in a sentence, what ends it, and what is left."""
    out = asked(capsys)
    assert " subjects get to more than they are given: " in out.splitlines()[0]
    kept = out[out.index("ServiceAccount monitoring/kube-state-metrics: everything") :]
    lines = [line.strip() for line in kept.splitlines()[1:5]]
    assert lines[0].startswith(
        "ServiceAccount monitoring/kube-state-metrics may read Secret ci/pipeline-token "
        "(ClusterRoleBinding kube-state-metrics), by its name a token of ServiceAccount ci/pipeline"
    )
    assert lines[1].startswith("Unsure: whose token Secret pipeline-token holds is told from its")
    assert lines[2].startswith("Cheapest cut: take list secrets, watch secrets out of ClusterRole")
    assert lines[3] == "Then nothing is left."
    assert "kube-system" not in out


def test_one_subject_is_asked_for_by_its_name(capsys: Captured) -> None:
    """An account by namespace and name, a group or a user by name, a workload by its kind."""
    for words, start in {
        "ci/pipeline": "ServiceAccount ci/pipeline",
        "system:serviceaccount:ci:pipeline": "ServiceAccount ci/pipeline",
        "wiki-keepers": "Group wiki-keepers",
        "Group wiki-keepers": "Group wiki-keepers",
        "ada@kestrel.example": "User ada@kestrel.example",
        "Deployment/ci/runner": "a container of Deployment ci/runner",
    }.items():
        (path,) = data(capsys, words)["paths"]
        assert (path["start"], path["reach"]["scope"]) == (start, "cluster")


def test_a_goal_is_asked_for_by_its_name(capsys: Captured) -> None:
    """What is not the strongest reach is shown where it is what was asked for."""
    (path,) = data(capsys, "onboarding", "--to", "namespace payments")["paths"]
    assert path["reach"] == {"scope": "namespace", "name": "payments"}
    (path,) = data(capsys, "onboarding", "--to", "databases/postgres-operator")["paths"]
    assert path["reach"]["name"] == "ServiceAccount databases/postgres-operator"
    everything = data(capsys, "--to", "everything")
    assert {path["reach"]["scope"] for path in everything["paths"]} == {"cluster"}


def test_a_namespace_limits_where_paths_begin(capsys: Captured) -> None:
    """Only its service accounts; users and groups are in no namespace."""
    document = data(capsys, "-n", "monitoring")
    assert {path["namespace"] for path in document["paths"]} == {"monitoring"}


def test_no_path_is_said_to_be_none(capsys: Captured) -> None:
    """An account that leads nowhere is no error."""
    assert asked(capsys, "gitops/argocd-server") == "No path leads on from there.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody",), "No binding names User nobody"),
        (("ci/pipelin",), "No binding names ServiceAccount ci/pipelin"),
        (("Deployment/ci/runer",), "There is no workload 'Deployment/ci/runer'"),
        (("--to", "namespace shopp"), "There is no namespace 'shopp'"),
        (("--to", "Deployment/ci/runner"), "--to names a subject, not a workload"),
        (("-n", "shopp"), "There is no namespace 'shopp'"),
    ],
)
def test_what_is_not_there_is_an_error(words: tuple[str, ...], told: str, capsys: Captured) -> None:
    """No path from a name that is misspelt would look like good news."""
    assert run(["paths", *words, "--demo"]) == 2
    assert told in capsys.readouterr().err


MANIFESTS = """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: User, name: "eve\\e[31m"}, {kind: Group, name: both}, {kind: User, name: both}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, namespace: shop, name: operator}]
"""


def test_manifests_have_paths_too(tmp_path: Path, capsys: Captured) -> None:
    """The roles that Kubernetes brings are known there, and names are made safe to show."""
    file = tmp_path / "rbac.yaml"
    file.write_text(MANIFESTS, "utf-8")
    assert run(["paths", "-f", str(file)]) == 0
    out, err = capsys.readouterr()
    assert not err
    assert "User eve<U+001B>[31m may impersonate service accounts in shop" in out
    assert "\x1b" not in out
    assert run(["paths", "both", "-f", str(file)]) == 2
    assert "'both' is a user and a group" in capsys.readouterr().err
