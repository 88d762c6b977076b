"""Who calls whom, on the command line: a table, data, and what nothing tells."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8sharden.cli import run
from k8sharden.export.reports import schema
from tests.analysis.network.calls.small import SPACES, caller, server

Captured = pytest.CaptureFixture[str]
TOLD = "[{name: LEDGER_URL, value: 'postgres://books:hunter2@ledger.payments:80/books'}]"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Manifests of a caller, and of what it calls."""
    path = tmp_path / "shop.yaml"
    other = server("idle", 9000)
    path.write_text("---".join([SPACES, caller(TOLD), server(), other]), "utf-8")
    return str(path)


def data(capsys: Captured, *words: str) -> dict[str, Any]:
    """The answer as data, which its schema describes."""
    assert run(["calls", *words, "-o", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("calls"))
    return document


def test_the_training_cluster_has_calls_of_every_kind_but_flows(capsys: Captured) -> None:
    """Each with what shows it, and what nothing tells beside them."""
    found = data(capsys, "--demo")
    kinds = {one["kind"] for edge in found["edges"] for one in edge["evidence"]}
    assert kinds >= {"route", "monitor", "webhook", "exposed", "api", "dns", "config"}
    assert "Service legacy/royalties" in " ".join(each["said"] for each in found["untold"])


def test_data_names_both_ends_the_port_of_the_pods_and_the_evidence(
    file: str, capsys: Captured
) -> None:
    """The value of the setting is not among it."""
    found = data(capsys, "-f", file, "--to", "payments/ledger")
    assert len(found["edges"]) == 1
    edge = found["edges"][0]
    assert edge["source"]["resource"]["name"] == "web"
    assert (edge["target"]["resource"]["name"], edge["port"]) == ("ledger", 5432)
    assert edge["evidence"][0]["said"] == "env LEDGER_URL of container web"
    assert "hunter2" not in json.dumps(found)


def test_a_table_shows_calls_and_those_for_names_in_one_row(file: str, capsys: Captured) -> None:
    """Nearly every workload asks for names, and nobody wants to read that of each."""
    assert run(["calls", "-f", file]) == 0
    shown = capsys.readouterr()
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["3", "workloads", "anywhere", "53/UDP", "dnsPolicy"] in lines
    assert ["Deployment", "shop/web", "StatefulSet", "payments/ledger", "5432/TCP"] in [
        line[:5] for line in lines
    ]
    assert "nothing tells who calls Service payments/idle" in shown.out
    assert "Not read: values of Secrets" in shown.err


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--from", "shop/web", "--to", "StatefulSet/payments/ledger"], 1),
        (["--from", "Deployment/shop/web"], 3),
        (["--to", "outside"], 6),
        (["--to", "nodes"], 0),
        (["--from", "control-plane"], 0),
        (["--to", "api.cards.example"], 0),
        (["-n", "shop"], 3),
        (["-n", "payments", "--to", "payments/idle"], 0),
    ],
)
def test_ends_and_namespaces_limit_what_is_shown(
    file: str, capsys: Captured, words: list[str], count: int
) -> None:
    """A call out of a namespace, or into it, is one of it."""
    assert len(data(capsys, "-f", file, *words)["edges"]) == count


def test_no_call_is_said_in_words(file: str, capsys: Captured) -> None:
    """An empty table would look like an error."""
    assert run(["calls", "-f", file, "--to", "nodes"]) == 0
    assert "Nothing shows such a call." in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--to", "shop/nobody"], ["--from", "Pod/shop/web"]])
def test_a_workload_that_is_not_there_is_refused(
    file: str, capsys: Captured, words: list[str]
) -> None:
    """Nobody calls what is spelled wrongly, and that is no answer."""
    assert run(["calls", "-f", file, *words]) == 2
    assert "There is no workload" in capsys.readouterr().err
