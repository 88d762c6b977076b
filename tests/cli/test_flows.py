"""Flows on the command line: given, told of, refused, repeated, and shown."""

import io
import json
import shlex
import sys
from pathlib import Path

import jsonschema
import pytest

from k8sharden.analysis.network.calls.observed import observed
from k8sharden.cli import run
from k8sharden.cli.options import SourceOptions, open_session
from k8sharden.export.reports import schema
from tests.evidence.flows.hubble import WEB, WORLD, line

SOME = line(source={"namespace": "a", "pod_name": "x"})
OTHERS = SOME + line(source={"namespace": "b", "pod_name": "x"})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own with flows of this cluster, and of another one."""
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.json").write_bytes(line() + b"odd\n")
    elsewhere = {"namespace": "c", "pod_name": "x"}
    (tmp_path / "other.json").write_bytes(OTHERS.replace(b"payments", b"d") + line(
        source=elsewhere, destination=elsewhere))  # fmt: skip
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    return tmp_path


def demo(*flows: str) -> SourceOptions:
    """Options that name the training cluster, and files of flows."""
    return SourceOptions(None, None, None, demo=True, files=(), read_only=False, flows=flows)


def test_the_training_cluster_brings_a_day_of_flows(capsys: pytest.CaptureFixture[str]) -> None:
    """As evidence, without a word; what stands in no setting is among them."""
    found = open_session(demo()).read()
    assert found.facts.flows is not None
    assert found.facts.flows.reading.malformed == 0
    edges, untold = observed(found)
    sources = {edge.source.label for edge in edges}
    assert {"Deployment shop/cart", "CronJob shop/abandoned-carts"} <= sources
    assert [each.said for each in untold] == [
        "4 flows to its port 8080 from 10.244.1.231, which no pod or node has now"
    ]
    assert run(["scan", "--demo", "--check", "net-allow-all"]) in (0, 1)
    assert "Flows:" not in capsys.readouterr().err


def test_flows_that_are_given_stand_in_place_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They are told of, and the command that is suggested next repeats them."""
    assert run(["scan", "--demo", "--check", "rbac-cluster-admin", "--flows", "mine.json"]) == 0
    said = capsys.readouterr().err
    assert "Flows: mine.json, 1 in 1 kinds" in said
    assert "Other lines: 1 no flow." in said
    (following,) = (row for row in said.splitlines() if row.startswith("Next: "))
    words = shlex.split(following.removeprefix("Next: "))
    assert words[words.index("--flows") + 1] == "mine.json"


def test_flows_of_another_cluster_are_refused_unless_insisted_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the option that insists."""
    arguments = ["scan", "--demo", "--check", "rbac-cluster-admin", "--flows", "other.json"]
    assert run(arguments) == 4
    assert "The flows are of another cluster: none of their" in capsys.readouterr().err
    assert run([*arguments, "--insist-flows"]) == 0
    assert "--insist-flows" in capsys.readouterr().err


def test_a_session_reads_flows_once_and_repeats_the_option(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the commands that take it, and to no other."""
    session = open_session(demo("mine.json"))
    first = session.read().facts.flows
    (home / "mine.json").unlink()
    assert session.read().facts.flows == first
    assert "--flows mine.json" in session.command("calls")
    assert "--flows" not in session.command("rights", "User/ada")
    assert not capsys.readouterr().out


def test_flows_come_through_stdin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As from ``hubble observe -o json | k8sharden flows --flows -``."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line())))
    assert run(["flows", "--flows", "-"]) == 0
    assert "Deployment/shop/web" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scan", "--demo", "--flows", "gone.json"], "gone.json cannot be read as flows"),
        (["scan", "-f", "pod.yaml", "--flows", "pod.yaml"], "holds no connection"),
        (["scan", "-f", "-", "--flows", "-"], "-f and --flows read the standard input"),
        (["scan", "--demo", "--audit-log", "-", "--flows", "-"], "--audit-log and --flows read"),
        (["--flows", "mine.json", "scan"], "--flows goes behind the command"),
        (["flows"], "Name a file with --flows"),
        (["flows", "--demo", "--flows", "mine.json"], "Name a file with --flows"),
        (["flows", "--flows", "mine.json", "--lines"], "say --demo"),
        (["flows", "--demo", "-n", "nowhere"], "No flow names the namespace nowhere"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed as data."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert said.lower() in captured.err.lower()
    assert captured.err.count("\n") == 1
    assert not captured.out


def test_flows_are_listed_with_what_they_cannot_show(capsys: pytest.CaptureFixture[str]) -> None:
    """Ends as a table names them; what was dropped beside what went through."""
    assert run(["flows", "--demo"]) == 0
    captured = capsys.readouterr()
    rows = {tuple(row.split()[:3]): row.split()[3:5] for row in captured.out.splitlines()}
    assert rows["Deployment/office/intranet", "git.kestrel.example", "443/TCP"] == ["0", "1437"]
    assert "The flows cover" in captured.err
    assert run(["flows", "--demo", "-n", "ci"]) == 0
    out = capsys.readouterr().out
    assert "198.51.100.40" in out
    assert "office" not in out


def test_flows_are_safe_to_show(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    """Whatever a file calls its pods."""
    odd = WEB | {"namespace": "a\x1b[31m", "pod_name": "b\nc", "workloads": None}
    named = {"destination": WORLD, "destination_names": ["x\x1b[2J.example"]}
    (home / "odd.json").write_bytes(line(source=odd, **named))
    for more in ([], ["-o", "json"]):
        assert run(["flows", "--flows", "odd.json", *more]) == 0
        captured = capsys.readouterr()
        assert "\x1b" not in captured.out + captured.err
        assert "b\nc" not in captured.out


def test_flows_are_printed_as_json(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    """In the form that its schema says, alone on stdout; the table itself reads the same."""
    assert run(["flows", "--demo", "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema("flows"))
    assert run(["flows", "--demo", "--lines"]) == 0
    (home / "flows.csv").write_text(capsys.readouterr().out)
    assert run(["flows", "--flows", "flows.csv", "-o", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["flows"] == document["flows"]
