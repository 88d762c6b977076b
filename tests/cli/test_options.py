"""Choosing findings: what names nothing is refused, so that a gate never passes by a slip."""

import json
import os
from pathlib import Path

import pytest

from k8sharden.cli import run

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: []}\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own to work in."""
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["--demo", "--namespace", "shpo"],
        ["-f", "pod.yaml", "--namespace", "shpo"],
        ["--demo", "--resource", "shop/web"],
        ["--demo", "--check", "no-such-check"],
        ["--demo", "--finding", "0123456789ab"],
    ],
)
def test_a_slip_in_a_name_does_not_pass_a_gate(
    words: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the cluster or the files do not have is bad input, not an empty selection."""
    (home / "pod.yaml").write_text(POD)
    assert run(["scan", *words, "--fail-on", "low"]) == 2
    assert words[-1] in capsys.readouterr().err


def test_a_namespace_that_is_there_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    """Only findings of that namespace, itself included, are given."""
    assert run(["scan", "--demo", "--namespace", "shop", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert {each["resource"]["namespace"] or each["resource"]["name"] for each in found} == {"shop"}


def test_a_file_whose_name_is_no_utf8(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Such a file is read like any other, and named in valid JSON."""
    name = os.fsdecode(b"pod\xff.yaml")
    (home / name).write_text(POD)
    assert run(["scan", "-f", name, "-o", "json"]) == 0
    text = capsys.readouterr().out
    assert text.isascii()
    assert json.loads(text)["source"]["name"] == name


def test_roles_from_use_are_widened_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    """The names go from the new roles, and the command that is told next says the same again."""
    words = ["--demo", "--resource", "ClusterRoleBinding//ci-pipeline"]
    assert run(["plan", *words]) == 0
    assert "resourceNames" in capsys.readouterr().out
    assert run(["plan", *words, "--widen", "names", "--widen", "namespaces"]) == 0
    said = capsys.readouterr()
    assert "resourceNames" not in said.out
    assert "kind: Role\n" not in said.out
    assert "--widen names --widen namespaces" in said.err


def test_a_role_is_widened_by_known_words_only(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip would leave a role as narrow as it is, without a word."""
    assert run(["plan", "--demo", "--widen", "verbs"]) == 2
    assert "verbs" in capsys.readouterr().err
