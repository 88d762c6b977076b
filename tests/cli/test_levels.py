"""Levels on the command line: the picture of namespaces, as a table and as data."""

import json
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest

from k8sharden.cli import run
from k8sharden.errors import InputError
from k8sharden.export.reports import schema
from k8sharden.place import Place
from k8sharden.places import connecting


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))


def test_each_namespace_has_a_row_and_each_obstacle_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The table goes to stdout, the reasons of people's workloads to stderr."""
    assert run(["levels", "--demo"]) == 0
    told = capsys.readouterr()
    heads, *rows = told.out.splitlines()
    assert heads.split()[:3] == ["NAMESPACE", "ENFORCED", "TODAY"]
    found = {row.split()[0]: row.split()[1:4] for row in rows}
    assert found["catalogue"] == ["restricted", "restricted", "restricted"]
    assert found["office"] == ["none", "baseline", "restricted"]
    assert rows[-1].startswith("kube-system")
    assert "Pod legacy/ftp-bridge (privileged): A running Pod" in told.err
    assert "kube-proxy" not in told.err


def test_the_same_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    """A script gets levels, workloads and reasons; a namespace can be asked for alone."""
    assert run(["levels", "--demo", "-n", "gitops", "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("levels"))
    (gitops,) = document["namespaces"]
    assert (gitops["enforced"], gitops["today"], gitops["after"]) == (
        "baseline", "restricted", "restricted"
    )  # fmt: skip
    assert [each["resource"]["name"] for each in gitops["workloads"]] == [
        "argocd-server", "argocd-application-controller"
    ]  # fmt: skip


def test_a_namespace_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A table of nothing would look like good news."""
    assert run(["levels", "--demo", "-n", "shopp"]) == 2
    assert "There is no namespace 'shopp'" in capsys.readouterr().err


def test_the_namespace_that_is_asked_for_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not list namespaces names the one that may be read, as for a scan."""
    asked: list[Sequence[str]] = []

    def connect(*, namespaces: Sequence[str], **_: object) -> Place:
        asked.append(namespaces)
        raise InputError("enough")

    monkeypatch.setattr(connecting, "open_cluster", connect)
    assert run(["levels", "-n", "shop"]) == 2
    assert asked == [("shop",)]
