"""Selecting findings: what is mistyped is refused, and what is said fits what was selected."""

import json
from pathlib import Path

import pytest

from k8sharden.cli import run
from tests.servers.control_plane import ControlPlane

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: []}\n"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--namespace", "shpo"], "There is no namespace 'shpo' in training"),
        (["--resource", "Deployment/shop/wbe"], "There is no 'Deployment/shop/wbe' in training"),
        (["--resource", "Deployment"], "write KIND/NAMESPACE/NAME"),
        (["--resource", "deployment/shop/web"], "the kind as in a manifest"),
    ],
)
def test_what_is_not_there_is_refused(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gate with a mistyped name exits with 2, not with the 0 of a clean cluster."""
    assert run(["scan", "--demo", "--fail-on", "low", *words]) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert not said.out


def test_a_namespace_that_only_objects_name_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Manifests need not hold their Namespace: it can still be selected, with -n as well."""
    (tmp_path / "pod.yaml").write_text(POD)
    path = str(tmp_path / "pod.yaml")
    assert run(["scan", "-f", path, "-n", "shop"]) == 0
    assert "Namespace shop" in capsys.readouterr().out
    assert run(["scan", "-f", path, "--resource", "Namespace//shop"]) == 0
    assert run(["scan", "-f", path, "-n", "catalogue"]) == 2


def test_the_next_step_is_about_what_was_selected(capsys: pytest.CaptureFixture[str]) -> None:
    """The plan that a scan proposes is no wider, and counts of the rest are not given beside it."""
    assert run(["scan", "--demo", "--namespace", "shop", "--severity", "high"]) == 0
    said = capsys.readouterr().err
    assert "Next: k8sharden plan --namespace shop --severity high --demo" in said
    assert "RBAC" not in said


def test_what_is_not_counted_is_accounted_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that say (system) are left out of the sum, and it says so."""
    assert run(["scan", "--demo", "--namespace", "kube-system"]) == 0
    said = capsys.readouterr()
    assert f"parts of Kubernetes (system): {said.out.count('(system)')}." in said.err


@pytest.mark.parametrize(
    ("words", "see"),
    [
        (["apply", "-f", "x"], "k8sharden apply --help"),
        (["export", "--demo"], "k8sharden export --help"),
        (["frobnicate"], "k8sharden --help"),
    ],
)
def test_words_that_are_not_known_lead_to_the_help(
    words: list[str], see: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option or command that does not exist is answered with where the others stand."""
    assert run(words) == 2
    assert f"See `{see}`." in capsys.readouterr().err


def test_what_cannot_be_read_is_one_row_that_names_its_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty equal rows hide the one that is there to be mended; a script still gets each."""
    path = tmp_path / "pods.yaml"
    path.write_text(POD.replace("[]", "none") + "---\n" + POD.replace("name: a", "name: b"))
    words = ["scan", "-f", str(path), "--area", "runtime", "--area", "pod-security"]
    assert run([*words, "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    open_ones = [each["check"] for each in found if each["status"] == "unknown"]
    assert len(open_ones) > 20
    assert run(words) == 0
    said = capsys.readouterr()
    (row,) = [line for line in said.out.splitlines() if line.startswith("unknown")]
    assert f"{len(open_ones)} checks" in row
    assert "Pod shop/a" in row
    assert all(check in row for check in open_ones)
    assert f"Could not be told: {len(open_ones)}." in said.err


@pytest.mark.real
def test_what_could_not_be_told_of_a_namespace_is_no_clean_one(
    control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who may not read the bindings of a namespace is told so, and the gate does not pass."""
    config = str(control_plane.kubeconfig("namespaced"))
    words = ["scan", "--kubeconfig", config, "--namespace", "team-a", "--fail-on-unknown"]
    assert run([*words, "--check", "rbac-exec"]) == 1
    assert "rolebindings.rbac.authorization.k8s.io may not be listed" in capsys.readouterr().out
    # The pods of this namespace were read, and what is outside of it was not asked for.
    assert run([*words, "--check", "rt-seccomp"]) == 0
    assert run([*words, "--check", "rt-node-version"]) == 0


@pytest.mark.real
def test_what_could_not_be_told_of_an_object_is_no_clean_one(
    control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who may not read a binding is told so when asking about it, and of a pod's own fields not."""
    config = str(control_plane.kubeconfig("viewer"))
    words = ["scan", "--kubeconfig", config, "--fail-on-unknown", "--area", "rbac", "--resource"]
    assert run([*words, "ClusterRoleBinding//viewers"]) == 1
    assert "clusterrolebindings.rbac.authorization.k8s.io may not" in capsys.readouterr().out
    assert run([*words, "ClusterRoleBinding//viewers", "--check", "rbac-legacy-token"]) == 0
    whole = str(control_plane.kubeconfig("auditor"))
    words[2] = whole
    assert run([*words, "ClusterRoleBinding//viewers"]) == 0
