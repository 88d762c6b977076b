"""What a subject may do, on the command line: chains, the matrix, and what the log shows of it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8sharden.cli import run
from k8sharden.export.reports import schema
from tests.servers.control_plane import ControlPlane

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))


def data(capsys: Captured, *words: str) -> dict[str, Any]:
    """Return the answer as data, which its schema describes."""
    assert run(["rights", *words, "-o", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("rights"))
    return document


def test_chains_and_the_matrix_come_as_tables(capsys: Captured) -> None:
    """How it comes to its rights, where each verb holds, and what is dangerous among it."""
    assert run(["rights", "ServiceAccount/ci/pipeline", "--demo"]) == 0
    told = capsys.readouterr()
    first, chains, matrix, *_ = told.out.split("\n\n")
    assert first == "ServiceAccount ci/pipeline may:"
    assert "ClusterRoleBinding ci-pipeline  " in chains
    assert "every verb on every resource; every verb on every URL" in chains
    assert matrix.splitlines()[1].split()[:3] == ["everywhere", "all!", "all!"]
    assert "system:masters may do everything" in told.err


def test_a_workload_has_the_rights_of_its_service_account(capsys: Captured) -> None:
    """However the subject is written, the answer is the same."""
    ways = ("Deployment/ci/runner", "ServiceAccount/ci/pipeline", "ci/pipeline")
    found = [data(capsys, words, "--demo") for words in ways]
    assert found[0] == found[1] == found[2]
    assert found[0]["subject"] == "ServiceAccount ci/pipeline"


def test_the_log_tells_what_was_used_and_denied(capsys: Captured) -> None:
    """Used rights with their requests, unused ones with none, and what was asked for in vain."""
    use = data(capsys, "Group/wiki-keepers", "--demo")["use"]
    used = {(each["verb"], each["resource"]): each["used"] for each in use["rights"]}
    assert used["get", "pods/log"] > 0
    assert used["delete", "pods"] == 0
    assert [each["namespace"] for each in use["denied"]] == ["shop"]
    assert run(["rights", "Group/wiki-keepers", "--demo"]) == 0
    out = capsys.readouterr().out
    assert "unused" in out
    assert "DENIED" in out


MANIFESTS = """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: gone, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}
subjects: [{kind: User, name: ada}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: edit, namespace: office}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: User, name: ada}]
"""


def test_manifests_have_chains_and_no_use(tmp_path: Path, capsys: Captured) -> None:
    """A role that is missing is said to be, a built-in one is known; there is no log of files."""
    file = tmp_path / "rbac.yaml"
    file.write_text(MANIFESTS)
    document = data(capsys, "User/ada", "-f", str(file))
    assert [each["missing"] for each in document["chains"]] == [False, True]
    assert document["use"] is None
    spaces = [row["namespaces"] for row in document["matrix"]]
    assert spaces == [[], ["office"]]
    assert document["matrix"][1]["verbs"]["get"] == {"amount": "some", "dangerous": []}
    assert run(["rights", "User/ada", "-f", str(file)]) == 0
    assert "nothing: the role is not there" in capsys.readouterr().out


def test_a_subject_that_nothing_names_is_an_error(capsys: Captured) -> None:
    """No rights of a misspelt name would look like good news."""
    assert run(["rights", "User/nobody", "--demo"]) == 2
    assert "No binding names User nobody" in capsys.readouterr().err


def test_the_group_of_masters_may_do_everything(tmp_path: Path, capsys: Captured) -> None:
    """It needs no binding, in files as little as in a cluster."""
    file = tmp_path / "rbac.yaml"
    file.write_text(MANIFESTS)
    document = data(capsys, "Group/system:masters", "-f", str(file))
    assert document["chains"][0]["binding"] is None
    assert document["matrix"][0]["verbs"]["delete"]["amount"] == "all"
    assert run(["rights", "Group/system:masters", "-f", str(file)]) == 0
    assert "everything, before RBAC is asked" in capsys.readouterr().out


def test_after_shows_what_the_fixes_of_its_bindings_leave(capsys: Captured) -> None:
    """Chains, the matrix and the worst path as the swap of its binding leaves them."""
    document = data(capsys, "ci/pipeline", "--demo", "--after")
    now, then = ({by(each) for each in some["chains"]} for some in (document, document["after"]))
    assert now - then == {"ClusterRoleBinding //ci-pipeline"}
    assert "RoleBinding shop/ci-pipeline-least" in then - now
    everywhere = document["after"]["matrix"][0]["verbs"]
    assert document["matrix"][0]["verbs"]["delete"]["amount"] == "all"
    assert everywhere["delete"]["amount"] == "none"
    assert document["after"]["path"].startswith("ServiceAccount ci/pipeline may create jobs in ci")
    assert run(["rights", "ci/pipeline", "--demo", "--after"]) == 0
    out = capsys.readouterr().out
    assert "After the fixes ServiceAccount ci/pipeline may:" in out
    assert f"What it becomes then: {document['after']['path']}" in out


def by(chain: dict[str, Any]) -> str:
    """Name the binding of a chain."""
    ref = chain["binding"]
    return f"{ref['kind']} {ref['namespace'] or '/'}/{ref['name']}"


def test_after_can_be_widened(capsys: Captured) -> None:
    """The same limits are lifted as for a plan."""
    words = ["ci/pipeline", "--demo", "--after", "--widen", "names"]
    reach = [rule for each in data(capsys, *words)["after"]["chains"] for rule in each["reach"]]
    assert any(rule.startswith("get, patch deployments.apps") for rule in reach)
    assert not any("deployments.apps named" in rule for rule in reach)


def test_without_after_nothing_is_foretold(capsys: Captured) -> None:
    """The data say so, and a subject of whom no fix takes anything is said to keep it all."""
    assert data(capsys, "ci/pipeline", "--demo")["after"] is None
    assert run(["rights", "User/system:kube-scheduler", "--demo", "--after"]) == 0
    assert "No fix of its bindings changes that." in capsys.readouterr().out


@pytest.mark.real
def test_without_the_right_to_read_bindings_nothing_is_claimed(
    control_plane: ControlPlane, capsys: Captured
) -> None:
    """That no binding gives anything is said where all were read; a namespace may be named."""
    config = str(control_plane.kubeconfig("viewer"))
    assert run(["rights", "Group/viewers", "--kubeconfig", config]) == 0
    told = capsys.readouterr()
    assert told.out == "It is not known what Group viewers may.\n"
    assert "it takes the permission to list clusterrolebindings" in told.err
    assert run(["rights", "Group/viewers", "--after", "--kubeconfig", config]) == 0
    out = capsys.readouterr().out
    assert "It is not known whether a path leads on." in out
    assert "no path leads to more" not in out
    config = str(control_plane.kubeconfig("namespaced"))
    assert run(["rights", "Group/team-a-devs", "-n", "team-a", "--kubeconfig", config]) == 0
    assert "It is not known what Group team-a-devs may." in capsys.readouterr().out
