"""Fixing files from the command line: what is said beside the diff."""

import shutil
import subprocess
from pathlib import Path

import pytest

from k8sharden.cli import run

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec:
  containers: [{name: a, image: x, env: [{name: DB_PASSWORD, value: hunter2}]}]
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    (tmp_path / "base/pod.yaml").write_text(POD)


COMMANDS = [
    ["plan", "-f", "base"],
    ["plan", "-f", "base", "-o", "diff"],
    ["export", "-f", "base", "--format", "patches", "--out", "out"],
]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_new_file_is_to_be_named_in_its_kustomization(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A policy that kustomize would not read is told of, and only where kustomize is used."""
    run(words)
    assert "has no effect" not in capsys.readouterr().err
    Path("base/kustomization.yaml").write_text("resources: [pod.yaml]\n")
    run(words)
    said = capsys.readouterr().err
    new = "base/networkpolicy-default-deny-ingress.yaml"
    assert f"Name {new} in base/kustomization.yaml" in said
    assert "Name base/pod.yaml" not in said


@pytest.mark.parametrize("words", COMMANDS[1:])
def test_what_a_secret_keeps_out_of_a_patch_is_left_to_the_hand(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The file is named, with what to do instead, and the secret is not shown."""
    run(words)
    said = capsys.readouterr()
    assert "base/pod.yaml. Edit it by hand" in said.err
    assert "hunter2" not in said.out + said.err


def test_below_the_top_of_a_repository_git_is_told_where_the_paths_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git apply` skips such paths without a word; with what is said here it finds them."""
    said = "git apply --directory=base"
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q", str(tmp_path)], check=True)
    words = ["plan", "-f", ".", "-o", "diff"]
    run(words)
    assert said not in capsys.readouterr().err
    monkeypatch.chdir("base")
    run(words)
    written = capsys.readouterr()
    assert said in written.err
    subprocess.run([git, *said.split()[1:]], input=written.out, text=True, check=True)
    assert Path("networkpolicy-default-deny-ingress.yaml").exists()


def test_a_plan_of_files_ends_with_the_command_that_carries_it_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It keeps what was selected; a plan without changes leads nowhere."""
    choice = ["--namespace", "shop"]
    run(["plan", "-f", "base", *choice])
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "Next: `k8sharden plan -o diff --namespace shop -f base | git apply`"
    run(["plan", "-f", "base", "--check", "rbac-cluster-admin"])
    assert "Next:" not in capsys.readouterr().err


def test_a_plan_says_what_could_not_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Where an object cannot be read, having nothing to change is not the whole answer."""
    broken = POD.replace("namespace: shop", "namespace: shop, annotations: {ready: yes}")
    Path("base/pod.yaml").write_text(broken)
    assert run(["plan", "-f", "base", "--check", "rt-rofs"]) == 0
    said = capsys.readouterr()
    assert "Nothing to change." in said.out
    assert "Could not be told: 1. `k8sharden scan --check rt-rofs -f base` says why." in said.err


def test_patches_of_a_cluster_apply_onto_its_manifests(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As is said beside them: in a folder of `--format manifests`, git takes every one."""
    words = ["export", "--demo", "--namespace", "office", "--format"]
    assert run([*words, "patches", "--out", "patches"]) == 0
    assert "onto what `--format manifests` writes" in capsys.readouterr().err
    assert run([*words, "manifests", "--out", "manifests"]) == 0
    assert "onto what" not in capsys.readouterr().err
    patches = sorted(str(path.resolve()) for path in Path("patches").iterdir())
    monkeypatch.chdir("manifests")
    git = shutil.which("git") or "git"
    subprocess.run([git, "init", "-q"], check=True)
    subprocess.run([git, "apply", *patches], check=True)


RBAC = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: debug, namespace: shop}
rules:
- {apiGroups: [""], resources: [pods], verbs: [get]}
- {apiGroups: [""], resources: [pods/exec], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: debug, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: debug}
subjects: [{kind: Group, name: staff, apiGroup: rbac.authorization.k8s.io}]
"""


def test_what_takes_a_binding_s_place_lies_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Not beside an app of the namespace; and the kustomization above has to name it."""
    Path("base/rbac").mkdir()
    Path("base/rbac/staff.yaml").write_text(RBAC)
    Path("base/kustomization.yaml").write_text("resources: [pod.yaml, rbac/staff.yaml]\n")
    run(["plan", "-f", "base", "--check", "rbac-exec", "-o", "diff"])
    said = capsys.readouterr()
    for kind in ("role", "rolebinding"):
        new = f"base/rbac/{kind}-debug-least.yaml"
        assert f"+++ b/{new}\n" in said.out
        assert f"Name {new} in base/kustomization.yaml" in said.err
