"""Who reaches whom, on the command line: the matrix, its rows, why, and what the fixes change."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8sharden.analysis.network.cni import Enforcement, State
from k8sharden.cli import run
from k8sharden.export.reports import schema

Captured = pytest.CaptureFixture[str]

CLUSTER = """
{kind: List, apiVersion: v1, items: [
  {apiVersion: v1, kind: Namespace, metadata: {name: shop}},
  {apiVersion: v1, kind: Namespace, metadata: {name: bank}},
  {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}},
  {apiVersion: v1, kind: Pod, metadata: {name: tool, namespace: shop, labels: {app: tool}}},
  {apiVersion: v1, kind: Pod, metadata: {name: ledger, namespace: bank}},
  {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: in, namespace: bank},
   spec: {podSelector: {}, ingress: [{ports: [{port: 5432}], from: [
     {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}]}}]}
"""

REFUSED = " isolates Pod bank/ledger for ingress, and no rule allows"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Two namespaces, one of which takes only what is labelled, and only on one port."""
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER, encoding="utf-8")
    return "-f", str(path)


def told(capsys: Captured, *words: str) -> list[list[str]]:
    """Return the lines of what is printed, each split where two blanks are."""
    assert run(["reach", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def data(capsys: Captured, *words: str) -> dict[str, Any]:
    """Return the answer as data, which its schema describes."""
    assert run(["reach", *words, "-o", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("reach"))
    return document


def test_namespaces_stand_against_namespaces(capsys: Captured, files: tuple[str, str]) -> None:
    """A row for each, what is around them last, and in each cell how much gets through."""
    assert told(capsys, *files) == [
        ["FROM \\ TO", "bank", "shop", "outside"],
        ["bank", "none", "any", "any"],
        ["shop", "1 of 2", "any", "any"],
        ["outside", "none", "any", "-"],
    ]


def test_one_namespace_shows_its_workloads(capsys: Captured, files: tuple[str, str]) -> None:
    """With -n its workloads stand against each other, with the ports that are open."""
    assert told(capsys, "-n", "bank", *files) == [
        ["FROM \\ TO", "ledger", "other namespaces", "outside"],
        ["Pod bank/ledger", "none", "any", "any"],
        ["other namespaces", "1 of 2", "-", "-"],
        ["outside", "none", "-", "-"],
    ]


def test_a_row_and_a_column_say_which_ports(capsys: Captured, files: tuple[str, str]) -> None:
    """With --from one row is listed, and with --to one column."""
    row = told(capsys, "--from", "Pod/shop/web", *files)
    assert row[0] == ["FROM", "TO", "NOW", "PORTS"]
    assert row[1] == ["Pod shop/web", "bank", "TCP 5432", "TCP 5432"]
    column = told(capsys, "--to", "bank", *files)
    assert [line[:3] for line in column[1:]] == [
        ["bank", "bank", "none"],
        ["shop", "bank", "1 of 2"],
        ["outside", "bank", "none"],
    ]


def test_two_ends_are_explained(capsys: Captured, files: tuple[str, str]) -> None:
    """With --from and --to both directions are said with the policy and the rule behind them."""
    assert run(["reach", "--from", "Pod/shop/web", "--to", "bank", *files]) == 0
    head, egress, *ingress = capsys.readouterr().out.splitlines()
    assert head == "Pod shop/web to bank: TCP 5432."
    assert egress == "  No policy isolates Pod shop/web for egress: everything may pass."
    assert [line.partition("NetworkPolicy bank/in")[2] for line in ingress] == [
        ", spec.ingress[0], allows TCP 5432 from Pod shop/web to Pod bank/ledger.",
        f"{REFUSED} anything but TCP 5432 from Pod shop/web.",
    ]


def test_one_port_counts_alone(capsys: Captured, files: tuple[str, str]) -> None:
    """With --port a cell is open where that one is, whatever is said of others."""
    words = ("--from", "Pod/shop/web", "--to", "bank", *files)
    for port, extent in {"5432": "all", "5432/UDP": "none", "80": "none"}.items():
        assert data(capsys, "--port", port, *words)["cells"][0]["extent"] == extent


def test_the_demo_shows_what_the_fixes_change(capsys: Captured) -> None:
    """With --after each cell says what it becomes, and as data which ports are lost."""
    rows = {line[0]: line for line in told(capsys, "--demo", "--after")}
    assert any("→" in cell for cell in rows["shop"])
    assert "→" not in rows["FROM \\ TO"]
    cells = data(capsys, "--demo", "--after", "--to", "payments")["cells"]
    assert any(cell["after"]["lost"]["pairs"] for cell in cells)
    assert not any(cell["after"]["gained"]["pairs"] for cell in cells)


def test_many_namespaces_are_single_characters(capsys: Captured, tmp_path: Path) -> None:
    """Where words would not fit a cell is a mark, and rows carry the numbers of the columns."""
    pods = "\n---\n".join(
        f"{{apiVersion: v1, kind: Pod, metadata: {{name: p, namespace: s{n:02}}}}}"
        for n in range(20)
    )
    path = tmp_path / "many.yaml"
    path.write_text(pods, encoding="utf-8")
    assert run(["reach", "-f", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["123456789012345678901"]
    assert lines[3] == "1 s00      #####################"
    assert lines[-1] == "21 outside ####################-"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "nowhere"), "There is no namespace 'nowhere'"),
        (("--to", "Pod/shop/none"), "There is no workload 'Pod/shop/none'"),
        (("--port", "http"), "--port 'http' is no port"),
        (("--port", "70000"), "--port '70000' is no port"),
        (("--port", "53/ICMP"), "--port '53/ICMP' is no port"),
        (("-n", "nowhere"), "There is no namespace 'nowhere'"),
    ],
)
def test_what_is_not_there_is_refused(
    capsys: Captured, files: tuple[str, str], words: tuple[str, ...], said: str
) -> None:
    """A name or a port that means nothing is an error in one line."""
    assert run(["reach", *words, *files]) == 2
    assert said in capsys.readouterr().err


AGENT = """
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: kube-flannel-ds, namespace: kube-flannel},
 spec: {template: {spec: {containers: [{name: kube-flannel, image: flannel:1}]}}}}
"""


def test_files_do_not_tell_what_enforces(
    capsys: Captured, files: tuple[str, str], tmp_path: Path
) -> None:
    """Any cluster may run them: so nothing is said of a network plug-in, known or not."""
    (tmp_path / "agent.yaml").write_text(AGENT, encoding="utf-8")
    assert data(capsys, *files, "-f", str(tmp_path / "agent.yaml"))["enforcement"] is None


def test_the_demo_says_what_enforces(capsys: Captured) -> None:
    """The plug-in that holds the policies of the cluster stands in the data."""
    assert data(capsys, "--demo")["enforcement"]["state"] == "enforced"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.NOT_ENFORCED, "Everything is reachable, whatever the policies say"),
        (State.UNKNOWN, "Where policies are not enforced, everything is reachable."),
    ],
)
def test_what_is_not_enforced_is_said(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, state: State, said: str
) -> None:
    """Whoever reads the matrix must not take for closed what nothing closes."""
    known = Enforcement(state, "Flannel", "Flannel enforces no NetworkPolicy.")
    monkeypatch.setattr("k8sharden.cli.reach.enforcement", lambda _: known)
    assert run(["reach", "--demo"]) == 0
    assert f"Flannel enforces no NetworkPolicy. {said}" in capsys.readouterr().err
    assert data(capsys, "--demo")["enforcement"]["state"] == str(state)
